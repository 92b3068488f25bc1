//! The data set: what was opened, its classes, its split, what was left out.

mod leaks;
pub(super) mod moves;

use egui::{Color32, RichText, ScrollArea, Ui};

use super::PanelContext;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{
    Row, bar_ui, card_ui, empty_ui, error_ui, hint_ui, integer_ui, primary_button, problem_ui,
    section_ui, slider_ui, stacked_bar_ui,
};
use crate::catalogue::{OpenOptions, Part, Warning};
use crate::session::{Action, Data, Dataset, Filter};

/// Draws the panel.
pub(crate) fn data_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    match &ctx.state.data {
        Data::Empty => nothing_open_ui(ui, ctx),
        Data::Opening { path, found, .. } => {
            opening_ui(ui, ctx, &path.display().to_string(), *found);
        }
        Data::Failed { message, .. } => {
            error_ui(ui, message);
            ui.add_space(SPACE);
            open_buttons_ui(ui, ctx);
            recent_ui(ui, ctx);
        }
        Data::Ready(data) => {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| ready_ui(ui, ctx, data));
        }
    }
}

fn nothing_open_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    card_ui(ui, "Open a data set", |ui| {
        hint_ui(
            ui,
            "A folder that has one folder of images per class, or a CSV or TSV list of files and \
             labels. JPEG, PNG, TIFF and FITS are read.",
        );
        ui.add_space(SPACE * 0.5);
        open_buttons_ui(ui, ctx);
    });
    recent_ui(ui, ctx);
}

fn open_buttons_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    ui.horizontal_wrapped(|ui| {
        if ui.add(primary_button(ctx.theme, "Open folder…")).clicked() {
            ctx.push(Action::Invoke("open-folder"));
        }
        if ui.button("Open list…").clicked() {
            ctx.push(Action::Invoke("open-list"));
        }
    });
}

fn recent_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let state = ctx.state;
    if state.preferences.recent.is_empty() {
        return;
    }
    ui.add_space(SPACE * 0.5);
    card_ui(ui, "Recent", |ui| {
        for path in &state.preferences.recent {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let link = egui::Link::new(name.as_ref());
            if ui.add(link).on_hover_text(path.display().to_string()).clicked() {
                ctx.push(Action::OpenData(path.clone(), OpenOptions::default()));
            }
        }
    });
}

fn opening_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, path: &str, found: usize) {
    empty_ui(ui, "Opening", path, |ui| {
        ui.spinner();
        ui.label(format!("{found} files found"));
        if ui.button("Cancel").clicked() {
            ctx.push(Action::CancelOpen);
        }
    });
}

fn ready_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset) {
    let name = data.path.file_name().unwrap_or(data.path.as_os_str()).to_string_lossy();
    card_ui(ui, &name, |ui| summary_ui(ui, ctx, data));
    card_ui(ui, "Classes", |ui| classes_ui(ui, ctx, data));
    card_ui(ui, "Split", |ui| split_ui(ui, ctx, data));
    section_ui(ui, "Leaks between the parts", false, |ui| leaks::leaks_ui(ui, ctx, data));
    if !data.catalogue.warnings.is_empty() {
        let title = format!("{} left out", data.catalogue.warnings.len());
        section_ui(ui, &title, false, |ui| warnings_ui(ui, ctx, &data.catalogue.warnings));
    }
}

fn summary_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset) {
    let path = data.path.display().to_string();
    let label = egui::Label::new(RichText::new(&path).small().color(ctx.theme.text_weak));
    ui.add(label.truncate()).on_hover_text(&path);
    let (n, k) = (data.catalogue.samples.len(), data.catalogue.classes.len());
    ui.label(RichText::new(format!("{n} galaxies in {k} classes")).color(ctx.theme.text));
    if let Some([bands, height, width]) = data.first {
        let bands = if bands == 1 { "1 band".to_owned() } else { format!("{bands} bands") };
        hint_ui(ui, &format!("{width} × {height} pixels, {bands} (first image)"));
    }
    ui.horizontal_wrapped(|ui| {
        if ui.button("Open another…").clicked() {
            ctx.push(Action::Invoke("open-folder"));
        }
        let bands = ui.button("Bands…").on_hover_text("One file per band: say how they are called");
        if bands.clicked() {
            ctx.push(Action::Invoke("bands"));
        }
    });
}

fn classes_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset) {
    let most = data.class_counts.iter().copied().max().unwrap_or(0).max(1);
    let total: usize = data.class_counts.iter().sum();
    ui.spacing_mut().item_spacing.y = 2.0;
    for (class, (name, count)) in data.catalogue.classes.iter().zip(&data.class_counts).enumerate()
    {
        let share = *count as f32 / most as f32;
        let percent = 100.0 * *count as f64 / total.max(1) as f64;
        let value = format!("{count}  ({percent:.0} %)");
        let selected = data.filter.class == Some(class);
        let response = bar_ui(ui, name, share, &value, ctx.theme.series(class), selected);
        if response.on_hover_text("Show only this class").clicked() {
            let class = (!selected).then_some(class);
            ctx.push(Action::SetFilter(Filter { class, list: None, ..data.filter.clone() }));
            ctx.push(Action::ShowPanel("galaxies"));
        }
    }
    let unlabelled = data.catalogue.samples.len() - total;
    if unlabelled > 0 {
        hint_ui(ui, &format!("{unlabelled} without a label: shown, but not trained on"));
    }
    if let Some(hint) = imbalance(&data.class_counts) {
        ui.add_space(4.0);
        hint_ui(ui, &hint);
    }
}

/// A word on classes of very different size.
fn imbalance(counts: &[usize]) -> Option<String> {
    let most = counts.iter().copied().max()?;
    let least = counts.iter().copied().filter(|count| *count > 0).min()?;
    (most >= 4 * least).then(|| {
        format!(
            "The largest class has {:.0} times as many as the smallest; class weights (Train) \
             make up for it.",
            most as f64 / least as f64
        )
    })
}

/// Colours of the parts of the split.
pub(super) fn part_colour(theme: &Theme, part: Part) -> Color32 {
    match part {
        Part::Train => theme.series(0),
        Part::Validation => theme.series(1),
        Part::Test => theme.series(2),
    }
}

/// Names of the parts of the split.
pub(super) fn part_name(part: Part) -> &'static str {
    match part {
        Part::Train => "Training",
        Part::Validation => "Validation",
        Part::Test => "Test",
    }
}

const PARTS: [Part; 3] = [Part::Train, Part::Validation, Part::Test];

fn split_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset) {
    let mut plan = ctx.state.plan.clone();
    let mut validation = (plan.split.validation * 100.0).round();
    let mut test = (plan.split.test * 100.0).round();
    let error = data.split_error.as_deref();
    let row =
        Row::new("Validation", "Share of each class that settings are chosen on").problem(error);
    let drawn = plan.split_file.as_os_str().is_empty();
    if !drawn {
        if let Some(error) = error {
            problem_ui(ui, error);
        }
        moves::by_hand_ui(ui, ctx);
        return parts_ui(ui, ctx.theme, data);
    }
    let mut changed = slider_ui(ui, row, &mut validation, 0.0..=60.0, " %");
    let row = Row::new("Test", "Share of each class that is looked at once, at the end");
    changed |= slider_ui(ui, row, &mut test, 0.0..=60.0, " %");
    let row = Row::new("Seed", "Another seed draws another split of the same sizes");
    changed |= integer_ui(ui, row, &mut plan.split.seed, 0..=u64::from(u32::MAX), "");
    if changed {
        plan.split.validation = validation / 100.0;
        plan.split.test = test / 100.0;
        ctx.push(Action::Configure(Box::new(plan)));
    }
    moves::by_hand_ui(ui, ctx);
    parts_ui(ui, ctx.theme, data);
}

fn parts_ui(ui: &mut Ui, theme: &Theme, data: &Dataset) {
    let totals = PARTS
        .map(|part| data.part_counts.iter().map(|counts| counts[part as usize]).sum::<usize>());
    let shares = PARTS.map(|part| (totals[part as usize] as f32, part_colour(theme, part)));
    ui.add_space(2.0);
    stacked_bar_ui(ui, &shares, "Shares of training, validation and test");
    ui.spacing_mut().item_spacing.y = 2.0;
    let names = PARTS.map(|part| (part_name(part).to_owned(), part_colour(theme, part)));
    counts_ui(ui, ("", theme.text), &names);
    for (name, counts) in data.catalogue.classes.iter().zip(&data.part_counts) {
        counts_ui(ui, (name, theme.text), &counts.map(|count| (count.to_string(), theme.text)));
    }
    let totals = totals.map(|total| (total.to_string(), theme.text_strong));
    counts_ui(ui, ("Together", theme.text_strong), &totals);
}

/// A line of the table of parts: a name, then three numbers in columns of the same width.
fn counts_ui(ui: &mut Ui, (name, colour): (&str, Color32), counts: &[(String, Color32); 3]) {
    let height = ui.text_style_height(&egui::TextStyle::Body) + 2.0;
    let size = egui::vec2(ui.available_width(), height);
    let (line, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let column = (line.width() * 0.245).min(76.0);
    let first = line.with_max_x(line.right() - 3.0 * column);
    if !name.is_empty() {
        cell_ui(ui, first, name, colour, egui::Layout::left_to_right(egui::Align::Center));
    }
    for (index, (text, colour)) in counts.iter().enumerate() {
        let left = first.right() + index as f32 * column;
        let rect = line.with_min_x(left).with_max_x(left + column);
        cell_ui(ui, rect, text, *colour, egui::Layout::right_to_left(egui::Align::Center));
    }
}

fn cell_ui(ui: &mut Ui, rect: egui::Rect, text: &str, colour: Color32, layout: egui::Layout) {
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect).layout(layout), |ui| {
        ui.add(egui::Label::new(RichText::new(text).color(colour).size(12.0)).truncate());
    });
}

fn warnings_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, warnings: &[Warning]) {
    if ui.button("Save as CSV…").clicked() {
        ctx.push(Action::Invoke("save-warnings"));
    }
    let height = ui.text_style_height(&egui::TextStyle::Small) * 2.0 + 8.0;
    ScrollArea::vertical()
        .max_height(220.0)
        .id_salt("warnings")
        .auto_shrink([false, true])
        .show_rows(ui, height, warnings.len(), |ui, rows| {
            for warning in &warnings[rows] {
                let name = warning.file.file_name().unwrap_or(warning.file.as_os_str());
                let name = RichText::new(name.to_string_lossy()).small().color(ctx.theme.text);
                let path = warning.file.display().to_string();
                ui.add(egui::Label::new(name).truncate()).on_hover_text(path);
                let reason = RichText::new(&warning.reason).small().color(ctx.theme.warning);
                ui.add(egui::Label::new(reason).truncate()).on_hover_text(&warning.reason);
            }
        });
}

#[cfg(test)]
mod tests {
    use super::imbalance;

    #[test]
    fn classes_of_like_size_need_no_word() {
        assert_eq!(imbalance(&[100, 90, 40]), None);
        assert!(imbalance(&[100, 10]).unwrap().contains("10 times"));
        assert_eq!(imbalance(&[]), None);
    }
}

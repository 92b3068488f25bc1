//! Images of one object in different parts of the split: looked for, shown in pairs, mended.

use egui::{
    Align, Checkbox, DragValue, Image, Layout, Rect, RichText, ScrollArea, Sense, Ui, vec2,
};

use super::moves::move_menu_ui;
use super::{part_colour, part_name};
use crate::app::galaxies::Picture;
use crate::app::panels::PanelContext;
use crate::app::theme::SPACE;
use crate::app::widgets::{hint_ui, problem_ui};
use crate::catalogue::leak::{Closeness, Leak, PairKind, write_leaks};
use crate::session::{Action, Dataset, LeakStage, SaveRequest, Writer};

/// Side of a picture in the list, in points.
const SIDE: f32 = 54.0;

/// Draws the form and the list.
pub(super) fn leaks_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset) {
    let text = "The same object in training and test makes a network look better than it is.";
    hint_ui(ui, text);
    let state = ctx.state;
    let search = state.leaks.as_ref().filter(|search| search.generation == data.generation);
    let id = egui::Id::unique("leak limits");
    let mut limits = ui
        .data(|memory| memory.get_temp::<Closeness>(id))
        .or(state.plan.split.keep_together)
        .unwrap_or_default();
    limits_ui(ui, &mut limits);
    ui.data_mut(|memory| memory.insert_temp(id, limits));
    ui.add_space(SPACE * 0.5);
    if let Some(LeakStage::Searching(done, of)) = search.map(|search| &search.stage) {
        let share = *done as f32 / (*of).max(1) as f32;
        ui.add(egui::ProgressBar::new(share).text(format!("{done} of {of} images")));
        if ui.button("Cancel").clicked() {
            ctx.push(Action::CancelLeaks);
        }
        return;
    }
    let problem = limits.validate().err().map(|error| error.to_string());
    let button = ui.add_enabled(problem.is_none(), egui::Button::new("Look for leaks"));
    if button.clicked() {
        ctx.push(Action::FindLeaks(limits));
    }
    if let Some(problem) = problem {
        problem_ui(ui, &problem);
    }
    match search.map(|search| (&search.stage, search.closeness)) {
        Some((LeakStage::Found(found, _), searched)) => {
            found_ui(ui, ctx, data, found.pairs.len(), searched);
            if found.truncated {
                problem_ui(ui, "There are too many pairs; take smaller limits.");
            }
            let blind = found.without_picture;
            if blind > 0 {
                hint_ui(ui, &format!("{blind} images could not be compared by their picture."));
            }
            list_ui(ui, ctx, data);
        }
        Some((LeakStage::Failed(problem), _)) => drop(problem_ui(ui, problem)),
        _ => {}
    }
}

/// What counts as the same object.
fn limits_ui(ui: &mut Ui, limits: &mut Closeness) {
    let usual = Closeness::default();
    let mut angle = limits.angle_arcsec.is_some();
    let mut value = limits.angle_arcsec.or(usual.angle_arcsec).unwrap_or(2.0);
    ui.horizontal(|ui| {
        ui.add(Checkbox::new(&mut angle, "Closer on the sky than"));
        let drag = DragValue::new(&mut value).range(0.01..=3600.0).speed(0.05).suffix(" arcsec");
        ui.add_enabled_ui(angle, |ui| ui.name_inputs("Angle", |ui| ui.add(drag)));
    });
    limits.angle_arcsec = angle.then_some(value);
    let mut picture = limits.hash_distance.is_some();
    let mut bits = limits.hash_distance.or(usual.hash_distance).unwrap_or(8);
    ui.horizontal(|ui| {
        ui.add(Checkbox::new(&mut picture, "Pictures closer than")).on_hover_text(
            "Bits of a perceptual hash of 64 that may differ; turned and mirrored pictures are found too",
        );
        let drag = DragValue::new(&mut bits).range(0..=12).speed(0.05).suffix(" bits");
        ui.add_enabled_ui(picture, |ui| ui.name_inputs("Bits", |ui| ui.add(drag)));
    });
    limits.hash_distance = picture.then_some(bits);
}

/// How many there are, and what can be done.
fn found_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    data: &Dataset,
    pairs: usize,
    searched: Closeness,
) {
    let leaks = data.leaks.len();
    let text = match (leaks, pairs) {
        (0, 0) => "No two images are of the same object.".to_owned(),
        (0, _) => format!("{pairs} pairs of one object, each within one part."),
        _ => format!("{leaks} of {pairs} pairs of one object are in different parts."),
    };
    let colour = if leaks == 0 { ctx.theme.success } else { ctx.theme.warning };
    ui.label(RichText::new(text).color(colour));
    let mut together = ctx.state.plan.split.keep_together == Some(searched);
    let offered = pairs > 0 || together;
    let toggle = Checkbox::new(&mut together, "Keep images of one object in one part");
    let help = "Moves the images of each object to the part that has most of them; part of the \
                settings of a run";
    if offered && ui.add(toggle).on_hover_text(help).changed() {
        let mut plan = ctx.state.plan.clone();
        plan.split.keep_together = together.then_some(searched);
        ctx.push(Action::Configure(Box::new(plan)));
        ctx.push(Action::Settle);
    }
    if leaks == 0 {
        return;
    }
    ui.horizontal(|ui| {
        if ui.button("Show them").on_hover_text("As a contact sheet, pair by pair").clicked() {
            let samples = data.leaks.iter().flat_map(|leak| leak.samples).collect();
            let catalogue = std::sync::Arc::clone(&data.catalogue);
            let title = "Leaks between the parts".into();
            ctx.push(Action::ShowSamples { title, samples, catalogue });
        }
        if ui.button("Save as CSV…").clicked() {
            let leaks = data.leaks.clone();
            ctx.push(Action::Save(SaveRequest {
                title: "Leaks between the parts".into(),
                file_name: "leaks.csv".into(),
                extensions: vec!["csv"],
                write: Writer::new(move |path| {
                    write_leaks(path, &leaks).map_err(|error| error.to_string())
                }),
            }));
        }
    });
}

/// The pairs with their pictures; only those in sight are laid out.
fn list_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset) {
    ScrollArea::vertical().max_height(320.0).id_salt("leaks").auto_shrink([false, true]).show_rows(
        ui,
        SIDE + 4.0,
        data.leaks.len(),
        |ui, rows| {
            for leak in &data.leaks[rows] {
                pair_ui(ui, ctx, data, leak);
            }
        },
    );
}

fn pair_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset, leak: &Leak) {
    ui.horizontal(|ui| {
        ui.set_height(SIDE);
        for sample in leak.samples {
            picture_ui(ui, ctx, data, sample);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            move_ui(ui, ctx, data, leak);
            ui.with_layout(Layout::top_down(Align::Min), |ui| words_ui(ui, ctx, leak));
        });
    });
}

/// The menu that moves either of a pair.
fn move_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset, leak: &Leak) {
    let menu = ui.menu_button("Move", |ui| {
        for (sample, id) in leak.samples.into_iter().zip(&leak.ids) {
            ui.menu_button(id, |ui| move_menu_ui(ui, ctx, data, sample));
        }
    });
    let [first, second] = &leak.ids;
    let name = format!("Move {first} or {second}");
    menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    menu.response.on_hover_text("Move one of them into another part");
}

/// Names, parts, and what makes them a pair.
fn words_ui(ui: &mut Ui, ctx: &PanelContext<'_>, leak: &Leak) {
    ui.spacing_mut().item_spacing.y = 1.0;
    for (id, part) in leak.ids.iter().zip(leak.parts) {
        let colour = part_colour(ctx.theme, part);
        let text = RichText::new(format!("{}: {id}", part_name(part))).small().color(colour);
        ui.add(egui::Label::new(text).truncate()).on_hover_text(id);
    }
    let distance = match leak.kind {
        PairKind::Position => format!("{:.2} arcsec apart", leak.distance),
        PairKind::Picture => format!("{:.0} of 64 bits differ", leak.distance),
    };
    ui.label(RichText::new(distance).small().color(ctx.theme.text_weak));
}

fn picture_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset, index: usize) {
    let Some(sample) = data.catalogue.samples.get(index) else { return };
    let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::click());
    let name = format!("Choose {}", sample.id);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    match ctx.galaxies.picture(ui.ctx(), index, sample, 64) {
        Picture::Ready(texture) => {
            let size = texture.size_vec2();
            let scale = (SIDE / size.x).min(SIDE / size.y);
            let place = Rect::from_center_size(rect.center(), size * scale);
            Image::new(&texture).paint_at(ui, place);
        }
        Picture::Pending | Picture::Failed(_) => {
            ui.painter().rect_filled(rect, 3, ctx.theme.well);
        }
    }
    if response.on_hover_text(&name).clicked() {
        ctx.push(Action::Select(Some(index)));
    }
}

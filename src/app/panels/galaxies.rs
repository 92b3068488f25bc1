//! The contact sheet: all galaxies, of which only those on the screen are laid out.

use egui::{
    Align2, Color32, Id, Key, Rect, RichText, ScrollArea, Sense, Slider, TextEdit, TextStyle, Ui,
    pos2, vec2,
};

use super::PanelContext;
use super::data::moves::{move_menu_ui, part_word};
use super::data::{part_colour, part_name};
use crate::app::galaxies::Picture;
use crate::app::theme::SPACE;
use crate::app::widgets::{Icon, empty_ui, keep_arrows, name_field, paint_icon, primary_button};
use crate::catalogue::Part;
use crate::session::{Action, Data, Dataset, Filter};

/// Space between tiles, in points.
const GAP: f32 = 6.0;

/// Room for the outline of the chosen tile.
const MARGIN: f32 = 3.0;

/// Draws the panel.
pub(crate) fn galaxies_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    match &ctx.state.data {
        Data::Ready(data) => {
            let side = toolbar_ui(ui, ctx, data);
            if data.shown.is_empty() {
                nothing_shown_ui(ui, ctx, data);
            } else {
                sheet_ui(ui, ctx, data, side);
            }
        }
        Data::Opening { found, .. } => {
            empty_ui(ui, "Opening the data set", &format!("{found} files found so far"), |ui| {
                ui.spinner();
            });
        }
        Data::Empty | Data::Failed { .. } => super::welcome::welcome_ui(ui, ctx),
    }
}

fn nothing_shown_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset) {
    let (title, text) = if data.catalogue.samples.is_empty() {
        ("No galaxies here", "The folder has no images that can be read; open another one.")
    } else {
        ("No galaxy fits the filter", "Loosen it, or show all galaxies.")
    };
    empty_ui(ui, title, text, |ui| {
        if !data.filter.is_empty() && ui.button("Show all galaxies").clicked() {
            ctx.push(Action::SetFilter(Filter::default()));
        }
    });
}

/// The filters and the size. Returns the side of a tile in points.
fn toolbar_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset) -> f32 {
    let id = Id::unique("galaxies-side");
    let mut side = ui.data_mut(|memory| *memory.get_persisted_mut_or(id, 96.0_f32));
    let mut filter = data.filter.clone();
    ui.horizontal_wrapped(|ui| {
        class_filter_ui(ui, data, &mut filter);
        part_filter_ui(ui, &mut filter);
        let search =
            TextEdit::singleline(&mut filter.text).desired_width(130.0).hint_text("Search names");
        name_field(&ui.add(search), "Search names");
        if let Some(list) = &data.filter.list {
            let text = format!("{}  ×", list.title);
            let colour = ctx.theme.accent;
            if crate::app::widgets::status_chip_ui(ui, &text, colour)
                .on_hover_text("Show all galaxies again")
                .clicked()
            {
                filter = Filter::default();
            }
        }
        let text = if data.shown.len() == data.catalogue.samples.len() {
            format!("{} galaxies", data.shown.len())
        } else {
            format!("{} of {} galaxies", data.shown.len(), data.catalogue.samples.len())
        };
        ui.label(RichText::new(text).color(ctx.theme.text_weak));
        ui.spacing_mut().slider_width = 90.0;
        let slider = Slider::new(&mut side, 48.0..=256.0).show_value(false);
        let name = "Size of the pictures";
        ui.name_inputs(name, |ui| ui.add(slider).on_hover_text(name));
    });
    if filter != data.filter {
        ctx.push(Action::SetFilter(filter));
    }
    ui.data_mut(|memory| memory.insert_persisted(id, side));
    side
}

fn class_filter_ui(ui: &mut Ui, data: &Dataset, filter: &mut Filter) {
    let chosen = filter.class.and_then(|class| data.catalogue.classes.get(class));
    let chosen = chosen.map_or("All classes", String::as_str);
    let combo = egui::ComboBox::from_id_salt("galaxies-class").selected_text(chosen).width(120.0);
    let response = combo.show_ui(ui, |ui| {
        ui.selectable_value(&mut filter.class, None, "All classes");
        for (class, name) in data.catalogue.classes.iter().enumerate() {
            let text = format!("{name} ({})", data.class_counts[class]);
            ui.selectable_value(&mut filter.class, Some(class), text);
        }
    });
    name_combo(&response.response, "Class", chosen);
}

fn part_filter_ui(ui: &mut Ui, filter: &mut Filter) {
    let chosen = filter.part.map_or("All parts", part_name);
    let combo = egui::ComboBox::from_id_salt("galaxies-part").selected_text(chosen).width(100.0);
    let response = combo.show_ui(ui, |ui| {
        ui.selectable_value(&mut filter.part, None, "All parts");
        for part in [Part::Train, Part::Validation, Part::Test] {
            ui.selectable_value(&mut filter.part, Some(part), part_name(part));
        }
    });
    name_combo(&response.response, "Part of the split", chosen);
}

fn name_combo(response: &egui::Response, label: &str, chosen: &str) {
    let name = format!("{label}: {chosen}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
}

/// Where tiles stand.
struct Plan {
    columns: usize,
    side: f32,
    tile: egui::Vec2,
}

impl Plan {
    fn new(ui: &Ui, side: f32) -> Self {
        let width = ui.available_width() - SPACE - MARGIN;
        let columns = ((width + GAP) / (side + GAP)).floor().max(1.0);
        // Tiles share what is left over, so that the sheet ends flush.
        let side = (width + GAP) / columns - GAP;
        let caption = ui.text_style_height(&TextStyle::Small) + 6.0;
        Self { columns: columns as usize, side, tile: vec2(side, side + caption) }
    }

    fn row_height(&self) -> f32 {
        self.tile.y + GAP
    }

    fn rect(&self, place: usize, origin: egui::Pos2) -> Rect {
        let (row, column) = (place / self.columns, place % self.columns);
        let x = origin.x + MARGIN + column as f32 * (self.side + GAP);
        Rect::from_min_size(pos2(x, origin.y + MARGIN + row as f32 * self.row_height()), self.tile)
    }
}

fn sheet_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset, side: f32) {
    let plan = Plan::new(ui, side);
    let rows = data.shown.len().div_ceil(plan.columns);
    let sheet = ui.scope_id().with("sheet");
    let visible = (ui.available_height() / plan.row_height()).floor().max(1.0) as usize;
    let focused = keys_ui(ui, ctx, sheet, (plan.columns, visible, data.shown.len()));
    ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, viewport| {
        ui.set_height(rows as f32 * plan.row_height() + 2.0 * MARGIN);
        ui.set_width(ui.available_width());
        let origin = ui.min_rect().min;
        follow_selection(ui, ctx, data, &plan, origin);
        let first = (viewport.min.y / plan.row_height()).floor().max(0.0) as usize;
        let last = (viewport.max.y / plan.row_height()).ceil().max(0.0) as usize;
        let places = first * plan.columns..(last * plan.columns).min(data.shown.len());
        for place in places {
            tile_ui(ui, ctx, data, data.shown[place], plan.rect(place, origin), (sheet, focused));
        }
    });
}

/// The keys of the sheet while it has the focus. Returns whether it has it.
fn keys_ui(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    sheet: Id,
    (columns, visible, count): (usize, usize, usize),
) -> bool {
    let response =
        ui.interact(ui.available_rect_before_wrap(), sheet, Sense::focusable_noninteractive());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(
            egui::Role::Grid,
            true,
            format!("Contact sheet, {count} galaxies"),
        )
    });
    if !response.has_focus() {
        return false;
    }
    keep_arrows(ui, sheet, false);
    let (columns, page) = (columns as isize, (columns * visible) as isize);
    let moves = [
        (Key::ArrowLeft, -1),
        (Key::ArrowRight, 1),
        (Key::ArrowUp, -columns),
        (Key::ArrowDown, columns),
        (Key::PageUp, -page),
        (Key::PageDown, page),
        (Key::Home, isize::MIN / 2),
        (Key::End, isize::MAX / 2),
    ];
    for (key, places) in moves {
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key)) {
            ctx.push(Action::SelectBy(places));
        }
    }
    if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Enter)) {
        ctx.push(Action::ShowPanel("inside"));
    }
    true
}

/// Scrolls to a galaxy that was chosen elsewhere or by keys.
fn follow_selection(
    ui: &Ui,
    ctx: &PanelContext<'_>,
    data: &Dataset,
    plan: &Plan,
    origin: egui::Pos2,
) {
    let id = Id::unique("galaxies-followed");
    let now = (data.generation, ctx.state.selected);
    let before = ui.data_mut(|memory| memory.get_temp(id).replace(now).unwrap_or((0, None)));
    ui.data_mut(|memory| memory.insert_temp(id, now));
    if before == now {
        return;
    }
    let place = now.1.and_then(|chosen| data.shown.iter().position(|shown| *shown == chosen));
    if let Some(place) = place {
        let rect = plan.rect(place, origin);
        if !ui.clip_rect().contains_rect(rect) {
            ui.scroll_to_rect(rect.expand(GAP), None);
        }
    }
}

fn tile_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    data: &Dataset,
    index: usize,
    rect: Rect,
    (sheet, focused): (Id, bool),
) {
    let Some(sample) = data.catalogue.samples.get(index) else { return };
    let response = ui.interact(rect, sheet.with(index), Sense::CLICK);
    let selected = ctx.state.selected == Some(index);
    let class = data.class_name(index);
    response.widget_info(|| {
        let name = format!("{}, {class}", sample.id);
        egui::WidgetInfo::selected(egui::Role::Button, true, selected, name)
    });
    if response.clicked() {
        ctx.push(Action::Select(Some(index)));
        ui.memory_mut(|memory| memory.request_focus(sheet));
    }
    if response.double_clicked() {
        ctx.push(Action::ShowPanel("inside"));
    }
    response.context_menu(|ui| {
        if ui.button("Open in the viewer").clicked() {
            ctx.push(Action::Select(Some(index)));
            ctx.push(Action::Invoke("view-galaxy"));
            ui.close();
        }
        ui.separator();
        move_menu_ui(ui, ctx, data, index);
    });
    let square = Rect::from_min_size(rect.min, egui::Vec2::splat(rect.width()));
    ui.painter().rect_filled(square, 4, ctx.theme.well);
    let pixels = (rect.width() * ui.pixels_per_point()) as usize;
    picture_ui(ui, ctx, index, sample, square, pixels);
    caption_ui(ui, ctx, rect, class, data.part(index), selected);
    let outline = match (selected, response.hovered()) {
        (true, _) if focused => Some((3.0, ctx.theme.accent)),
        (true, _) => Some((2.0, ctx.theme.accent)),
        (false, true) => Some((1.0, ctx.theme.text_weak)),
        (false, false) => None,
    };
    if let Some((width, colour)) = outline {
        let stroke = egui::Stroke::new(width, colour);
        ui.painter().rect_stroke(square, 4, stroke, egui::StrokeKind::Outside);
    }
    response.on_hover_ui(|ui| {
        ui.label(RichText::new(&sample.id).color(ctx.theme.text_strong));
        let part = data.part(index).map_or("no part of the split", part_name);
        ui.label(format!("{class}, {part}"));
        if let Some(part) = ctx.state.plan.moved.get(&sample.id) {
            ui.label(format!("moved to {} by hand", part_word(*part)));
        }
        if let Some((ra, dec)) = sample.ra_dec {
            ui.label(format!("RA {ra:.5}°, Dec {dec:+.5}°"));
        }
    });
}

fn picture_ui(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    index: usize,
    sample: &crate::catalogue::Sample,
    square: Rect,
    pixels: usize,
) {
    let centre = square.center();
    match ctx.galaxies.picture(ui.ctx(), index, sample, pixels) {
        Picture::Ready(texture) => {
            let size = texture.size_vec2();
            let size = size * (square.width() / size.max_elem().max(1.0));
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let rect = Rect::from_center_size(centre, size);
            ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
        }
        Picture::Pending => {}
        Picture::Failed(reason) => {
            let font = TextStyle::Small.resolve(ui.style());
            let sign = Rect::from_center_size(centre, egui::Vec2::splat(18.0));
            paint_icon(ui.painter(), sign, Icon::Warning, ctx.theme.warning);
            if square.width() > 80.0 {
                let (at, text) = (centre + vec2(0.0, 20.0), "not readable");
                ui.painter().text(at, Align2::CENTER_CENTER, text, font, ctx.theme.warning);
            }
            let id = ui.scope_id().with(("why", index));
            ui.interact(square, id, Sense::hover()).on_hover_text(reason);
        }
    }
}

fn caption_ui(
    ui: &Ui,
    ctx: &PanelContext<'_>,
    rect: Rect,
    class: &str,
    part: Option<Part>,
    selected: bool,
) {
    let font = TextStyle::Small.resolve(ui.style());
    let colour = if selected { ctx.theme.text_strong } else { ctx.theme.text_weak };
    let mut left = rect.left() + 2.0;
    let y = rect.bottom() - 4.0 - font.size * 0.5;
    if let Some(part) = part {
        ui.painter().circle_filled(pos2(left + 3.0, y), 3.0, part_colour(ctx.theme, part));
        left += 10.0;
    }
    let mut job = egui::text::LayoutJob::simple_singleline(class.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width((rect.right() - left).max(8.0));
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(left, y - galley.size().y * 0.5), galley, colour);
}

/// The buttons of an empty contact sheet.
pub(super) fn open_buttons_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let folder = primary_button(ctx.theme, "Open folder…").min_size(vec2(140.0, 34.0));
    if ui.add(folder).clicked() {
        ctx.push(Action::Invoke("open-folder"));
    }
    if ui.add(egui::Button::new("Open list…").min_size(vec2(140.0, 34.0))).clicked() {
        ctx.push(Action::Invoke("open-list"));
    }
}

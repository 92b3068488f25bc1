//! Rows of a form: a label, a control that carries the label as its accessible name, and below it
//! what is wrong with the value.

use std::ops::RangeInclusive;

use egui::{
    Align, DragValue, Layout, Response, RichText, Slider, TextEdit, Ui, emath::Numeric, vec2,
};

use super::messages::problem_ui;
use crate::app::theme::{LABEL_WIDTH, Theme};

/// The label of a row, its explanation and what is wrong with its value.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    label: &'a str,
    help: &'a str,
    problem: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// A row with an explanation shown when the pointer rests on it.
    pub(crate) fn new(label: &'a str, help: &'a str) -> Self {
        Self { label, help, problem: None }
    }

    /// Says what is wrong with the value.
    pub(crate) fn problem(mut self, problem: Option<&'a str>) -> Self {
        self.problem = problem;
        self
    }
}

/// A row: the label in a column of fixed width, then the control.
pub(crate) fn row_ui<R>(ui: &mut Ui, row: Row<'_>, control: impl FnOnce(&mut Ui) -> R) -> R {
    let theme = Theme::of(ui.ctx());
    let inner = ui.horizontal(|ui| {
        let colour = if row.problem.is_some() { theme.error } else { theme.text };
        let width = LABEL_WIDTH.min(ui.available_width() * 0.36);
        let size = vec2(width, ui.spacing().interact_size.y);
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let label = ui.allocate_ui_with_layout(size, layout, |ui| {
            ui.set_min_width(width);
            let text = RichText::new(row.label).color(colour);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(row.help)
        });
        let label = label.inner.id;
        ui.label_inputs_by(label, |ui| {
            let scope = ui.horizontal(control);
            scope.response.on_hover_text(row.help);
            scope.inner
        })
    });
    if let Some(problem) = row.problem {
        problem_ui(ui, problem);
    }
    inner.inner
}

/// A slider with its value and unit. Returns true when the value changed.
pub(crate) fn slider_ui<N: Numeric>(
    ui: &mut Ui,
    row: Row<'_>,
    value: &mut N,
    range: RangeInclusive<N>,
    unit: &str,
) -> bool {
    row_ui(ui, row, |ui| slider_and_value_ui(ui, value, range, unit))
}

/// The value at the right end, the slider in what that leaves.
pub(crate) fn slider_and_value_ui<N: Numeric>(
    ui: &mut Ui,
    value: &mut N,
    range: RangeInclusive<N>,
    unit: &str,
) -> bool {
    from_right_ui(ui, |ui| {
        let span = (range.end().to_f64() - range.start().to_f64()).abs();
        let drag = DragValue::new(value)
            .range(range.clone())
            .speed(if N::INTEGRAL { 0.2 } else { span / 300.0 })
            .custom_formatter(|value, _| number(value))
            .suffix(unit);
        let mut changed = ui.add(drag).changed();
        ui.spacing_mut().slider_width = (ui.available_width() - 4.0).clamp(24.0, 260.0);
        // The handle is as large as a control is high.
        ui.spacing_mut().interact_size.y = 17.0;
        let slider = Slider::new(value, range).show_value(false).trailing_fill(true);
        changed |= ui.add(slider).changed();
        changed
    })
}

/// A line of the height of a control, filled from its right end.
pub(crate) fn from_right_ui<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, content).inner
}

/// A number to type or drag, for values over many magnitudes.
pub(crate) fn number_ui(
    ui: &mut Ui,
    row: Row<'_>,
    value: &mut f64,
    range: RangeInclusive<f64>,
    unit: &str,
) -> bool {
    let speed = (value.abs() * 0.02).max(1e-6);
    row_ui(ui, row, |ui| {
        let drag = DragValue::new(value)
            .range(range)
            .speed(speed)
            .suffix(unit)
            .custom_formatter(|value, _| number(value));
        ui.add(drag).changed()
    })
}

/// A whole number to type or drag.
pub(crate) fn integer_ui<N: Numeric>(
    ui: &mut Ui,
    row: Row<'_>,
    value: &mut N,
    range: RangeInclusive<N>,
    unit: &str,
) -> bool {
    row_ui(ui, row, |ui| {
        ui.add(DragValue::new(value).range(range).speed(0.2).suffix(unit)).changed()
    })
}

/// A box to tick.
pub(crate) fn switch_ui(ui: &mut Ui, row: Row<'_>, value: &mut bool, text: &str) -> bool {
    row_ui(ui, row, |ui| ui.checkbox(value, text).changed())
}

/// A choice of a few, side by side.
pub(crate) fn segmented_ui<T: PartialEq + Clone>(
    ui: &mut Ui,
    row: Row<'_>,
    value: &mut T,
    choices: &[(T, &str)],
) -> bool {
    row_ui(ui, row, |ui| {
        let theme = Theme::of(ui.ctx());
        let mut changed = false;
        let well = egui::Frame::new().fill(theme.well).corner_radius(7).inner_margin(2);
        well.show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.spacing_mut().button_padding = vec2(7.0, 3.0);
            ui.spacing_mut().interact_size.y = 22.0;
            ui.horizontal_wrapped(|ui| {
                for (choice, text) in choices {
                    changed |= ui.selectable_value(value, choice.clone(), *text).changed();
                }
            });
        });
        changed
    })
}

/// A choice of many, in a list that opens.
pub(crate) fn combo_ui(
    ui: &mut Ui,
    row: Row<'_>,
    chosen: &str,
    list: impl FnOnce(&mut Ui) -> bool,
) -> bool {
    row_ui(ui, row, |ui| {
        let width = ui.available_width().min(260.0);
        let combo = egui::ComboBox::from_id_salt(row.label)
            .selected_text(chosen)
            .width(width)
            .truncate()
            .show_ui(ui, list);
        name_combo(&combo.response, row.label, chosen);
        combo.inner.unwrap_or(false)
    })
}

/// A choice of names, by its index. Returns true when it changed.
pub(crate) fn choice_ui(ui: &mut Ui, row: Row<'_>, names: &[&str], chosen: &mut usize) -> bool {
    combo_ui(ui, row, names[*chosen], |ui| {
        let mut changed = false;
        for (index, name) in names.iter().enumerate() {
            changed |= ui.selectable_value(chosen, index, *name).changed();
        }
        changed
    })
}

fn name_combo(response: &Response, label: &str, chosen: &str) {
    let label = format!("{label}: {chosen}");
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::ComboBox, response.enabled(), &label)
    });
}

/// A line of text for a value that is more than text: what is typed stays as it is while the field
/// has the focus, even where the value cannot hold it (a comma before the next name). `name` is for screen readers.
pub(crate) fn text_ui(ui: &mut Ui, name: &str, written: &str, hint: &str) -> Option<String> {
    let id = ui.scope_id().with(name);
    let kept = ui.data(|data| data.get_temp::<String>(id));
    let mut text = kept.unwrap_or_else(|| written.to_owned());
    let edit = TextEdit::singleline(&mut text).desired_width(ui.available_width());
    let response = ui.add(edit.hint_text(hint.to_owned()));
    name_field(&response, name);
    // Asked first: within `data_mut` egui's lock is held, and asking would wait for ever.
    let focused = response.has_focus();
    ui.data_mut(|data| {
        if focused {
            data.insert_temp(id, text.clone());
        } else {
            data.remove::<String>(id);
        }
    });
    response.changed().then_some(text)
}

/// Pieces of a wrapped row that stay beside one another: where `width` is not left of the line, they
/// begin the next one, instead of making the panel wider.
pub(crate) fn together_ui<R>(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(width, ui.spacing().interact_size.y);
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(size, layout, content).inner
}

/// Gives a text field its name for screen readers; egui gives it to other inputs alone.
pub(crate) fn name_field(field: &egui::Response, name: &str) {
    field.ctx.accesskit_node_builder(field.id, |node| node.set_label(name));
}

/// A number in as few digits as tell it: `0.001`, `1e-5`, `25`.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value != 0.0 && !(1e-3..1e5).contains(&size) {
        let text = format!("{value:.2e}");
        return text.replace(".00e", "e").replace("0e", "e");
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(0.001), "0.001");
        assert_eq!(number(1e-5), "1e-5");
        assert_eq!(number(2.5e-4), "2.5e-4");
        assert_eq!(number(25.0), "25");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(0.9), "0.9");
    }
}

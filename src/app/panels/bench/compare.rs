//! One kernel against two in turn: 3×3 as 3×1, then 1×3; 5×5 as two 3×3; with what each costs.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use super::{Looks, PanelContext, Shown, grid};
use crate::app::plots::ticks;
use crate::app::slot::Slot;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::card_ui;
use crate::explain::bench::{
    Convolution, Factors, Figures, Kernel, MAX_STAGES, Padding, Pair, Stage, composed, factors,
    largest_difference, two_small,
};
use crate::image::pyramid::Plane;
use crate::network::Activation;
use crate::session::Bench;

/// Side of a kernel's picture, in points.
const PICTURE: f32 = 84.0;

/// A question: the kernel of a stage and what it is laid on.
#[derive(Clone)]
struct Asked {
    plane: Arc<Plane>,
    kernel: Kernel,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plane, &other.plane) && self.kernel == other.kernel
    }
}

/// What was found.
#[derive(Clone)]
struct Compared {
    kernel: Kernel,
    factors: Factors,
    /// The largest difference of a column and a row in turn.
    separated: Option<f32>,
    /// For a 5×5 the two 3×3 that come nearest, for a 3×3 itself twice.
    pair: Option<(Kernel, Pair, Option<f32>)>,
    /// The largest result of the kernel, without its sign.
    largest: f32,
}

type Comparer = Mutex<Slot<Asked, Compared>>;

fn comparer(ctx: &Context) -> Arc<Comparer> {
    let id = Id::unique("bench comparison");
    if let Some(known) = ctx.data(|data| data.get_temp::<Arc<Comparer>>(id)) {
        return known;
    }
    let made = Arc::new(Mutex::new(Slot::new("bench-compare", ctx, compared)));
    ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&made)));
    made
}

fn compared(asked: Asked) -> Compared {
    let Asked { plane, kernel } = asked;
    let factors = factors(&kernel);
    let pair = Pair { first: factors.column.clone(), second: factors.row.clone() };
    let separated = largest_difference(&plane, &kernel, &pair);
    let larger = match kernel.size() {
        [3, 3] => composed(&kernel, &kernel)
            .map(|whole| (whole, Pair { first: kernel.clone(), second: kernel.clone() })),
        [5, 5] => two_small(&kernel).map(|pair| (kernel.clone(), pair)),
        _ => None,
    };
    let pair = larger.map(|(whole, pair)| {
        let difference = largest_difference(&plane, &whole, &pair);
        (whole, pair, difference)
    });
    let valid = Convolution { padding: Padding::Valid, ..Convolution::of(kernel.clone()) };
    let range = valid.apply(&plane).map_or([0.0; 2], |result| Figures::of(&result).range);
    let largest = range[0].abs().max(range[1].abs());
    Compared { kernel, factors, separated, pair, largest }
}

/// Draws the view.
pub(super) fn compare_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    looks: &Looks,
    bench: &mut Bench,
    shown: &Shown<'_>,
) {
    let Some((_, convolution, plane)) = shown.convolution_ui(ui, looks.stage) else { return };
    let comparer = comparer(ui.ctx());
    let found = {
        let mut slot = comparer.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Asked { plane: Arc::clone(plane), kernel: convolution.kernel.clone() };
        slot.ask(asked);
        slot.latest().cloned().filter(|found| found.kernel == convolution.kernel)
    };
    let Some(found) = found else {
        ui.spinner();
        return;
    };
    let size = [plane.height, plane.width];
    let mut stages = None;
    ScrollArea::vertical().id_salt("comparison").auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - SPACE);
        card_ui(ui, "A column, then a row", |ui| {
            stages = separable_ui(ui, ctx.theme, &found, size);
        });
        card_ui(ui, "Two 3×3 instead of a 5×5", |ui| {
            stages = pair_ui(ui, ctx.theme, &found, size).or(stages.take());
        });
    });
    if let Some(pair) = stages {
        replace(bench, looks.stage, &pair);
    }
}

/// Puts two stages in the place of one; activation and pooling stay behind the second.
fn replace(bench: &mut Bench, place: usize, pair: &Pair) {
    let stages = &mut bench.setup.stages;
    if stages.len() >= MAX_STAGES {
        return;
    }
    let Some(stage) = stages.get_mut(place) else { return };
    let of = |kernel: &Kernel| Convolution {
        kernel: kernel.clone(),
        bias: 0.0,
        ..stage.convolution.clone()
    };
    let first = Stage {
        convolution: Convolution { stride: 1, ..of(&pair.first) },
        activation: Activation::Identity,
        pooling: None,
    };
    let bias = stage.convolution.bias;
    stage.convolution = Convolution { bias, ..of(&pair.second) };
    stages.insert(place, first);
}

fn separable_ui(ui: &mut Ui, theme: &Theme, found: &Compared, size: [usize; 2]) -> Option<Pair> {
    let Compared { kernel, factors, .. } = found;
    let pair = Pair { first: factors.column.clone(), second: factors.row.clone() };
    pictures_ui(ui, theme, kernel, &pair);
    let largest = factors.singular.first().copied().unwrap_or(0.0);
    let shares = factors.singular.iter().map(|value| ticks::compact(value / largest.max(1e-30)));
    let (text, colour) = match factors.rank() {
        0 => ("A kernel of zeros".to_owned(), theme.text_weak),
        1 => ("Rank 1: separable, a column and a row do the same".to_owned(), theme.success),
        rank => (
            format!("Rank {rank}: not separable, one column and one row only come near"),
            theme.warning,
        ),
    };
    ui.label(RichText::new(text).color(colour));
    let text =
        format!("Singular values, the first as 1: {}", shares.collect::<Vec<_>>().join(", "));
    ui.label(RichText::new(text).small().color(theme.text_weak));
    costs_ui(ui, theme, "separable", kernel, &pair, size);
    difference_ui(ui, theme, found.separated, found.largest);
    take_ui(ui, "Make a column and a row of this stage").then_some(pair)
}

fn pair_ui(ui: &mut Ui, theme: &Theme, found: &Compared, size: [usize; 2]) -> Option<Pair> {
    let Some((whole, pair, difference)) = &found.pair else {
        let text = "Shown for kernels of 3×3 (laid on twice, it is a 5×5) and of 5×5 (the two 3×3 \
            that come nearest).";
        ui.label(RichText::new(text).color(theme.text_weak));
        return None;
    };
    let twice = pair.first == pair.second && found.kernel.size() == [3, 3];
    pictures_ui(ui, theme, whole, pair);
    let text = if twice {
        "This 3×3 twice is this 5×5: as wide a view, fewer weights, and room for an activation \
            between the two."
    } else {
        "The two 3×3 that come nearest, by least squares. A 5×5 has 25 weights, two 3×3 have 18: \
            not every one can be had."
    };
    ui.label(RichText::new(text).color(theme.text));
    costs_ui(ui, theme, "pair", whole, pair, size);
    difference_ui(ui, theme, *difference, found.largest);
    take_ui(ui, "Make two stages of 3×3").then(|| pair.clone())
}

fn take_ui(ui: &mut Ui, text: &str) -> bool {
    let help =
        format!("At most {MAX_STAGES} stages; activation and pooling stay behind the second");
    ui.button(text).on_hover_text(help).clicked()
}

/// The kernel, and the two that stand for it.
fn pictures_ui(ui: &mut Ui, theme: &Theme, kernel: &Kernel, pair: &Pair) {
    ui.horizontal(|ui| {
        for (sign, name, kernel) in [
            ("", "Kernel", kernel),
            ("=", "First of two", &pair.first),
            ("then", "Second of two", &pair.second),
        ] {
            if !sign.is_empty() {
                ui.label(RichText::new(sign).size(15.0));
            }
            let (rect, response) = ui.allocate_exact_size(vec2(PICTURE, PICTURE), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
            grid::kernel_picture(ui, theme, kernel, rect);
            numbers(ui, theme, kernel, rect);
            response.on_hover_text(kernel.to_text());
        }
    });
}

/// The weights on their cells, where there is room.
fn numbers(ui: &Ui, theme: &Theme, kernel: &Kernel, rect: Rect) {
    let [rows, columns] = kernel.size();
    let cell = (rect.width() / columns as f32).min(rect.height() / rows as f32);
    if cell < 20.0 {
        return;
    }
    let size = vec2(cell * columns as f32, cell * rows as f32);
    let whole = Rect::from_center_size(rect.center(), size);
    let largest = kernel.largest().max(f32::MIN_POSITIVE);
    let font = egui::FontId::proportional((cell * 0.34).clamp(8.0, 13.0));
    for (index, value) in kernel.values().iter().enumerate() {
        let corner = vec2((index % columns) as f32 + 0.5, (index / columns) as f32 + 0.5) * cell;
        let text = grid::short(f64::from(*value), 2);
        let colour = theme.on_signed(value / largest);
        let anchor = egui::Align2::CENTER_CENTER;
        ui.painter().text(whole.min + corner, anchor, text, font.clone(), colour);
    }
}

/// A table of multiplications and weights.
fn costs_ui(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    kernel: &Kernel,
    pair: &Pair,
    size: [usize; 2],
) {
    let words = |kernel: &Kernel| format!("{}×{}", kernel.size()[0], kernel.size()[1]);
    let count = |kernel: &Kernel| kernel.values().len();
    let all = |kernel: &Kernel| Convolution::of(kernel.clone()).multiplications(size);
    let two = (count(&pair.first) + count(&pair.second), all(&pair.first) + all(&pair.second));
    let rows = [
        (format!("{} at once", words(kernel)), count(kernel), all(kernel)),
        (format!("{}, then {}", words(&pair.first), words(&pair.second)), two.0, two.1),
    ];
    egui::Grid::new(("costs", name)).num_columns(3).spacing([18.0, 4.0]).show(ui, |ui| {
        let weak = |text: &str| RichText::new(text.to_owned()).color(theme.text_weak);
        for heading in ["", "Multiplications a pixel", "on this image"] {
            ui.label(weak(heading));
        }
        ui.end_row();
        for (words, each, all) in rows {
            ui.label(RichText::new(words).color(theme.text_strong));
            ui.label(RichText::new(each.to_string()).monospace());
            ui.label(RichText::new(ticks::grouped(all as f64)).monospace());
            ui.end_row();
        }
    });
    let saved = 1.0 - two.0 as f64 / count(kernel).max(1) as f64;
    let text = if saved > 0.0 {
        format!("{:.0} % fewer multiplications", saved * 100.0)
    } else {
        "no fewer multiplications".to_owned()
    };
    ui.label(RichText::new(text).color(theme.text));
}

fn difference_ui(ui: &mut Ui, theme: &Theme, difference: Option<f32>, largest: f32) {
    let text = match difference {
        None => "The image is too small to compare the results.".to_owned(),
        Some(difference) => {
            let of = |value: f32| ticks::compact(f64::from(value));
            format!(
                "Largest difference of the results: {} (largest result {})",
                of(difference),
                of(largest)
            )
        }
    };
    ui.label(RichText::new(text).color(theme.text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::bench::{Picture, named};

    #[test]
    fn a_stage_becomes_two_that_do_the_same() {
        let mut bench = Bench::default();
        bench.setup.stages[0].activation = Activation::Relu;
        let plane = Arc::new(Picture::Spiral.plane(32));
        let kernel = named("Sobel x");
        let found = compared(Asked { plane: Arc::clone(&plane), kernel });
        assert!(found.factors.is_separable());
        let before = bench.setup.run(&plane);
        let factors = found.factors;
        replace(&mut bench, 0, &Pair { first: factors.column, second: factors.row });
        assert_eq!(bench.setup.stages.len(), 2);
        let after = bench.setup.run(&plane);
        let (a, b) = (before.steps.last().unwrap(), after.steps.last().unwrap());
        // The zeros beyond the edge are the same for both ways.
        let difference = a.plane.values.iter().zip(&b.plane.values);
        assert!(difference.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) < 1e-5);
    }
}

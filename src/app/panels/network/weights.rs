//! The values of one tensor in figures, read or drawn on a background thread.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use egui::{Color32, Context, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::plots::ticks;
use crate::app::slot::Slot;
use crate::app::theme::Theme;
use crate::network::model::StateDict;
use crate::network::{Distribution, Network};
use crate::run;

/// Bars of a histogram.
const BINS: usize = 48;

/// Where values come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// Drawn as a run of this seed would begin.
    Initial {
        /// Seed of the plan.
        seed: u64,
    },
    /// The best weights of a run so far, in its folder.
    Trained {
        /// Folder of the run.
        folder: PathBuf,
        /// Epochs done, so that newer weights are read.
        epochs: usize,
    },
}

/// A tensor to be described.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// Whose tensor.
    pub(super) network: Arc<Network>,
    /// PyTorch's name.
    pub(super) tensor: String,
    /// Which values.
    pub(super) source: Source,
}

impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.network, &other.network)
            && self.tensor == other.tensor
            && self.source == other.source
    }
}

/// Its figures, or why there are none.
pub(super) type Answer = (Question, Result<Distribution, String>);

/// The background thread with its latest answer.
type Known = Arc<Mutex<Slot<Question, Answer>>>;

/// The answer to a question; `None` while it is found.
pub(super) fn ask(ctx: &Context, question: &Question) -> Option<Answer> {
    let id = Id::unique("weights of a layer");
    let known = ctx.data(|data| data.get_temp::<Known>(id)).unwrap_or_else(|| {
        let mut file = None;
        let work = move |question: Question| {
            let found = answer(&question, &mut file);
            (question, found)
        };
        let known: Known = Arc::new(Mutex::new(Slot::new("weights", ctx, work)));
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&known)));
        known
    });
    let mut slot = known.lock().unwrap_or_else(PoisonError::into_inner);
    slot.ask(question.clone());
    slot.latest().filter(|(of, _)| of == question).cloned()
}

/// The weights that were read last, and when their file was written.
type Read = Option<(PathBuf, Option<SystemTime>, StateDict)>;

fn answer(question: &Question, read: &mut Read) -> Result<Distribution, String> {
    let missing = || format!("there is no tensor `{}`", question.tensor);
    let values = match &question.source {
        Source::Initial { seed } => {
            let drawn = question.network.initial_values(&question.tensor, *seed);
            drawn.map_err(|error| error.to_string())?.ok_or_else(missing)?
        }
        Source::Trained { folder, .. } => {
            let state = state(folder, read)?;
            state.get(&question.tensor).ok_or_else(missing)?.values.clone()
        }
    };
    Ok(Distribution::of(&values, BINS))
}

/// The weights of a run; read again when their file has changed.
fn state<'a>(folder: &std::path::Path, read: &'a mut Read) -> Result<&'a StateDict, String> {
    let file = run::weights_file(folder);
    let written = std::fs::metadata(&file).and_then(|about| about.modified()).ok();
    let known = read.take().filter(|(path, when, _)| *path == file && *when == written);
    let kept = if let Some(known) = known {
        known
    } else {
        let trained = run::read_trained(folder).map_err(|error| error.to_string())?;
        (file, written, trained.state)
    };
    Ok(&read.insert(kept).2)
}

/// Bars over the width there is, with the ends of the axis below.
pub(super) fn histogram_ui(ui: &mut Ui, theme: &Theme, tensor: &str, values: &Distribution) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 96.0), Sense::hover());
    let name = format!("Histogram of {tensor}, {} values", values.count);
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 4, theme.well);
    let plot = Rect::from_min_max(rect.min + vec2(6.0, 6.0), rect.max - vec2(6.0, 18.0));
    let most = values.bins.iter().copied().max().unwrap_or(0).max(1) as f32;
    let wide = plot.width() / values.bins.len().max(1) as f32;
    for (bin, &count) in values.bins.iter().enumerate() {
        let height = (plot.height() * count as f32 / most).max(if count > 0 { 1.0 } else { 0.0 });
        let left = plot.left() + wide * bin as f32;
        let bar = Rect::from_min_max(
            pos2(left, plot.bottom() - height),
            pos2(left + (wide - 0.5).max(0.5), plot.bottom()),
        );
        painter.rect_filled(bar, 0, theme.series(0));
    }
    painter.hline(plot.x_range(), plot.bottom(), egui::Stroke::new(1.0, theme.border));
    if values.min < 0.0 && values.max > 0.0 {
        let zero = plot.left() + plot.width() * (-values.min / (values.max - values.min)) as f32;
        painter.vline(
            zero,
            plot.y_range(),
            egui::Stroke::new(1.0, theme.text_weak.gamma_multiply(0.6)),
        );
    }
    ends_ui(ui, theme, rect, values);
    if let Some(at) = response.hover_pos().filter(|at| plot.contains(*at)) {
        let bin = ((at.x - plot.left()) / wide) as usize;
        let from = values.min + bin as f64 * values.bin_width();
        let count = values.bins.get(bin).copied().unwrap_or(0);
        response.on_hover_text(format!(
            "{} values from {} to {}",
            ticks::grouped(count as f64),
            ticks::compact(from),
            ticks::compact(from + values.bin_width())
        ));
    }
}

fn ends_ui(ui: &Ui, theme: &Theme, rect: Rect, values: &Distribution) {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let ink: Color32 = theme.text_weak;
    let y = rect.bottom() - 9.0;
    let (left, right) = (pos2(rect.left() + 6.0, y), pos2(rect.right() - 6.0, y));
    let text = |value: f64| ticks::compact(value);
    ui.painter().text(left, egui::Align2::LEFT_CENTER, text(values.min), font.clone(), ink);
    ui.painter().text(right, egui::Align2::RIGHT_CENTER, text(values.max), font, ink);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_weights_are_described_without_a_run() {
        let network = crate::architectures::build("lenet5", [1, 32, 32], 10).unwrap();
        let tensor = network.tensors().unwrap()[0].name.clone();
        let source = Source::Initial { seed: 1 };
        let question = Question { network: Arc::new(network), tensor, source };
        let found = answer(&question, &mut None).unwrap();
        assert!(found.count > 100 && found.std > 0.0);
        let source = Source::Trained { folder: "missing".into(), epochs: 0 };
        assert!(answer(&Question { source, ..question }, &mut None).is_err());
    }
}

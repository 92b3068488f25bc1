//! What the chosen network costs at this input, counted without making a weight; or which layer
//! does not fit.

use std::time::SystemTime;

use egui::Ui;

use crate::app::panels::PanelContext;
use crate::app::theme::Theme;
use crate::app::widgets::{hint_ui, problem_ui};
use crate::architectures::{self, custom};
use crate::network::Activation;
use crate::train::{Memory, Plan};

/// What counts depend on.
#[derive(Clone, PartialEq)]
struct Question {
    network: String,
    /// When the network's file was changed, where it has one.
    stamp: Option<SystemTime>,
    activation: Option<Activation>,
    input: [usize; 3],
    classes: usize,
}

/// Counts for one image.
#[derive(Clone)]
struct Counts {
    trainable: u64,
    multiply_adds: u64,
    parameter_bytes: u64,
    /// Of all outputs, and of those that stay where the others are computed again.
    output_bytes: [u64; 2],
}

/// The last question and its answer; counting takes milliseconds, drawing must not.
type Known = (Question, Result<Counts, String>);

/// Draws it.
pub(super) fn estimate_ui(ui: &mut Ui, ctx: &PanelContext<'_>, plan: &Plan) {
    let theme = Theme::of(ui.ctx());
    let (question, counts) = known(ui, ctx, plan);
    let [channels, height, width] = question.input;
    match counts {
        Ok(counts) => {
            let memory = bytes(memory(&counts, plan));
            let text = format!(
                "{} parameters, {} multiply-adds per image; about {memory} while training on {} \
                 images of {channels} × {height} × {width}",
                short(counts.trainable),
                short(counts.multiply_adds),
                plan.batch_size,
            );
            ui.label(egui::RichText::new(text).color(theme.text).size(12.5));
        }
        Err(error) => drop(problem_ui(ui, &error)),
    }
    if ctx.state.data.ready().is_none() {
        hint_ui(ui, "Counted for three bands and two classes until a data set is open.");
    }
}

/// Bytes of the network's weights; `None` where it does not fit.
pub(super) fn parameter_bytes(ui: &Ui, ctx: &PanelContext<'_>, plan: &Plan) -> Option<u64> {
    known(ui, ctx, plan).1.ok().map(|counts| counts.parameter_bytes)
}

fn known(ui: &Ui, ctx: &PanelContext<'_>, plan: &Plan) -> Known {
    let question = question(ctx, plan);
    let id = egui::Id::unique("network-estimate");
    let known = ui.data(|data| data.get_temp::<Known>(id)).filter(|known| known.0 == question);
    known.unwrap_or_else(|| {
        let known = (question.clone(), count(&question));
        ui.data_mut(|data| data.insert_temp(id, known.clone()));
        known
    })
}

fn question(ctx: &PanelContext<'_>, plan: &Plan) -> Question {
    let (input, classes) = ctx.state.data.network_input(plan);
    let (network, stamp) = (plan.network.clone(), custom::stamp(&plan.network));
    Question { network, stamp, activation: plan.activation, input, classes }
}

fn count(question: &Question) -> Result<Counts, String> {
    let network = architectures::build_with(
        &question.network,
        question.activation,
        question.input,
        question.classes,
    );
    let summary = network.and_then(|network| network.summary());
    let summary = summary.map_err(|error| error.to_string())?;
    Ok(Counts {
        trainable: summary.trainable,
        multiply_adds: summary.multiply_adds,
        parameter_bytes: summary.parameter_bytes,
        output_bytes: [summary.activation_bytes, summary.recompute_bytes],
    })
}

/// Bytes while training.
fn memory(counts: &Counts, plan: &Plan) -> u64 {
    let Counts { trainable, parameter_bytes, output_bytes, .. } = *counts;
    Memory::count(plan, trainable, parameter_bytes, output_bytes).total()
}

/// A count in as few letters as tell it: `11.2 M`.
fn short(count: u64) -> String {
    let value = count as f64;
    match count {
        0..10_000 => count.to_string(),
        10_000..1_000_000 => format!("{:.0} k", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} M", value / 1e6),
        _ => format!("{:.2} G", value / 1e9),
    }
}

/// Bytes for people.
fn bytes(count: u64) -> String {
    let value = count as f64;
    if value < 1e9 { format!("{:.0} MB", value / 1e6) } else { format!("{:.1} GB", value / 1e9) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        assert_eq!(short(61_706), "62 k");
        assert_eq!(short(11_689_512), "11.7 M");
        assert_eq!(short(1_814_000_000), "1.81 G");
        assert_eq!(bytes(250_000_000), "250 MB");
    }

    #[test]
    fn a_size_that_does_not_fit_names_the_layer() {
        let question = Question {
            network: "googlenet".into(),
            stamp: None,
            activation: None,
            input: [3, 4, 4],
            classes: 3,
        };
        assert!(!count(&question).err().unwrap().is_empty());
    }
}

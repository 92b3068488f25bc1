//! How the trained weights of the plan fit its network: asked whenever the plan's answer may be
//! another one, found on a background thread.

use std::path::PathBuf;

use super::effect::Effect;
use super::state::State;
use crate::network::Activation;
use crate::network::transfer::{BandAdaptation, Report};
use crate::train::Plan;

/// What the answer depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightsQuestion {
    /// The weight file.
    pub file: PathBuf,
    /// Name of the network, or its file.
    pub network: String,
    /// Another activation function than its own.
    pub activation: Option<Activation>,
    /// Channels, height and width of its input.
    pub input: [usize; 3],
    /// Its classes.
    pub classes: usize,
    /// How a first layer for other bands is made.
    pub adaptation: BandAdaptation,
}

/// A question and, once it is there, its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightsView {
    /// What was asked.
    pub question: WeightsQuestion,
    /// The report, or why there is none.
    pub answer: Option<Result<Report, String>>,
}

/// Asks when the plan's weights, network or data set are no longer those of the last question.
pub(super) fn ask(state: &mut State) -> Option<Effect> {
    let question = question(state);
    if state.weights.as_ref().map(|view| &view.question) == question.as_ref() {
        return None;
    }
    state.weights = question.clone().map(|question| WeightsView { question, answer: None });
    question.map(|question| Effect::InspectWeights(Box::new(question)))
}

/// Takes an answer, unless another question was asked meanwhile.
pub(super) fn take(state: &mut State, question: &WeightsQuestion, answer: Result<Report, String>) {
    if let Some(view) = state.weights.as_mut().filter(|view| view.question == *question) {
        view.answer = Some(answer);
    }
}

/// The question that the plan poses; for three bands and two classes until a data set is open.
fn question(state: &State) -> Option<WeightsQuestion> {
    let Plan { weights, network, activation, band_adaptation, .. } = &state.plan;
    if weights.as_os_str().is_empty() {
        return None;
    }
    let (input, classes) = state.data.network_input(&state.plan);
    Some(WeightsQuestion {
        file: weights.clone(),
        network: network.clone(),
        activation: *activation,
        input,
        classes,
        adaptation: *band_adaptation,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::opened;
    use super::super::{Action, reduce};
    use super::*;

    fn asked(effects: &[Effect]) -> Option<&WeightsQuestion> {
        effects.iter().find_map(|effect| match effect {
            Effect::InspectWeights(question) => Some(&**question),
            _ => None,
        })
    }

    #[test]
    fn each_question_is_asked_once_and_late_answers_are_dropped() {
        let mut state = opened(3, 4);
        let plan = Plan { weights: "a.pth".into(), ..state.plan.clone() };
        let effects = reduce(&mut state, Action::Configure(Box::new(plan)));
        let first = asked(&effects).unwrap().clone();
        assert_eq!((first.classes, first.input[0]), (3, 3));
        assert!(asked(&reduce(&mut state, Action::Settle)).is_none());
        let plan = Plan { network: "resnet34".into(), ..state.plan.clone() };
        let effects = reduce(&mut state, Action::Configure(Box::new(plan)));
        let second = asked(&effects).unwrap().clone();
        reduce(&mut state, Action::TakeWeights(Box::new(first), Err("late".into())));
        assert_eq!(state.weights.as_ref().unwrap().answer, None);
        reduce(&mut state, Action::TakeWeights(Box::new(second), Err("cut short".into())));
        assert_eq!(state.weights.as_ref().unwrap().answer, Some(Err("cut short".into())));
        let plan = Plan { weights: PathBuf::new(), ..state.plan.clone() };
        assert!(asked(&reduce(&mut state, Action::Configure(Box::new(plan)))).is_none());
        assert_eq!(state.weights, None);
    }
}

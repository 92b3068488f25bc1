//! The panels of the window, one file each.
//!
//! A panel is a function that reads the [`PanelContext`]'s state, draws, and pushes actions. It
//! changes nothing itself. What only concerns its looks (a smoothing slider, a zoom) it keeps in
//! egui's memory under its own id. To add one: a file, a `mod` line and a line in [`PANELS`].

mod bench;
mod damage;
mod data;
mod embedding;
mod evaluation;
mod flow;
mod galaxies;
mod inside;
mod log;
mod network;
mod pipeline;
mod preview;
mod run_sample;
mod settings;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod tests_of_inside;
#[cfg(test)]
mod tests_of_runs;
#[cfg(test)]
mod time_tests;
mod training;
mod travel;
mod viewer;
mod welcome;

pub(crate) use inside::{View as InsideView, end_of_frame, turn_to};
pub(crate) use pipeline::draw_again;

use std::path::Path;

use crate::app::galaxies::Galaxies;
use crate::app::theme::Theme;
use crate::image::Place;
use crate::image::exposure::Part;
use crate::session::{Action, State, ViewerAction};

/// What a panel may see and do.
pub(crate) struct PanelContext<'a> {
    /// The state of the program, to read.
    pub(crate) state: &'a State,
    /// What the user asks for; carried out after the frame.
    pub(crate) actions: &'a mut Vec<Action>,
    /// Colours and spacing.
    pub(crate) theme: &'a Theme,
    /// Pictures of galaxies, made in the background.
    pub(crate) galaxies: &'a mut Galaxies,
}

impl PanelContext<'_> {
    /// Asks for an action.
    pub(crate) fn push(&mut self, action: Action) {
        self.actions.push(action);
    }
}

/// Where the pixels of the chosen galaxy are; nothing while none is chosen.
pub(crate) fn chosen_parts(state: &State) -> Vec<Part> {
    let sample = state.selected.zip(state.data.ready());
    let sample = sample.and_then(|(index, data)| data.catalogue.samples.get(index));
    let part = |(path, place): (&Path, Place)| Part { path: path.into(), place, ..Part::default() };
    sample.map(|sample| sample.sources().map(part).collect()).unwrap_or_default()
}

/// Opens the chosen galaxy in the viewer; one with three bands or more in files of their own as
/// colours, the last band red as the bands go from blue to red.
pub(crate) fn view_chosen(state: &State) -> ViewerAction {
    let parts = chosen_parts(state);
    let last = parts.len().saturating_sub(1);
    if last < 2 {
        return ViewerAction::OpenParts(parts);
    }
    ViewerAction::OpenColours(Box::new([last, last / 2, 0].map(|band| parts[band].clone())))
}

/// One panel.
pub(crate) struct Panel {
    /// Unique; names it in layouts and actions.
    pub(crate) id: &'static str,
    /// What its tab says.
    pub(crate) title: &'static str,
    /// What it is for, in a sentence.
    pub(crate) help: &'static str,
    /// Draws it.
    pub(crate) ui: fn(&mut egui::Ui, &mut PanelContext<'_>),
}

/// All panels, by id.
pub(crate) const PANELS: &[Panel] = &[
    Panel {
        id: "bench",
        title: "Convolution bench",
        help: "Kernels on a galaxy: results live, in slow motion, and what they cost.",
        ui: bench::bench_ui,
    },
    Panel {
        id: "damage",
        title: "Damage",
        help: "How far a galaxy can be blurred, dimmed, turned or made noisy for the network.",
        ui: damage::damage_ui,
    },
    Panel {
        id: "data",
        title: "Data",
        help: "Open a data set, see its classes, and divide it into training, validation and test.",
        ui: data::data_ui,
    },
    Panel {
        id: "embedding",
        title: "Embedding",
        help: "A whole data set as a layer sees it: in a plane, in clusters, with what is unusual.",
        ui: embedding::embedding_ui,
    },
    Panel {
        id: "evaluation",
        title: "Evaluation",
        help: "How good the network is: confusion matrix, ROC, precision and recall.",
        ui: evaluation::evaluation_ui,
    },
    Panel {
        id: "flow",
        title: "Gradient flow",
        help: "The gradient of each layer, live: whether it reaches the first ones.",
        ui: flow::flow_ui,
    },
    Panel {
        id: "galaxies",
        title: "Galaxies",
        help: "All galaxies of the data set as a contact sheet; choose one to look at.",
        ui: galaxies::galaxies_ui,
    },
    Panel {
        id: "inside",
        title: "Look inside",
        help: "What the layers make of the chosen galaxy, where the network looks, what it likes.",
        ui: inside::inside_ui,
    },
    Panel {
        id: "log",
        title: "Log",
        help: "Everything the program said since it was started.",
        ui: log::log_ui,
    },
    Panel {
        id: "network",
        title: "Network",
        help: "The network as a picture and as a table: shapes, counts, memory, weights.",
        ui: network::network_ui,
    },
    Panel {
        id: "pipeline",
        title: "What the network sees",
        help: "Crop, size, stretch and random changes between the file and the network.",
        ui: pipeline::pipeline_ui,
    },
    Panel {
        id: "settings",
        title: "Train",
        help: "Which network learns how long, by which optimiser, on which device.",
        ui: settings::settings_ui,
    },
    Panel {
        id: "training",
        title: "Curves",
        help: "Loss and accuracy of the runs, live.",
        ui: training::training_ui,
    },
    Panel {
        id: "travel",
        title: "Time travel",
        help: "The network as it was after each epoch: maps, probabilities, filters, matrix.",
        ui: travel::travel_ui,
    },
    Panel {
        id: "viewer",
        title: "Viewer",
        help: "Any FITS or raster image: stretch, colours, coordinates, regions, header.",
        ui: viewer::viewer_ui,
    },
];

/// A panel by its id.
pub(crate) fn by_id(id: &str) -> Option<&'static Panel> {
    PANELS.iter().find(|panel| panel.id == id)
}

#[cfg(test)]
mod tests {
    use super::PANELS;

    #[test]
    fn panels_are_in_order_unique_and_explained() {
        assert!(PANELS.windows(2).all(|pair| pair[0].id < pair[1].id));
        for panel in PANELS {
            assert!(!panel.title.is_empty(), "{}", panel.id);
            assert!(panel.help.ends_with('.') && panel.help.len() > 20, "{}", panel.id);
        }
    }
}

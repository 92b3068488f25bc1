//! Which layer, which images, which method: the choices above the plane.

use std::sync::Arc;

use egui::{ComboBox, DragValue, ProgressBar, Response, RichText, Ui};
use serde::{Deserialize, Serialize};

use super::scene::Scene;
use super::work::{Held, Source};
use super::{Looks, MethodName};
use crate::app::panels::PanelContext;
use crate::app::theme::Theme;
use crate::app::widgets::primary_button;
use crate::catalogue::{Catalogue, Part, Split};
use crate::explain::embedding::{Clusters, Metric};
use crate::explain::landmarks;
use crate::network::Network;
use crate::session::{RunView, State};
use crate::train::Started;

/// Which images are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Images {
    /// All of the run's data set.
    #[default]
    All,
    /// A part of it.
    Part(Part),
    /// Those of the data set that is open.
    Open,
}

impl Images {
    fn describe(self) -> &'static str {
        match self {
            Self::All => "all of the run",
            Self::Part(Part::Train) => "training part",
            Self::Part(Part::Validation) => "validation part",
            Self::Part(Part::Test) => "test part",
            Self::Open => "open data set",
        }
    }

    fn all() -> [Self; 5] {
        let part = |part| Self::Part(part);
        [Self::All, part(Part::Train), part(Part::Validation), part(Part::Test), Self::Open]
    }

    /// Indices in the run's catalogue.
    fn indices(self, catalogue: &Catalogue, split: &Split) -> Vec<usize> {
        match self {
            Self::Part(part) => split.indices(part),
            Self::All | Self::Open => (0..catalogue.samples.len()).collect(),
        }
    }
}

/// Draws the choices. True when the embedding is to begin.
pub(super) fn form_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    scene: &mut Scene,
    looks: &mut Looks,
    run: &RunView,
    started: &Started,
) {
    let layers = layers(&started.network);
    if !layers.contains(&looks.layer) {
        looks.layer = default_layer(&started.network);
    }
    let mut begin = false;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = 26.0;
        layer_ui(ui, looks, &layers);
        images_ui(ui, looks, ctx.state);
        method_ui(ui, looks);
        clusters_ui(ui, looks);
        ui.toggle_value(&mut looks.details, "Settings");
        match scene.work.progress() {
            Some((stage, share)) => {
                let bar = ProgressBar::new(share as f32).desired_width(150.0);
                ui.add(bar.show_percentage());
                if ui.button("Cancel").clicked() {
                    scene.work.cancel();
                }
                ui.label(RichText::new(stage.describe()).color(ctx.theme.text_weak));
            }
            None => begin = ui.add(primary_button(ctx.theme, "Draw embedding")).clicked(),
        }
    });
    if looks.details {
        details_ui(ui, ctx.theme, looks);
    }
    if begin {
        match source(ctx.state, looks, run, started) {
            Ok(source) => scene.work.begin(source, looks.settings()),
            Err(problem) => scene.work.problem = Some(problem.into()),
        }
    }
}

/// Names of the layers that are worth a choice: ends of blocks, and what the output is made from.
fn layers(network: &Network) -> Vec<String> {
    let mut names = landmarks(network);
    let before = default_layer(network);
    if !names.contains(&before) {
        let last = names.len().saturating_sub(1);
        names.insert(last, before);
    }
    names
}

/// The layer whose values the output is made from.
fn default_layer(network: &Network) -> String {
    let output = &network.nodes[network.output];
    let mut at = output.inputs.first().copied().unwrap_or(network.output);
    // Dropout and flattening change nothing while predicting.
    while let crate::network::Layer::Dropout { .. } | crate::network::Layer::Flatten =
        network.nodes[at].layer
    {
        match network.nodes[at].inputs.first() {
            Some(&before) => at = before,
            None => break,
        }
    }
    network.nodes[at].name.clone()
}

fn source(
    state: &State,
    looks: &Looks,
    run: &RunView,
    started: &Started,
) -> Result<Source, &'static str> {
    let (path, catalogue, samples) = match looks.images {
        Images::Open => {
            let Some(data) = state.data.ready() else {
                return Err("No data set is open: open one, or choose images of the run.");
            };
            let all = (0..data.catalogue.samples.len()).collect();
            (data.path.clone(), Arc::clone(&data.catalogue), all)
        }
        images => {
            let samples = images.indices(&started.catalogue, &started.split);
            (started.plan.data.clone(), Arc::clone(&started.catalogue), samples)
        }
    };
    if samples.is_empty() {
        return Err("This part of the data set has no images: choose another one.");
    }
    // While a run trains, its device is left to it.
    let device = if run.live { "flex".to_owned() } else { started.plan.device.clone() };
    let epoch = run.best_epoch().or(run.epochs.last()).map_or(0, |epoch| epoch.epoch);
    Ok(Source {
        run: run.id,
        folder: run.folder.clone(),
        device,
        epoch,
        path,
        catalogue: Held(catalogue),
        samples: Arc::new(samples),
        layer: looks.layer.clone(),
    })
}

fn name(response: &Response, label: &str, chosen: &str) {
    let name = format!("{label}: {chosen}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
}

fn layer_ui(ui: &mut Ui, looks: &mut Looks, layers: &[String]) {
    let chosen = looks.layer.clone();
    let combo = ComboBox::from_id_salt("embedding layer").selected_text(&chosen).width(130.0);
    let combo = combo.height(320.0).show_ui(ui, |ui| {
        for layer in layers.iter().rev() {
            ui.selectable_value(&mut looks.layer, layer.clone(), layer);
        }
    });
    name(&combo.response, "Layer", &chosen);
    combo.response.on_hover_text("Whose values are the features; of maps their mean is taken");
}

fn images_ui(ui: &mut Ui, looks: &mut Looks, state: &State) {
    let chosen = looks.images.describe();
    let combo = ComboBox::from_id_salt("embedding images").selected_text(chosen).width(120.0);
    let combo = combo.show_ui(ui, |ui| {
        for images in Images::all() {
            let possible = images != Images::Open || state.data.ready().is_some();
            ui.add_enabled_ui(possible, |ui| {
                ui.selectable_value(&mut looks.images, images, images.describe());
            });
        }
    });
    name(&combo.response, "Images", chosen);
    combo.response.on_hover_text("Which images are drawn");
}

fn method_ui(ui: &mut Ui, looks: &mut Looks) {
    let chosen = looks.method.describe();
    let combo = ComboBox::from_id_salt("embedding method").selected_text(chosen).width(76.0);
    let combo = combo.show_ui(ui, |ui| {
        for method in MethodName::ALL {
            ui.selectable_value(&mut looks.method, method, method.describe())
                .on_hover_text(method.help());
        }
    });
    name(&combo.response, "Method", chosen);
    combo.response.on_hover_text(looks.method.help());
}

fn clusters_ui(ui: &mut Ui, looks: &mut Looks) {
    let words = |clusters: &Clusters| match clusters {
        Clusters::None => "no clusters",
        Clusters::KMeans(_) => "k-means",
        Clusters::Hdbscan(_) => "HDBSCAN",
    };
    let chosen = words(&looks.clusters);
    let combo = ComboBox::from_id_salt("embedding clusters").selected_text(chosen).width(96.0);
    let combo = combo.show_ui(ui, |ui| {
        for choice in [Clusters::None, Clusters::KMeans(5), Clusters::Hdbscan(15)] {
            let same = std::mem::discriminant(&choice) == std::mem::discriminant(&looks.clusters);
            if ui.selectable_label(same, words(&choice)).clicked() && !same {
                looks.clusters = choice;
            }
        }
    });
    name(&combo.response, "Clusters", chosen);
    let (label, value, least) = match &mut looks.clusters {
        Clusters::None => return,
        Clusters::KMeans(count) => ("Number of clusters", count, 1),
        Clusters::Hdbscan(size) => ("Smallest cluster", size, 2),
    };
    drag_ui(ui, label, value, least..=10_000, 0.1);
}

/// A number whose name is read out.
fn drag_ui<N: egui::emath::Numeric>(
    ui: &mut Ui,
    label: &str,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
    speed: f64,
) {
    let response = ui.add(DragValue::new(value).range(range).speed(speed)).on_hover_text(label);
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(label));
}

fn details_ui(ui: &mut Ui, theme: &Theme, looks: &mut Looks) {
    let frame = egui::Frame::new().fill(theme.card).corner_radius(6).inner_margin(8);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            let mut labelled = |label: &str, add: &mut dyn FnMut(&mut Ui)| {
                ui.label(RichText::new(label).color(theme.text_weak));
                add(ui);
                ui.add_space(6.0);
            };
            match looks.method {
                MethodName::Pca => {}
                MethodName::Tsne => {
                    let tsne = &mut looks.tsne;
                    labelled("Perplexity", &mut |ui| {
                        drag_ui(ui, "Perplexity", &mut tsne.perplexity, 2.0..=200.0, 0.2);
                    });
                    labelled("Iterations", &mut |ui| {
                        drag_ui(ui, "Iterations", &mut tsne.iterations, 250..=10_000, 5.0);
                    });
                }
                MethodName::Umap => {
                    let umap = &mut looks.umap;
                    labelled("Neighbours", &mut |ui| {
                        drag_ui(ui, "UMAP neighbours", &mut umap.neighbours, 2..=200, 0.1);
                    });
                    labelled("Least distance", &mut |ui| {
                        drag_ui(ui, "Least distance", &mut umap.min_dist, 0.0..=0.99, 0.005);
                    });
                }
            }
            labelled("Components", &mut |ui| {
                drag_ui(ui, "Components", &mut looks.components, 0..=1000, 0.2);
            });
            labelled("Distance", &mut |ui| {
                for metric in Metric::ALL {
                    ui.selectable_value(&mut looks.metric, metric, metric.describe());
                }
            });
            labelled("Unusual by neighbour", &mut |ui| {
                drag_ui(ui, "Unusual by neighbour", &mut looks.anomaly_neighbour, 1..=200, 0.1);
            });
            labelled("Seed", &mut |ui| {
                drag_ui(ui, "Seed", &mut looks.seed, 0..=u64::from(u32::MAX), 0.1);
            });
        });
        let text = "Neighbours, t-SNE, UMAP and clusters see so many principal components of the \
            features (0: the features as they are). The cosine brings features to length 1 first.";
        ui.label(RichText::new(text).small().color(theme.text_weak));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architectures;

    #[test]
    fn the_features_are_what_the_output_is_made_from() {
        let layer = |name: &str| {
            let network = architectures::build(name, [3, 64, 64], 4).unwrap();
            (default_layer(&network), layers(&network))
        };
        let (last, all) = layer("resnet18");
        assert_eq!(last, "avgpool");
        assert!(all.contains(&last) && all.contains(&"layer4.1.relu".into()));
        let (last, _) = layer("vgg11");
        assert!(last.contains("classifier"), "{last}");
    }
}

//! Galaxies of a run on the screen: the run's catalogue need not be the one that is open.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use egui::{Label, Rect, RichText, Role, TextureHandle, Ui, WidgetInfo, pos2};

use crate::app::galaxies::{Galaxies, Picture};
use crate::app::theme::Theme;
use crate::catalogue::{Catalogue, Sample};
use crate::session::{Action, RunView, State};

/// Buttons to the galaxies before and after the chosen one.
fn steps_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    for (text, words, by) in [("‹", "Previous galaxy", -1), ("›", "Next galaxy", 1)] {
        let button = ui.small_button(text).on_hover_text(words);
        button.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
        if button.clicked() {
            actions.push(Action::SelectBy(by));
        }
    }
}

/// A galaxy that the network of a run is asked about; the run need not know it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subject {
    /// The galaxy.
    pub(crate) sample: Arc<Sample>,
    /// Its true class among those of the run, where that is known.
    pub(crate) truth: Option<usize>,
    /// Under which its picture is kept.
    key: usize,
}

impl Subject {
    /// Buttons to the galaxies beside it, and its name as far as there is room.
    pub(crate) fn head_ui(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            steps_ui(ui, actions);
            let name = self.sample.id.as_str();
            let short = RichText::new(short_name(name)).color(theme.text_strong);
            ui.add(Label::new(short).truncate()).on_hover_text(name);
        });
    }

    /// Its picture.
    pub(crate) fn picture(&self, ui: &Ui, galaxies: &mut Galaxies, side: f32) -> Picture {
        let pixels = (side * ui.pixels_per_point()).ceil() as usize;
        galaxies.picture(ui.ctx(), self.key, &self.sample, pixels)
    }
}

/// The samples of a run's catalogue, seen from the open data set.
pub(crate) struct RunSamples<'a> {
    run: Option<&'a Catalogue>,
    open: Option<&'a Catalogue>,
    /// The two are the same data set, so that indices agree.
    same: bool,
    selected: Option<usize>,
}

impl<'a> RunSamples<'a> {
    /// The samples of a run.
    pub(crate) fn of(state: &'a State, run: &'a RunView) -> Self {
        Self::of_catalogue(state, run.started.as_deref().map(|started| &*started.catalogue))
    }

    /// The samples of a catalogue that a network looked at.
    pub(crate) fn of_catalogue(state: &'a State, run: Option<&'a Catalogue>) -> Self {
        let open = state.data.ready().map(|data| &*data.catalogue);
        let same = match (run, open) {
            (Some(run), Some(open)) => same(run, open),
            _ => false,
        };
        Self { run, open, same, selected: state.selected }
    }

    /// The catalogue of the run.
    pub(crate) fn catalogue(&self) -> Option<&'a Catalogue> {
        self.run
    }

    /// Identifier of a sample; its number when it is not known.
    pub(crate) fn name(&self, sample: usize) -> &'a str {
        self.run.and_then(|run| run.samples.get(sample)).map_or("unknown", |sample| &sample.id)
    }

    /// The picture of a sample; `None` when the run knows no such sample.
    pub(crate) fn picture(
        &self,
        ui: &Ui,
        galaxies: &mut Galaxies,
        sample: usize,
        side: f32,
    ) -> Option<Picture> {
        let known = self.run?.samples.get(sample)?;
        let key = if self.same { sample } else { foreign_key(known) };
        let pixels = (side * ui.pixels_per_point()).ceil() as usize;
        Some(galaxies.picture(ui.ctx(), key, known, pixels))
    }

    /// Index in the open data set of a sample of the run.
    fn in_open(&self, sample: usize) -> Option<usize> {
        if self.same || self.open.is_none() {
            return Some(sample);
        }
        let id = &self.run?.samples.get(sample)?.id;
        self.open?.samples.binary_search_by(|known| known.id.cmp(id)).ok()
    }

    /// Index in the run's catalogue of the galaxy that is chosen.
    pub(crate) fn selected(&self) -> Option<usize> {
        let (run, selected) = (self.run?, self.selected?);
        if self.same || self.open.is_none() {
            return (selected < run.samples.len()).then_some(selected);
        }
        let id = &self.open?.samples.get(selected)?.id;
        run.samples.binary_search_by(|known| known.id.cmp(id)).ok()
    }

    /// The galaxy to look at: the one that is chosen, whether the run knows it or not, or else this one
    /// of the run.
    pub(crate) fn subject(&self, otherwise: Option<usize>) -> Option<Subject> {
        let of_run = self.selected();
        if let (Some(open), Some(key), false) = (self.open, self.selected, self.same)
            && let Some(sample) = open.samples.get(key)
        {
            let truth = match of_run {
                Some(index) => self.run?.samples[index].label,
                None => sample.label.and_then(|label| self.class_named(open.classes.get(label)?)),
            };
            return Some(Subject { sample: Arc::new(sample.clone()), truth, key });
        }
        let index = of_run.or(otherwise)?;
        let sample = self.run?.samples.get(index)?;
        let key = if self.same { index } else { foreign_key(sample) };
        Some(Subject { sample: Arc::new(sample.clone()), truth: sample.label, key })
    }

    /// The class of the run of this name.
    fn class_named(&self, name: &str) -> Option<usize> {
        self.run?.classes.iter().position(|class| class == name)
    }

    /// Whether a sample of the run is the one chosen.
    pub(crate) fn is_selected(&self, sample: usize) -> bool {
        self.selected.is_some() && self.in_open(sample) == self.selected
    }

    /// The action that chooses a sample of the run; `None` when it is not in the open data set.
    pub(crate) fn select(&self, sample: usize) -> Option<Action> {
        self.in_open(sample).map(|index| Action::Select(Some(index)))
    }
}

/// Whether two catalogues hold the same samples under the same numbers, by their ends and size.
fn same(a: &Catalogue, b: &Catalogue) -> bool {
    if std::ptr::eq(a, b) {
        return true;
    }
    let ends = |c: &Catalogue| {
        [c.samples.first(), c.samples.last()]
            .map(|sample| sample.map(|s| (s.id.clone(), s.files.clone(), s.places.clone())))
    };
    a.root == b.root && a.samples.len() == b.samples.len() && ends(a) == ends(b)
}

/// A number for the picture of a galaxy that is not in the open data set, above all indices.
fn foreign_key(sample: &Sample) -> usize {
    let mut hasher = DefaultHasher::new();
    (&sample.files, &sample.places).hash(&mut hasher);
    hasher.finish() as usize | 1 << (usize::BITS - 1)
}

/// Draws a picture in the middle of a square, its proportions kept.
pub(crate) fn paint(ui: &Ui, texture: &TextureHandle, within: Rect) {
    let size = texture.size_vec2();
    let scale = (within.width() / size.x).min(within.height() / size.y);
    let rect = Rect::from_center_size(within.center(), size * scale);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, whole, egui::Color32::WHITE);
}

/// Says that a picture cannot be shown.
pub(crate) fn paint_missing(ui: &Ui, theme: &Theme, within: Rect) {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = "cannot be read";
    ui.painter().text(within.center(), egui::Align2::CENTER_CENTER, text, font, theme.warning);
}

/// The last part of a path-like identifier.
pub(crate) fn short_name(id: &str) -> String {
    id.rsplit(['/', '\\']).next().unwrap_or(id).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(root: &str, ids: &[&str]) -> Catalogue {
        let sample = |id: &&str| Sample { id: (*id).into(), ..Sample::default() };
        Catalogue {
            root: root.into(),
            samples: ids.iter().map(sample).collect(),
            ..Catalogue::default()
        }
    }

    #[test]
    fn samples_are_found_by_name_in_another_catalogue() {
        let (run, open) = (catalogue("a", &["p", "q", "r"]), catalogue("b", &["q", "r", "s"]));
        let samples =
            RunSamples { run: Some(&run), open: Some(&open), same: false, selected: Some(0) };
        assert_eq!(samples.selected(), Some(1));
        assert!(samples.is_selected(1) && !samples.is_selected(2));
        assert!(samples.select(0).is_none());
        assert!(matches!(samples.select(2), Some(Action::Select(Some(1)))));
        assert_eq!(samples.name(2), "r");
    }

    #[test]
    fn the_galaxy_that_is_chosen_is_looked_at_whether_the_run_knows_it_or_not() {
        let classes = |mut of: Catalogue, classes: &[&str], labels: &[usize]| {
            of.classes = classes.iter().map(|&class| class.into()).collect();
            of.samples.iter_mut().zip(labels).for_each(|(s, label)| s.label = Some(*label));
            of
        };
        let run = classes(catalogue("a", &["p", "q"]), &["bar", "disc"], &[0, 1]);
        let open = classes(catalogue("b", &["q", "s", "t"]), &["disc", "ring"], &[1, 0, 1]);
        let subject = |open, selected| {
            let samples = RunSamples { run: Some(&run), open, same: false, selected };
            let subject = samples.subject(Some(1))?;
            Some((subject.sample.id.clone(), subject.truth))
        };
        let found = |id: &str, truth| Some((id.to_owned(), truth));
        // The run knows it by its name, and what it is.
        assert_eq!(subject(Some(&open), Some(0)), found("q", Some(1)));
        // The run does not; its class has the same name, or is none of the run's.
        assert_eq!(subject(Some(&open), Some(1)), found("s", Some(1)));
        assert_eq!(subject(Some(&open), Some(2)), found("t", None));
        assert_eq!(subject(Some(&open), None), found("q", Some(1)));
        assert_eq!(subject(None, Some(0)), found("p", Some(0)));
        assert_eq!(subject(None, Some(9)), found("q", Some(1)));
    }

    #[test]
    fn the_same_data_set_keeps_its_numbers() {
        let (run, open) = (catalogue("a", &["p", "q"]), catalogue("a", &["p", "q"]));
        assert!(same(&run, &open));
        assert!(!same(&run, &catalogue("a", &["p", "x"])));
        assert_eq!(short_name("spiral/NGC 1300.fits"), "NGC 1300.fits");
    }
}

//! The bench for convolutions: which image, which stages.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::explain::bench::{InputOptions, Lesson, Picture, Setup};

/// What the bench works on and does; changed as a whole, undone as a whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Bench {
    /// Which image.
    pub source: BenchSource,
    /// Which part and values of it.
    pub options: InputOptions,
    /// What is done to it.
    pub setup: Setup,
}

/// Which image the bench works on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum BenchSource {
    /// The galaxy that is chosen in the data set.
    #[default]
    Chosen,
    /// An image file.
    File(PathBuf),
    /// A picture made by a formula.
    Picture(Picture),
}

impl Bench {
    /// A lesson in place of the stages; its picture where it needs one, or where no galaxy is
    /// chosen.
    #[must_use]
    pub fn with_lesson(&self, lesson: &Lesson, chosen: bool) -> Self {
        let nothing = self.source == BenchSource::Chosen && !chosen;
        let picture = lesson.picture.or(nothing.then_some(Picture::Spiral));
        // Arms of a galaxy show what the formula's spiral shows.
        let keeps = !nothing && matches!(lesson.picture, None | Some(Picture::Spiral));
        let source = match picture {
            Some(picture) if !keeps => BenchSource::Picture(picture),
            _ => self.source.clone(),
        };
        Self { source, options: self.options, setup: (lesson.setup)() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::bench::LESSONS;
    use crate::session::{Action, State, reduce};

    #[test]
    fn lessons_show_something_with_and_without_a_galaxy() {
        for lesson in LESSONS {
            let alone = Bench::default().with_lesson(lesson, false);
            assert!(matches!(alone.source, BenchSource::Picture(_)), "{}", lesson.name);
            assert_eq!(alone.setup, (lesson.setup)());
        }
        let spiral = LESSONS.iter().find(|lesson| lesson.picture == Some(Picture::Spiral)).unwrap();
        assert_eq!(Bench::default().with_lesson(spiral, true).source, BenchSource::Chosen);
    }

    #[test]
    fn the_bench_is_held_and_undone() {
        let mut state = State::default();
        let mut bench = state.bench.clone();
        bench.setup.stages.clear();
        bench.source = BenchSource::Picture(Picture::Point);
        reduce(&mut state, Action::Bench(Box::new(bench)));
        assert_eq!(state.bench.setup.stages.len(), 1);
        assert_eq!(state.bench.source, BenchSource::Picture(Picture::Point));
        reduce(&mut state, Action::Undo);
        assert_eq!(state.bench, Bench::default());
        let text = toml::to_string(&state.bench).unwrap();
        assert_eq!(toml::from_str::<Bench>(&text).unwrap(), state.bench);
    }
}

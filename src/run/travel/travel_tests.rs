//! Through the epochs of a small run, and its animation.

use std::path::Path;
use std::sync::Arc;

use super::super::{kept_epochs, probabilities_csv, read_history, read_manifest, read_matrices};
use super::*;
use crate::catalogue::{open as open_catalogue, read_sample};
use crate::device;
use crate::figure::{Figure, Theme};
use crate::train::testing::{discs_and_bars, plan};
use crate::train::{KeepEpochs, Plan};

/// A run of six epochs of which every other is kept, and its data.
fn home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    discs_and_bars(&data, 8);
    let mut plan = Plan { epochs: 5, keep_epochs: KeepEpochs::Every(2), ..plan(&data) };
    plan.split.validation = 0.25;
    let folder = home.path().join("run");
    crate::run::start(plan, &folder, Arc::new(|| ())).unwrap().join().unwrap();
    (home, folder)
}

fn traveller(folder: &Path) -> Traveller {
    Traveller::open(folder, &device::choose("flex").unwrap()).unwrap()
}

#[test]
fn one_goes_back_to_each_kept_epoch_and_sees_it_all() {
    let (_home, folder) = home();
    let epochs = kept_epochs(&folder);
    assert_eq!(epochs.iter().map(|kept| kept.epoch).collect::<Vec<_>>(), [0, 2, 4, 5]);
    let (plan, info) = read_manifest(&folder).unwrap();
    let never = std::sync::atomic::AtomicBool::new(false);
    let catalogue = open_catalogue(&plan.data, &plan.open, &|_| (), &never).unwrap();
    let mut traveller = traveller(&folder);
    let image = read_sample(&catalogue.samples[3]).unwrap();
    let input = traveller.input(&image).unwrap();
    let layers = ["block1.relu".to_owned()];
    let moments: Vec<Moment> =
        epochs.iter().map(|kept| traveller.at(kept, &input, &layers).unwrap()).collect();
    assert_eq!(moments[0].step, 0);
    assert!(moments.windows(2).all(|pair| pair[0].maps != pair[1].maps));
    assert!(moments.windows(2).all(|pair| pair[0].filters != pair[1].filters));
    assert_eq!(moments[3].maps[0].shape, [32, 16, 16]);
    for moment in &moments {
        assert!((moment.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
    let csv = probabilities_csv(&info.classes, &moments);
    assert!(csv.starts_with("epoch,step,bar,disc\n0,0,") && csv.lines().count() == 5, "{csv}");

    // The matrices are those of the validation part whose accuracy the history tells.
    let matrices = read_matrices(&folder, &info.classes).unwrap();
    let (_, records) = read_history(&folder).unwrap();
    assert_eq!(matrices.len(), 5);
    for ((epoch, confusion), record) in matrices.iter().zip(&records) {
        assert_eq!(*epoch, record.epoch);
        assert!((confusion.accuracy().unwrap() - record.validation_accuracy).abs() < 1e-12);
    }
    // A damaged file is an error about that file.
    std::fs::write(&epochs[1].path, b"nothing").unwrap();
    let error = traveller.at(&epochs[1], &input, &layers).unwrap_err().to_string();
    assert!(error.contains("epoch-0002"), "{error}");
    let unknown = ["nowhere".to_owned()];
    assert!(traveller.at(&epochs[2], &input, &unknown).is_err());
}

#[test]
fn a_journey_is_saved_with_a_frame_an_epoch_or_not_at_all() {
    use image::AnimationDecoder;
    let (_home, folder) = home();
    let epochs = kept_epochs(&folder);
    let (plan, info) = read_manifest(&folder).unwrap();
    let mut traveller = traveller(&folder);
    let image = crate::image::read(&plan.data.join("disc/03.png")).unwrap();
    let journey = Journey {
        run: "run".into(),
        image: "disc/03.png".into(),
        classes: info.classes.clone(),
        truth: Some(1),
        input: traveller.input(&image).unwrap(),
        layer: "block1.relu".into(),
        epochs: plan.epochs,
        matrices: read_matrices(&folder, &info.classes).unwrap().into_iter().collect(),
        colours: Journey::viridis(),
        shared_limits: true,
        theme: Theme::Dark,
    };
    let out = folder.join("journey.gif");
    let mut heard = Vec::new();
    let whole = animate(&mut traveller, &epochs, &journey, (&out, 200), &mut |done| {
        heard.push(done);
        true
    });
    assert!(whole.unwrap());
    assert_eq!(heard, [0, 1, 2, 3, 4]);
    let file = std::io::BufReader::new(std::fs::File::open(&out).unwrap());
    let frames = image::codecs::gif::GifDecoder::new(file).unwrap().into_frames();
    let frames = frames.collect_frames().unwrap();
    assert_eq!((frames.len(), frames[0].delay().numer_denom_ms()), (4, (200, 1)));
    assert_ne!(frames[1].buffer(), frames[3].buffer());
    let moment = traveller.at(&epochs[3], &journey.input, &["fc".into()]).unwrap();
    let vector = Journey { layer: "fc".into(), ..journey.clone() };
    assert!(vector.sheet(&moment, &[]).to_svg().contains("2 values"));

    let out = folder.join("cancelled.png");
    let ended = animate(&mut traveller, &epochs, &journey, (&out, 200), &mut |done| done < 2);
    assert!(!ended.unwrap() && !out.exists());
    let left = std::fs::read_dir(&folder).unwrap().flatten();
    assert!(left.map(|e| e.file_name()).all(|name| !name.to_string_lossy().ends_with(".part")));
}

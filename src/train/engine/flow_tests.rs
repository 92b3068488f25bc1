//! The flow of gradients through real runs, on the CPU (Flex).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::network::Activation;
use crate::train::event::Event;
use crate::train::flow::{self, RECORDS};
use crate::train::session::{Resumption, Session};
use crate::train::testing::{Diary, MemoryJournal, discs_and_bars, events_until, plan};
use crate::train::{Optimizer, Plan};

/// Carries a plan out; returns its warnings about gradients and what was written down.
fn train(plan: Plan) -> (Vec<String>, Diary) {
    let journal = MemoryJournal::default();
    let boxed = Box::new(journal.clone());
    let session = Session::start(plan, Resumption::default(), boxed, Arc::new(|| ())).unwrap();
    let events = events_until(&session, |_| false);
    let warnings = events.into_iter().filter_map(|event| match event {
        Event::Warning(text) if text.contains("gradients") || text.contains("steps") => Some(text),
        Event::Failed(text) => panic!("{text}"),
        _ => None,
    });
    let warnings = warnings.collect();
    session.join().unwrap();
    let diary = std::mem::take(&mut *journal.0.lock().unwrap());
    (warnings, diary)
}

/// Ten convolutions with a function between them, without normalisation or shortcuts.
fn deep(folder: &Path, function: &str) -> PathBuf {
    let head = "name = \"deep\"\ninput = [3, 16, 16]\nclasses = 2\n".to_owned();
    let layer = |n: usize| {
        format!(
            "[[layer]]\nname = \"conv{n}\"\nkind = \"conv2d\"\nout = 8\nkernel = 3\npadding = 1\n\
             [[layer]]\nkind = \"{function}\"\n"
        )
    };
    let tail = "[[layer]]\nkind = \"global-avg-pool\"\n[[layer]]\nkind = \"flatten\"\n\
                [[layer]]\nname = \"fc\"\nkind = \"linear\"\nout = \"classes\"\n";
    let text = [head, (1..=10).map(layer).collect::<Vec<_>>().concat(), tail.into()].concat();
    let path = folder.join(format!("deep-{function}.toml"));
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_deep_sigmoid_net_warns_of_an_early_layer_and_residual_nets_do_not() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    discs_and_bars(&data, 8);
    let network = deep(home.path(), "logistic").to_string_lossy().into_owned();
    let optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false };
    let sigmoid = Plan { network, epochs: 8, optimizer, ..plan(&data) };
    let (warnings, diary) = train(sigmoid.clone());
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("vanish") && warnings[0].contains("conv1 "), "{warnings:?}");
    let first = &diary.flow[0].layers;
    let falls =
        first.windows(2).filter(|pair| pair[0].relative_gradient() < pair[1].relative_gradient());
    assert!(falls.count() >= 9, "the gradient falls with depth: {first:?}");

    // Frozen layers have no gradient, which is no trouble.
    let freeze: Vec<String> = (1..=8).map(|n| format!("conv{n}")).collect();
    let (warnings, diary) = train(Plan { freeze, ..sigmoid });
    assert!(warnings.is_empty(), "{warnings:?}");
    assert!(diary.flow.iter().all(|record| record.layers[0].gradient.is_nan()));

    let residual = Plan { network: "resnet20".into(), epochs: 4, ..plan(&data) };
    let (warnings, _) = train(residual);
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn norms_are_taken_at_regular_steps_and_agree_with_the_whole() {
    let home = tempfile::tempdir().unwrap();
    discs_and_bars(home.path(), 8);
    let (warnings, diary) = train(Plan { epochs: 3, ..plan(home.path()) });
    assert!(warnings.is_empty(), "{warnings:?}");
    let steps: Vec<usize> = diary.flow.iter().map(|record| record.step).collect();
    assert_eq!(steps, (1..=diary.steps.len()).collect::<Vec<_>>());
    for (record, step) in diary.flow.iter().zip(&diary.steps) {
        let squares = record.layers.iter().map(|flow| f64::from(flow.gradient).powi(2));
        let norm = squares.sum::<f64>().sqrt();
        assert!((norm / step.gradient_norm - 1.0).abs() < 1e-4, "{norm} {}", step.gradient_norm);
    }
    assert_eq!(diary.kept, [0, 1, 2, 3]);
    assert_eq!(flow::every(RECORDS * 3), 3);
}

/// Prints the extremes of the relative gradient over the depth of networks, from which the
/// thresholds of the watchdog were chosen. `ARCLET_TEST_DATA` names a folder of galaxies.
#[test]
#[ignore = "prints measurements; run by hand with --nocapture"]
fn how_far_relative_gradients_lie_apart() {
    let Some(data) = std::env::var_os("ARCLET_TEST_DATA").map(PathBuf::from) else { return };
    let networks = std::env::var("ARCLET_NETWORKS").unwrap_or_else(|_| "lenet5 simple-cnn".into());
    for name in networks.split_whitespace() {
        let (network, function) = name.split_once('/').unwrap_or((name, ""));
        let mut plan = Plan { epochs: 1, batch_size: 16, ..plan(&data.join("galaxies_gz1")) };
        plan.split.validation = 0.0;
        plan.split.test = 0.85;
        plan.network = network.into();
        plan.activation = Activation::named(function);
        plan.pipeline.size = if network.starts_with("lenet5") { 32 } else { 64 };
        let (warnings, diary) = train(plan.clone());
        let built = plan.network([3, plan.pipeline.size, plan.pipeline.size], 4).unwrap();
        let layers = flow::layers(&built).unwrap();
        let kernels = |record: &flow::FlowRecord| -> Vec<f64> {
            let all = layers.iter().zip(&record.layers).filter(|(layer, _)| layer.has_kernel);
            all.map(|(_, flow)| flow.relative_gradient()).collect()
        };
        let extremes = |values: &[f64]| {
            let most = values.iter().copied().fold(0.0, f64::max);
            values.iter().map(|value| value / most).fold(1.0, f64::min)
        };
        let lowest: Vec<f64> = diary.flow.iter().map(|r| extremes(&kernels(r))).collect();
        let first = kernels(&diary.flow[0]);
        let updates = diary
            .flow
            .iter()
            .flat_map(|r| r.layers.iter().map(crate::train::LayerFlow::relative_update));
        println!(
            "{name}: first step {:.1e}, lowest {:.1e}, last {:.1e}; first/last layer {:.1e}; \
             largest step {:.2}; {warnings:?}",
            lowest[0],
            lowest.iter().copied().fold(1.0, f64::min),
            lowest[lowest.len() - 1],
            first[0] / first[first.len() - 1],
            updates.filter(|u| u.is_finite()).fold(0.0, f64::max),
        );
    }
}

/// Prints what taking the norms adds to a step.
#[test]
#[ignore = "prints times; run by hand with --nocapture"]
fn what_norms_add_to_a_step() {
    use crate::network::model::Model;
    use crate::train::inputs::Images;
    use crate::train::learner::Learner;
    use crate::train::loss::Criterion;
    use crate::train::predict::read_values;
    for (name, size, batch) in [("resnet18", 64, 16), ("vgg11", 64, 16), ("lenet5", 32, 32)] {
        let network = crate::architectures::build(name, [3, size, size], 4).unwrap();
        let device = crate::device::choose("flex").unwrap().device;
        let model = Model::new(&network, 1, &device).unwrap();
        let mut learner = Learner::new(model, &Plan::default()).unwrap();
        let criterion = Criterion::new(crate::train::Loss::CrossEntropy, 0.0, vec![1.0; 4]);
        let labels: Vec<usize> = (0..batch).map(|i| i % 4).collect();
        let mut times = [Vec::new(), Vec::new()];
        for step in 0..24 {
            let pixel = |i: usize| (i as f32 * 0.37).sin();
            let images = (0..batch * 3 * size * size).map(pixel).collect();
            learner.measures = step % 2 == 1;
            let begun = std::time::Instant::now();
            let images = Images::Drawn(images, [batch, 3, size, size]);
            let learned = learner.learn(&criterion, images, &labels, 1e-3, (0, step));
            read_values(learned.norm).unwrap();
            if let Some(flow) = learned.flow {
                read_values(flow.squares).unwrap();
            }
            if step > 3 {
                times[step as usize % 2].push(begun.elapsed().as_secs_f64() * 1e3);
            }
        }
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let [without, with] = &mut times;
        let (without, with) = (median(without), median(with));
        println!("{name}: {without:.1} ms without, {with:.1} ms with norms");
    }
}

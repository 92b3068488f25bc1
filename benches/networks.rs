//! Whole networks on the CPU, to be timed from outside: `NETWORK BATCH SIZE train|recompute|infer`, where
//! `recompute` trains with few values kept. Each line on standard input is a number of steps, which
//! are done at once and answered by their seconds and those of all threads on the processor; at the
//! end of the input the peak memory in MiB is printed. `scripts/compare_pytorch.sh` talks to this
//! program and to PyTorch in turn, `scripts/growth.py` to this program alone.

use std::io::{BufRead, Write};
use std::time::Instant;

use arclet::architectures;
use arclet::kernels::on_pool;
use arclet::network::model::{Model, TrainOutput};
use arclet::train::loss::Criterion;
use arclet::train::optimizer::OptimizerState;
use arclet::train::{Loss, Optimizer, Plan};
use burn::tensor::{Device, Tensor, TensorData};
use cpu_time::ProcessTime;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLASSES: usize = 10;
const LEARNING_RATE: f64 = 1e-3;

fn main() {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = all.iter().map(|w| &**w).filter(|w| !w.starts_with('-')).collect();
    let number = |word: &str| word.parse().expect("batch and size are numbers");
    match *words {
        [name, batch, size, what] => {
            let mut subject = Subject::new(name, number(batch), number(size), what != "infer");
            subject.model.set_recompute(what == "recompute");
            let mut out = std::io::stdout().lock();
            for line in std::io::stdin().lock().lines() {
                let steps = line.expect("standard input is text").trim().parse().unwrap_or(1);
                let [seconds, processor] = subject.seconds(steps);
                writeln!(out, "{seconds} {processor}")
                    .and_then(|()| out.flush())
                    .expect("someone listens");
            }
            writeln!(out, "{}", peak_mebibytes()).expect("someone listens");
        }
        // `cargo test --benches` asks only whether it runs.
        [] => {
            for training in [true, false] {
                let [seconds, _] = Subject::new("lenet5", 8, 64, training).seconds(1);
                println!("LeNet-5, one step of 8: {:.1} ms", seconds * 1e3);
            }
        }
        _ => eprintln!("usage: NETWORK BATCH SIZE train|recompute|infer"),
    }
}

/// A network and what it is fed with.
struct Subject {
    model: Model,
    images: Tensor<4>,
    labels: Vec<usize>,
    criterion: Criterion,
    optimizer: OptimizerState,
    training: bool,
    step: u64,
}

impl Subject {
    fn new(name: &str, batch: usize, size: usize, training: bool) -> Self {
        let device = Device::flex();
        let network = architectures::build(name, [3, size, size], CLASSES).expect("a network");
        let value = |i: usize| ((i.wrapping_mul(0x9E37_79B9) >> 9) % 2001) as f32 / 1000.0 - 1.0;
        let values: Vec<f32> = (0..batch * 3 * size * size).map(value).collect();
        let rule = Optimizer::Sgd { momentum: 0.9, nesterov: false };
        let plan = Plan { optimizer: rule, weight_decay: 0.0, ..Plan::default() };
        Self {
            model: Model::new(&network, 1, &device).expect("the network is sound"),
            images: Tensor::from_data(TensorData::new(values, [batch, 3, size, size]), &device),
            labels: (0..batch).map(|i| i % CLASSES).collect(),
            criterion: Criterion::new(Loss::CrossEntropy, 0.0, vec![1.0; CLASSES]),
            optimizer: OptimizerState::new(&plan),
            training,
            step: 0,
        }
    }

    /// Seconds that passed, and those of the processor.
    fn seconds(&mut self, steps: usize) -> [f64; 2] {
        let (start, processor) = (Instant::now(), ProcessTime::now());
        for _ in 0..steps {
            if self.training {
                // As the engine does it.
                on_pool(&Device::flex(), || self.learn());
            } else {
                self.predict();
            }
        }
        [start.elapsed(), processor.elapsed()].map(|time| time.as_secs_f64())
    }

    fn predict(&self) {
        let logits = self.model.forward(self.images.clone());
        assert_eq!(logits.into_data().iter::<f32>().count(), self.labels.len() * CLASSES);
    }

    fn learn(&mut self) {
        self.step += 1;
        let targets = self.criterion.targets(&self.labels, self.model.device());
        let criterion = &self.criterion;
        let loss = |output: TrainOutput| criterion.mean(output.logits, &targets);
        let gradients = self.model.differentiate(self.images.clone(), (1, self.step), loss);
        self.optimizer.begin_step();
        for (parameter, gradient) in self.model.parameters_mut().iter_mut().zip(gradients) {
            let Some(gradient) = gradient else { continue };
            let name = parameter.name().to_owned();
            let optimizer = &mut self.optimizer;
            parameter.update(|value| optimizer.update(&name, value, gradient, LEARNING_RATE));
        }
    }
}

/// The most memory that the process ever held; 0 where Linux's `/proc` is not.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) / 1024.0
}

//! Our maps against PyTorch's, on networks whose weights and image follow a formula.
//!
//! The numbers are the output of `tests/interop/torch_attributions.py` (PyTorch 2.15.0,
//! torchvision 0.29.2, double precision): mean, standard deviation (biased), and the pixels at
//! [`PIXELS`]. Ours are computed in single precision, within 0.2 % of the largest of them.

use burn::tensor::Device;

use super::*;
use crate::architectures;
use crate::network::model::{HostTensor, StateDict};
use crate::network::{Role, TensorSpec};
use crate::pipeline::Normalise;

/// Row and column.
const PIXELS: [[usize; 2]; 5] = [[0, 0], [10, 20], [31, 32], [40, 7], [63, 63]];
const SIDE: usize = 64;
const TOLERANCE: f64 = 2e-3;

/// As in `architectures::parity_tests`: value i is sin(0.37 i + phase), scaled by the role.
fn fill(tensor: &TensorSpec) -> HostTensor {
    let crc = !tensor.name.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    });
    let (phase, fan_in) = (f64::from(crc % 1000), tensor.fans().0 as f64);
    let value = |index: usize| {
        let wave = (0.37 * index as f64 + phase).sin();
        (match tensor.role {
            Role::Weight => wave * (2.0 / fan_in).sqrt(),
            Role::Bias => 0.05 * wave,
            Role::Scale | Role::Slope | Role::Fixed => 1.0 + 0.1 * wave,
            Role::RunningMean => 0.1 * wave,
            Role::RunningVariance => 1.0 + 0.5 * wave,
        }) as f32
    };
    HostTensor { shape: tensor.shape.clone(), values: (0..tensor.count()).map(value).collect() }
}

fn model(name: &str, device: &Device) -> Model {
    let network = architectures::build(name, [3, SIDE, SIDE], 5).unwrap();
    let state: StateDict =
        network.tensors().unwrap().iter().map(|t| (t.name.clone(), fill(t))).collect();
    let mut model = Model::new(&network, 0, device).unwrap();
    assert!(model.load_state(&state).unwrap().is_exact());
    model
}

fn input() -> Input {
    let value = |index: usize| {
        let i = index as f64;
        ((0.011 * i).sin() * (0.0007 * i).cos()) as f32
    };
    Input { shape: [3, SIDE, SIDE], data: (0..3 * SIDE * SIDE).map(value).collect() }
}

fn found(model: &Model, method: Method, layer: &str) -> Attribution {
    let question = Question {
        method,
        class: 4,
        layer: layer.into(),
        steps: 64,
        patch: 16,
        stride: 8,
        ..Question::default()
    };
    let pipeline = Pipeline { normalise: Normalise::None, ..Pipeline::default() };
    attribute(model, &pipeline, &input(), &question, &mut |_| true).unwrap()
}

fn check(model: &Model, method: Method, layer: &str, reference: [f64; 7]) -> Attribution {
    let ours = found(model, method, layer);
    let n = ours.values.len() as f64;
    let mean = ours.values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let square = ours.values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    let pixels = PIXELS.map(|[row, column]| f64::from(ours.values[row * SIDE + column]));
    let all = [mean, square.sqrt()].into_iter().chain(pixels);
    let largest = reference.iter().fold(0.0, |all: f64, value| all.max(value.abs()));
    for (ours, theirs) in all.zip(reference) {
        let off = (ours - theirs).abs();
        assert!(off < TOLERANCE * largest, "{}: {ours:e} for {theirs:e}", method.id());
    }
    ours
}

#[test]
fn maps_of_resnet18_equal_pytorchs() {
    let model = model("resnet18", &Device::flex());
    let cam = check(&model, Method::GradCam, "layer3.1.relu", CAM);
    assert!((cam.score - -0.367_801_27).abs() < 1e-4 && cam.layer.is_some());
    check(&model, Method::GradCamPlusPlus, "layer3.1.relu", CAM_PLUS_PLUS);
    let gradient = check(&model, Method::Gradient, "", GRADIENT);
    assert_eq!((gradient.layer, gradient.shape), (None, [64, 64]));
    check(&model, Method::Guided, "", GUIDED);
    let integrated = check(&model, Method::Integrated, "", INTEGRATED);
    let completeness = integrated.completeness.unwrap();
    assert!((completeness.difference - 0.090_480_47).abs() < 1e-4);
    assert!(completeness.gap() < 0.01 && completeness.steps == 64, "{completeness:?}");
    check(&model, Method::Occlusion, "", OCCLUSION);
}

const CAM: [f64; 7] =
    [6.485_023e-4, 6.283_426e-4, 1.959_849e-3, 1.354_829e-3, 8.535_656e-4, 0.0, 0.0];
const CAM_PLUS_PLUS: [f64; 7] =
    [0.547_683_8, 0.068_783_77, 0.641_030_8, 0.625_294_3, 0.557_696_4, 0.468_841_8, 0.454_231_6];
const GRADIENT: [f64; 7] = [
    4.675_912e-4,
    1.379_422e-3,
    3.880_461e-3,
    8.309_656e-5,
    1.159_192e-2,
    2.716_394e-4,
    1.810_857e-6,
];
const GUIDED: [f64; 7] =
    [4.953_397, 4.881_685, 11.720_66, 7.763_511, 5.306_275, 1.801_193, 0.086_945_26];
const INTEGRATED: [f64; 7] = [
    2.208_477e-5,
    5.166_917e-4,
    1.862_727e-3,
    1.415_157e-6,
    5.184_339e-4,
    -3.990_621e-5,
    -1.919_512e-7,
];
const OCCLUSION: [f64; 7] = [
    8.739_289e-4,
    5.854_130e-3,
    3.077_663e-2,
    -1.017_302e-3,
    -1.204_363e-3,
    -4.408_295e-3,
    -2.952_459e-5,
];

/// Differences of outputs are lost in rounding here (1e-5 of 0.08), so occlusion and integrated
/// gradients are left to the other network.
#[test]
fn maps_of_googlenet_equal_pytorchs() {
    let model = model("googlenet", &Device::flex());
    let cam = [
        3.212_783e-4,
        2.523_890e-5,
        3.107_369e-4,
        3.486_583e-4,
        3.577_577e-4,
        3.029_056e-4,
        2.771_356e-4,
    ];
    check(&model, Method::GradCam, "inception4a.concat", cam);
    let plus_plus = [
        0.024_697_02,
        2.407_747e-3,
        0.022_384_87,
        0.026_642_27,
        0.028_297_49,
        0.022_173_24,
        0.022_273_29,
    ];
    check(&model, Method::GradCamPlusPlus, "inception4a.concat", plus_plus);
    let gradient = [
        2.274_844e-5,
        3.220_195e-5,
        1.403_139e-7,
        2.898_226e-5,
        1.360_431e-5,
        7.455_566e-6,
        3.447_051e-5,
    ];
    check(&model, Method::Gradient, "", gradient);
    let guided = [87_867.55, 80_024.49, 1_706.578, 110_649.3, 133_911.4, 15_221.31, 393_889.9];
    check(&model, Method::Guided, "", guided);
}

#[test]
fn what_cannot_be_asked_is_said() {
    let network = architectures::build("simple-cnn", [3, SIDE, SIDE], 5).unwrap();
    let model = Model::new(&network, 0, &Device::flex()).unwrap();
    let pipeline = Pipeline::default();
    let ask = |question: Question| {
        attribute(&model, &pipeline, &input(), &question, &mut |_| true).unwrap_err().to_string()
    };
    let question = Question { layer: "block2.relu".into(), ..Question::default() };
    assert!(ask(Question { class: 5, ..question.clone() }).contains("no class 5"));
    assert!(ask(Question { patch: 65, ..question.clone() }).contains("1 to 64"));
    assert!(ask(Question { stride: 9, ..question.clone() }).contains("never covered"));
    assert!(ask(Question { steps: 0, ..question.clone() }).contains("1 to 4096"));
    assert!(ask(Question { layer: "block7".into(), ..question.clone() }).contains("`block7`"));
    assert!(ask(Question { layer: "flatten".into(), ..question.clone() }).contains("not a map"));
    for method in [Method::Integrated, Method::Occlusion] {
        let question = Question { method, ..question.clone() };
        let mut calls = 0;
        let mut twice = |_| {
            calls += 1;
            calls < 2
        };
        let ended = attribute(&model, &pipeline, &input(), &question, &mut twice);
        assert!(matches!(ended, Err(ExplainError::Cancelled)));
    }
}

/// The same on a graphics card, through wgpu.
#[test]
#[ignore = "a software adapter takes minutes to compile the kernels"]
fn maps_of_resnet18_equal_pytorchs_on_a_graphics_adapter() {
    let chosen = crate::device::choose("wgpu").unwrap();
    let model = model("resnet18", &chosen.device);
    check(&model, Method::GradCam, "layer3.1.relu", CAM);
    check(&model, Method::GradCamPlusPlus, "layer3.1.relu", CAM_PLUS_PLUS);
    check(&model, Method::Guided, "", GUIDED);
    let integrated = check(&model, Method::Integrated, "", INTEGRATED);
    assert!(integrated.completeness.unwrap().gap() < 0.01);
    check(&model, Method::Occlusion, "", OCCLUSION);
}

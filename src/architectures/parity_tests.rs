//! Our layers against PyTorch's, value by value.
//!
//! The weights of torchvision's models were filled by a formula that [`fill`] repeats, the image
//! too; logits, means and standard deviations below are what PyTorch (torchvision 0.2x, CPU,
//! evaluation mode) made of them.

use burn::tensor::{Device, Tensor, TensorData};

use crate::network::model::{HostTensor, Model, StateDict, Value};
use crate::network::{Network, Role, TensorSpec};

mod whole_file_tests;

/// Name of a layer, mean and standard deviation (biased) of its output.
type Moments = (&'static str, f64, f64);

/// Value i is sin(0.37 i + phase), phase = crc32(name) mod 1000, scaled by the tensor's role.
fn fill(tensor: &TensorSpec) -> HostTensor {
    let phase = f64::from(crc32(tensor.name.as_bytes()) % 1000);
    let fan_in = tensor.fans().0 as f64;
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

/// The checksum of zlib and PNG.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

/// Value i is sin(0.011 i)·cos(0.0007 i).
fn image(side: usize, device: &Device) -> Tensor<4> {
    let value = |index: usize| {
        let i = index as f64;
        ((0.011 * i).sin() * (0.0007 * i).cos()) as f32
    };
    let values: Vec<f32> = (0..3 * side * side).map(value).collect();
    Tensor::from_data(TensorData::new(values, [1, 3, side, side]), device)
}

/// The network with the weights of the formula.
fn filled(network: &Network, device: &Device) -> Model {
    let state: StateDict =
        network.tensors().unwrap().iter().map(|t| (t.name.clone(), fill(t))).collect();
    let mut model = Model::new(network, 0, device).unwrap();
    assert!(model.load_state(&state).unwrap().is_exact());
    model
}

fn moments(value: Value) -> (f64, f64) {
    let values = match value {
        Value::Map(tensor) => tensor.try_into_vec_as::<f32>().unwrap(),
        Value::Vector(tensor) => tensor.try_into_vec_as::<f32>().unwrap(),
    };
    let n = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let square = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    (mean, square.sqrt())
}

fn check(name: &str, side: usize, logits: [f64; 5], layers: &[Moments]) {
    let device = Device::flex();
    let network = super::build(name, [3, side, side], 5).unwrap();
    let model = filled(&network, &device);
    let nodes: Vec<_> = layers.iter().map(|&(layer, ..)| network.find(layer).unwrap()).collect();
    let (ours, values) = model.forward_recorded(image(side, &device), &nodes);
    for (&(layer, mean, std), (_, value)) in layers.iter().zip(values) {
        let (our_mean, our_std) = moments(value);
        assert!((our_std - std).abs() < 1e-3 * std, "{name} {layer}: std {our_std}, not {std}");
        assert!(
            (our_mean - mean).abs() < 1e-3 * std,
            "{name} {layer}: mean {our_mean}, not {mean}"
        );
    }
    let largest = logits.iter().fold(0.0, |all: f64, v| all.max(v.abs()));
    for (ours, theirs) in ours.try_into_vec_as::<f32>().unwrap().iter().zip(logits) {
        let difference = (f64::from(*ours) - theirs).abs();
        assert!(difference < 1e-3 * largest, "{name}: logit {ours}, not {theirs}");
    }
}

#[test]
fn checksum_is_zlibs() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn resnet18_equals_torchvisions() {
    let layers: &[Moments] = &[
        ("conv1", 4.143_826_6e-6, 0.161_733_835),
        ("bn1", 0.009_557_004, 0.185_841_259),
        ("maxpool", 0.170_847_619, 0.134_155_924),
        ("layer1.1.conv2", -3.011_216e-5, 0.008_002_483),
        ("layer2.0.downsample.1", 0.025_350_439, 0.946_488_142),
        ("layer3.0.bn2", -0.000_931_887, 0.050_904_719),
        ("layer4.1.bn2", -0.004_650_965, 0.065_817_944),
        ("avgpool", 0.177_577_095, 0.191_523_368),
    ];
    let logits = [-0.212_455_4, 0.650_36, 1.000_140_4, 0.537_122, -0.367_801_1];
    check("resnet18", 64, logits, layers);
}

#[test]
fn resnet50_equals_torchvisions() {
    let layers: &[Moments] = &[
        ("layer1.0.bn3", -0.016_850_187, 0.306_160_894),
        ("layer2.0.downsample.1", 0.032_275_329, 1.613_425_856),
        ("layer3.5.conv2", 0.000_272_896, 0.594_078_672),
        ("layer4.2.bn3", -0.003_579_015, 0.847_572_728),
        ("avgpool", 3.406_336_295, 4.587_185_368),
    ];
    let logits = [-10.849_277_5, 2.935_656_5, 6.253_012_7, -12.920_327_2, 14.545_765_9];
    check("resnet50", 64, logits, layers);
}

#[test]
fn the_deeper_resnets_equal_torchvisions() {
    let logits = [-0.199_953_5, 3.291_781_7, 4.084_420_2, 1.511_685_6, -2.309_510_2];
    check("resnet34", 64, logits, &[]);
    let logits = [-4.036_488_1, 1.961_032_3, 1.008_152_2, -3.508_014_7, 4.648_534_8];
    check("resnet101", 64, logits, &[]);
    let logits = [-5.890_441_4, 1.747_775_7, 3.205_182_8, -6.829_240_3, 7.794_536_6];
    check("resnet152", 64, logits, &[]);
}

#[test]
fn googlenet_equals_torchvisions() {
    let layers: &[Moments] = &[
        ("conv1.conv", 1.020_166e-5, 0.235_649_683),
        ("maxpool1", 0.247_562_78, 0.157_527_621),
        ("conv3.bn", 0.021_420_576, 0.685_019_377),
        ("maxpool2", 0.377_504_984, 0.441_732_598),
        ("inception3a.branch1.bn", -0.032_620_903, 1.223_214_621),
        ("inception3a.branch4.0", 0.453_729_226, 0.484_607_921),
        ("inception4a.branch3.1.bn", 0.004_630_52, 0.274_383_791),
        ("maxpool4", 0.091_631_195, 0.137_411_815),
        ("inception5b.branch2.1.conv", 0.000_210_661, 0.086_818_57),
        ("avgpool", 0.219_722_097, 0.398_476_623),
    ];
    let logits = [-0.322_755_5, 0.352_709_9, 0.192_813_8, -0.419_627, 0.079_092_6];
    check("googlenet", 96, logits, layers);
}

#[test]
fn alexnet_equals_torchvisions() {
    let layers: &[Moments] = &[
        ("features.0", -0.001_412_596, 0.356_595_902),
        ("features.2", 0.378_627_228, 0.188_548_338),
        ("features.3", 1.596_71e-4, 0.065_643_73),
        ("features.5", 0.058_382_807, 0.049_028_825),
        ("features.10", 1.697_319e-4, 0.035_757_142),
        ("features.12", 0.017_608_803, 0.020_778_524),
        ("avgpool", 0.017_608_803, 0.020_778_524),
        ("classifier.1", -2.652_927e-5, 0.038_800_47),
        ("classifier.4", -3.584_731e-4, 0.800_179_354),
    ];
    let logits = [0.285_412_5, 1.159_834_6, 0.449_389_9, -0.833_391, -0.876_303_1];
    check("alexnet", 224, logits, layers);
}

#[test]
fn vgg16_equals_torchvisions() {
    let layers: &[Moments] = &[
        ("features.0", -9.127_625e-4, 1.213_537_18),
        ("features.4", 0.223_092_067, 0.257_120_963),
        ("features.7", -7.168_122e-4, 0.035_781_743),
        ("features.9", 0.016_864_103, 0.020_393_285),
        ("features.16", 0.016_340_064, 0.019_858_78),
        ("features.21", -8.454_44e-5, 0.035_632_584),
        ("features.28", 9.551_025e-5, 0.040_423_96),
        ("features.30", 0.022_278_05, 0.026_506_376),
        ("avgpool", 0.022_278_05, 0.026_486_478),
        ("classifier.0", 2.088_636e-5, 0.035_573_856),
        ("classifier.3", 2.992_88e-4, 0.800_928_971),
    ];
    let logits = [0.841_675_5, 1.027_181_1, -0.184_885_4, -1.073_746_9, -0.383_378_3];
    check("vgg16", 64, logits, layers);
}

#[test]
fn inception_v3_equals_torchvisions() {
    let layers: &[Moments] = &[
        ("Conv2d_1a_3x3.conv", 1.033_444e-4, 0.986_754_389),
        ("maxpool1", 0.056_442_921, 0.066_893_628),
        ("maxpool2", 0.243_324_754, 0.312_163_343),
        ("Mixed_5b.branch5x5_2.bn", 0.019_047_718, 0.123_975_878),
        ("Mixed_5d.branch_pool.bn", 0.012_777_209, 0.085_796_734),
        ("Mixed_6a.branch3x3dbl_3.conv", 6.266_159e-5, 0.002_535_551),
        ("Mixed_6b.branch7x7_2.bn", -0.005_946_312, 0.102_424_699),
        ("Mixed_6e.branch7x7dbl_5.bn", -0.003_937_214, 0.109_218_341),
        ("Mixed_7a.branch7x7x3_3.conv", 1.447_854e-5, 0.003_142_232),
        ("Mixed_7c.branch3x3dbl_3b.bn", 0.004_655_907, 0.081_441_164),
        ("avgpool", 0.047_924_543, 0.085_494_079),
    ];
    let logits = [0.289_399_6, 0.222_018_1, -0.520_090_1, 0.689_565_1, -0.576_095];
    check("inception-v3", 139, logits, layers);
}

#[test]
fn inception_v4_equals_timms() {
    let layers: &[Moments] = &[
        ("features.0.conv", -1.229_468e-4, 0.987_446_469),
        ("features.3.maxpool", 0.054_668_093, 0.066_369_251),
        ("features.4.branch1.2.bn.act", 0.087_086_976, 0.110_388_214),
        ("features.5.maxpool", 0.079_149_472, 0.108_953_564),
        ("features.6.branch3.1.bn", -0.007_135_739, 0.700_527_358),
        ("features.10.branch2", 0.047_921_677, 0.060_595_105),
        ("features.11.branch2.4.conv", -1.861_21e-5, 0.007_119_473),
        ("features.17.branch1.2.bn.act", 0.049_526_694, 0.061_378_497),
        ("features.18.branch1.3.conv", -6.524_705e-4, 0.183_249_409),
        ("features.21.branch2_3b.conv", -1.095_861e-4, 0.049_880_75),
        ("features.21.branch3.0", 0.114_153_298, 0.203_152_782),
        ("features.21.branch3.1.bn.act", 0.380_051_286, 0.467_840_256),
        ("global_pool", 0.154_529_503, 0.315_381_061),
    ];
    let logits = [-0.974_251_6, 0.985_303_4, -0.745_566, 0.545_499_9, -0.246_854_6];
    check("inception-v4", 139, logits, layers);
}

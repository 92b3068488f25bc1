//! Published counts, names and sizes.

use std::collections::HashSet;

use super::*;
use crate::network::{Network, Shape};

fn network(name: &str, input: [usize; 3], classes: usize) -> Network {
    build(name, input, classes).unwrap()
}

/// (trainable, non-trainable)
fn counts(name: &str, input: [usize; 3], classes: usize) -> (u64, u64) {
    let summary = network(name, input, classes).summary().unwrap();
    (summary.trainable, summary.non_trainable)
}

#[test]
fn counts_are_the_published_ones() {
    // LeCun et al. 1998 with full C3 and a dense output.
    assert_eq!(counts("lenet5", [1, 32, 32], 10), (61_706, 0));
    // torchvision 0.2x, `sum(p.numel() for p in model.parameters())`, 1000 classes.
    let imagenet = [3, 224, 224];
    assert_eq!(counts("resnet18", imagenet, 1000).0, 11_689_512);
    assert_eq!(counts("resnet34", imagenet, 1000).0, 21_797_672);
    assert_eq!(counts("resnet50", imagenet, 1000).0, 25_557_032);
    assert_eq!(counts("resnet101", imagenet, 1000).0, 44_549_160);
    assert_eq!(counts("resnet152", imagenet, 1000).0, 60_192_808);
    assert_eq!(counts("googlenet", imagenet, 1000).0, 6_624_904);
    assert_eq!(counts("googlenet-aux", imagenet, 1000).0, 13_004_888);
    assert_eq!(counts("inception-v3", [3, 299, 299], 1000).0, 23_834_568);
    assert_eq!(counts("inception-v3", [3, 139, 139], 5), (21_795_813, 34_432));
    assert_eq!(counts("alexnet", imagenet, 1000).0, 61_100_840);
    assert_eq!(counts("vgg11", imagenet, 1000).0, 132_863_336);
    assert_eq!(counts("vgg13", imagenet, 1000).0, 133_047_848);
    assert_eq!(counts("vgg16", imagenet, 1000).0, 138_357_544);
    assert_eq!(counts("vgg19", imagenet, 1000).0, 143_667_240);
    assert_eq!(counts("vgg11-bn", imagenet, 1000).0, 132_868_840);
    assert_eq!(counts("vgg13-bn", imagenet, 1000).0, 133_053_736);
    assert_eq!(counts("vgg16-bn", imagenet, 1000).0, 138_365_992);
    assert_eq!(counts("vgg19-bn", imagenet, 1000).0, 143_678_248);
    // The same with five classes, moving statistics included.
    assert_eq!(counts("resnet18", [3, 64, 64], 5), (11_179_077, 9_600));
    assert_eq!(counts("resnet34", [3, 64, 64], 5), (21_287_237, 17_024));
    assert_eq!(counts("resnet50", [3, 64, 64], 5), (23_518_277, 53_120));
    assert_eq!(counts("resnet101", [3, 64, 64], 5), (42_510_405, 105_344));
    assert_eq!(counts("resnet152", [3, 64, 64], 5), (58_154_053, 151_424));
    assert_eq!(counts("googlenet", [3, 96, 96], 5), (5_605_029, 14_560));
    // Keras' applications with two classes: 23,591,810 in all.
    assert_eq!(counts("resnet50-keras", [3, 224, 224], 2), (23_538_690, 53_120));
    // Dai & Tong 2018: 55,725,637 in all for k = 2.
    assert_eq!(counts("resnet26", [3, 64, 64], 5), (55_679_429, 46_208));
    assert_eq!(counts("resnet26-k1", [3, 64, 64], 5), (13_957_829, 23_168));
}

#[test]
fn counts_of_the_other_networks_of_imagenet() {
    let at = |name: &str, side: usize| counts(name, [3, side, side], 1000).0;
    // Krizhevsky et al. 2012, in two groups and in one.
    assert_eq!(at("alexnet-2012", 227), 60_965_224);
    assert_eq!(at("alexnet-2012-ungrouped", 227), 62_378_344);
    // Sermanet et al. 2014: 145 and 144 million.
    assert_eq!(at("overfeat-fast", 231), 145_920_872);
    assert_eq!(at("overfeat-accurate", 221), 144_656_488);
    // Szegedy et al. 2015 and the same with batch normalisation, by sums over table 1.
    assert_eq!(at("googlenet-original", 224), 6_998_552);
    assert_eq!(at("googlenet-original-aux", 224), 13_378_280);
    assert_eq!(at("googlenet-5x5", 224), 7_005_832);
    assert_eq!(at("googlenet-5x5-aux", 224), 13_385_816);
    // torchvision with auxiliary logits, timm 1.0.
    assert_eq!(at("inception-v3-aux", 299), 27_161_264);
    assert_eq!(counts("inception-v4", [3, 299, 299], 1000), (42_679_816, 63_168));
    // Two projections fewer a stage than torchvision's ResNets: 11,689,512 − 174,976 and as many
    // fewer for 34, since the shortcuts of the first units are the same.
    let projections: u64 =
        [(64, 128), (128, 256), (256, 512)].iter().map(|&(a, b): &(u64, u64)| a * b + 2 * b).sum();
    assert_eq!(at("plain18", 224), 11_689_512 - projections);
    assert_eq!(at("plain34", 224), 21_797_672 - projections);
}

#[test]
fn lenet5_of_1998_has_60000_weights() {
    let network = network("lenet5-original", [1, 32, 32], 10);
    let summary = network.summary().unwrap();
    assert_eq!((summary.trainable, summary.non_trainable), (60_000, 840));
    let layer = |name: &str| {
        let layer = summary.layers.iter().find(|layer| layer.name == name).unwrap();
        layer.trainable
    };
    // Section II.B of the paper.
    let published =
        [("c1", 156), ("s2", 12), ("c3", 1516), ("s4", 32), ("c5", 48_120), ("f6", 10_164)];
    for (name, count) in published {
        assert_eq!(layer(name), count, "{name}");
    }
}

#[test]
fn alexnet_has_its_659272_neurons() {
    let summary = network("alexnet-2012", [3, 227, 227], 1000).summary().unwrap();
    let learns = |layer: &&crate::network::LayerSummary| layer.trainable > 0;
    let neurons: usize = summary.layers.iter().filter(learns).map(|l| l.shape.count()).sum();
    assert_eq!(neurons, 659_272);
}

#[test]
fn counts_of_the_networks_for_lenses() {
    let lens = [1, 192, 192];
    // Hezaveh et al. 2017, by sums over the tables of the paper and its published code.
    assert_eq!(counts("hezaveh", lens, 5), (77_555_237, 0));
    assert_eq!(counts("hezaveh-alexnet", lens, 5), (36_774_725, 0));
    assert_eq!(counts("hezaveh-overfeat", lens, 5), (40_949_355, 0));
    assert_eq!(counts("hezaveh-inception-v4", lens, 5), (41_118_917, 63_168));
    assert_eq!(counts("hezaveh-small", lens, 5), (61_517, 0));
    // Lanusse et al. 2018 with one band and four; Schaefer et al. 2018 "about 5,674,000".
    assert_eq!(counts("deeplens", [1, 101, 101], 1), (3_508_545, 10_944));
    assert_eq!(counts("deeplens", [4, 101, 101], 1), (3_513_249, 10_944));
    assert_eq!(counts("lastro", [1, 101, 101], 1).0, 5_673_921);
    assert_eq!(counts("lastro", [4, 101, 101], 1).0, 5_674_689);
}

#[test]
fn counts_of_the_small_networks_are_sums_by_hand() {
    // Kernels 9·(3·32 + 32·64 + 64·128 + 128·256), two per map of batch norm, dense 256·5 + 5.
    let kernels = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 256);
    let maps = 32 + 64 + 128 + 256;
    let expected = (kernels + 2 * maps + 256 * 5 + 5, 2 * maps);
    assert_eq!(counts("simple-cnn", [3, 64, 64], 5), expected);
    // ResNet-20 with projections and ten classes: 272,474, as widely reported for option B.
    assert_eq!(counts("resnet20", [3, 32, 32], 10).0, 272_474);
}

#[test]
fn multiply_adds_are_those_of_torchvision() {
    // torchvision's documentation, "GFLOPS" of its models at 224×224 (products): 1.81 and 4.09.
    let giga = |name: &str| {
        network(name, [3, 224, 224], 1000).summary().unwrap().multiply_adds as f64 / 1e9
    };
    assert!((giga("resnet18") - 1.81).abs() < 0.01, "{}", giga("resnet18"));
    assert!((giga("resnet50") - 4.09).abs() < 0.01, "{}", giga("resnet50"));
    assert!((giga("googlenet") - 1.50).abs() < 0.01, "{}", giga("googlenet"));
}

#[test]
fn receptive_fields_are_those_of_the_literature() {
    let summary = network("resnet18", [3, 224, 224], 1000).summary().unwrap();
    let layer = |name: &str| summary.layers.iter().find(|layer| layer.name == name).unwrap();
    // Araujo et al. (2019), Distill 4, 11: ResNet conv1 7, maxpool 11, stage 1 of ResNet-18 43.
    assert_eq!(layer("conv1").receptive_field, [7, 7]);
    assert_eq!(layer("maxpool").receptive_field, [11, 11]);
    assert_eq!(layer("layer1.1.conv2").receptive_field, [43, 43]);
    assert_eq!(layer("layer4.1.conv2").receptive_field, [435, 435]);
    assert_eq!(layer("layer4.1.conv2").stride, [32, 32]);
    assert_eq!(layer("layer4.1.conv2").shape, Shape::Map([512, 7, 7]));
}

#[test]
fn names_are_unique_and_described() {
    let names: HashSet<&str> = all().iter().map(|architecture| architecture.name).collect();
    assert_eq!(names.len(), all().len());
    for architecture in all() {
        assert!(!architecture.text.is_empty() && !architecture.reference.is_empty());
        assert!(!architecture.text.contains("  "), "{}", architecture.name);
        let built = architecture.build(architecture.default_input, architecture.default_classes);
        assert_eq!(built.unwrap().name, architecture.name);
    }
}

#[test]
fn an_unknown_name_lists_the_known() {
    let message = build("resnet19", [3, 64, 64], 5).unwrap_err().to_string();
    assert!(message.contains("resnet19") && message.contains("resnet18, "), "{message}");
    assert_eq!(find("SIMPLE_CNN").unwrap().name, "simple-cnn");
}

#[test]
fn too_small_images_are_refused_by_layer_and_size() {
    // torchvision's weights metadata give `min_size` (15, 15) for GoogLeNet.
    assert_eq!(network("googlenet", [3, 64, 64], 5).minimum_input(), Some(15));
    let message = build("googlenet", [3, 8, 8], 5).unwrap_err().to_string();
    assert_eq!(
        message,
        "an image of 8×8 pixels does not fit googlenet: layer `maxpool3` receives 1×1; \
         the smallest square image that fits is 15×15 pixels"
    );
    // torchvision's weights metadata give (75, 75) for Inception-v3.
    assert_eq!(network("inception-v3", [3, 299, 299], 5).minimum_input(), Some(75));
    // conv 5, pool 2, conv 5, pool 2 leave one pixel of 16.
    assert_eq!(network("lenet5", [1, 32, 32], 10).minimum_input(), Some(16));
    assert!(build("lenet5", [1, 15, 40], 10).is_err());
    assert!(build("lenet5", [1, 16, 40], 10).is_ok());
    assert_eq!(network("resnet18", [3, 64, 64], 5).minimum_input(), Some(1));
    assert_eq!(network("simple-cnn", [3, 64, 64], 5).minimum_input(), Some(16));
}

#[test]
fn any_number_of_bands_and_classes() {
    for architecture in all() {
        for bands in [1, 4, 7] {
            let side = architecture.default_input[1].max(79);
            let network = architecture.build([bands, side, side + 4], 2).unwrap();
            assert_eq!(network.shapes().unwrap()[network.output], Shape::Vector([2]));
        }
    }
    assert!(build("lenet5", [0, 32, 32], 10).is_err());
    assert!(build("lenet5", [1, 32, 32], 0).is_err());
}

#[test]
fn tensor_names_are_torchvisions() {
    let names = |name: &str| -> HashSet<String> {
        let tensors = network(name, [3, 64, 64], 5).tensors().unwrap();
        tensors.into_iter().map(|tensor| tensor.name).collect()
    };
    let resnet = names("resnet18");
    assert_eq!(resnet.len(), 102); // 20 kernels, 20 batch norms of four, dense of two
    for name in
        ["bn1.running_var", "layer2.0.downsample.1.bias", "layer4.1.conv2.weight", "fc.bias"]
    {
        assert!(resnet.contains(name), "{name}");
    }
    let googlenet = names("googlenet-aux");
    for name in [
        "conv1.conv.weight",
        "inception3a.branch1.bn.weight",
        "inception4c.branch2.1.conv.weight",
        "inception5b.branch4.1.bn.running_mean",
        "aux1.conv.conv.weight",
        "aux2.fc1.weight",
    ] {
        assert!(googlenet.contains(name), "{name}");
    }
}

#[test]
fn inception_blocks_have_four_branches() {
    let network = network("googlenet", [3, 64, 64], 5);
    let blocks: Vec<_> =
        network.blocks().into_iter().filter(|block| block.name.starts_with("incep")).collect();
    assert_eq!(blocks.len(), 9);
    for block in &blocks {
        let names: Vec<&str> = block.branches.iter().map(|branch| branch.name.as_str()).collect();
        assert_eq!(names, ["branch1", "branch2", "branch3", "branch4"]);
    }
    let last = *blocks[0].branches[1].nodes.last().unwrap();
    assert_eq!(network.nodes[last].name, "inception3a.branch2.1.relu");
}

#[test]
fn a_network_survives_json() {
    let network = network("googlenet-aux", [3, 64, 64], 5);
    let text = serde_json::to_string(&network).unwrap();
    assert_eq!(serde_json::from_str::<Network>(&text).unwrap(), network);
}

//! Files that give a network, and files that say what is wrong with them.

use super::*;
use crate::architectures;
use crate::network::{Activation, Layer, Padding, Shape};

fn of(text: &str) -> Result<Network, NetworkError> {
    parse(Path::new("mine.toml"), text, None)
}

fn reason(text: &str) -> String {
    of(text).unwrap_err().to_string()
}

/// A file with these layers before a flatten and a dense layer.
fn with(layers: &str) -> String {
    format!(
        "name = \"mine\"\ninput = [2, 16, 16]\nclasses = 3\n{layers}\n\
         [[layer]]\nkind = \"flatten\"\n[[layer]]\nkind = \"linear\"\nout = \"classes\"\n"
    )
}

#[test]
fn every_architecture_survives_its_file() {
    for architecture in architectures::all() {
        let (input, classes) = (architecture.default_input, architecture.default_classes);
        let network = architecture.build(input, classes).unwrap();
        let text = write(&network);
        assert_eq!(of(&text).unwrap(), network, "{}", architecture.name);
    }
}

#[test]
fn a_saved_network_takes_another_size_and_other_classes() {
    let text = write(&architectures::build("googlenet-aux", [3, 224, 224], 1000).unwrap());
    let other = parse(Path::new("g.toml"), &text, Some(([1, 64, 64], 4))).unwrap();
    assert_eq!(other, architectures::build("googlenet-aux", [1, 64, 64], 4).unwrap());
}

#[test]
fn the_examples_are_networks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/architectures");
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = about(&path).unwrap();
        assert!(!about.text.is_empty(), "{}", path.display());
        let network = read(&path, about.input, about.classes).unwrap();
        assert!(network.summary().unwrap().trainable > 1000);
        // And of another size, with one band and two classes.
        read(&path, [1, about.input[1] + 5, about.input[2] + 3], 2).unwrap();
        found += 1;
    }
    assert_eq!(found, 3);
}

#[test]
fn blocks_repeat_with_their_parameters() {
    let network = of(&with(
        "[block.unit]\nparameters = { width = 4, stride = 1 }\n\
         [[block.unit.layer]]\nname = \"conv\"\nkind = \"conv2d\"\nout = \"2 * width + index\"\n\
         kernel = [3, 1]\nstride = \"stride\"\npadding = \"same\"\n\
         [[block.unit.layer]]\nkind = \"leaky-relu\"\nslope = 0.2\n\
         [[layer]]\nblock = \"unit\"\nname = \"stage\"\nrepeat = 2\nwidth = 8\nfirst = { stride = 2 }",
    ))
    .unwrap();
    let shapes = network.shapes().unwrap();
    let shape = |name: &str| shapes[network.find(name).unwrap()];
    assert_eq!(shape("stage.0.conv"), Shape::Map([16, 8, 8]));
    assert_eq!(shape("stage.1.conv"), Shape::Map([17, 8, 8]));
    assert_eq!(network.nodes[network.find("stage.1.leaky-relu2").unwrap()].block, "stage.1");
    assert_eq!(network.nodes[2].layer, Layer::Activation { function: Activation::LeakyRelu(0.2) });
}

#[test]
fn blocks_stand_within_blocks_and_see_their_own_names() {
    let network = of(&with(
        "[block.inner]\nlayer = [{ name = \"conv\", kind = \"conv2d\", out = 2, kernel = 1 },\n\
         { name = \"sum\", kind = \"add\", from = [\"conv\", \"input\"] }]\n\
         [block.outer]\nlayer = [{ block = \"inner\", name = \"a\" },\n\
         { block = \"inner\", name = \"b\", from = \"input\" },\n\
         { name = \"join\", kind = \"concat\", from = [\"a\", \"b\"] }]\n\
         [[layer]]\nblock = \"outer\"\nname = \"one\"",
    ))
    .unwrap();
    let join = &network.nodes[network.find("one.join").unwrap()];
    let sources: Vec<&str> = join.inputs.iter().map(|&id| &*network.nodes[id].name).collect();
    assert_eq!(sources, ["one.a.sum", "one.b.sum"]);
}

#[test]
fn separable_convolutions_are_two() {
    let text = "[[layer]]\nname = \"sep\"\nkind = \"separable-conv2d\"\nout = 8\nkernel = 3\n\
                padding = 1";
    let network = of(&with(text)).unwrap();
    let summary = network.summary().unwrap();
    let count =
        |name: &str| summary.layers.iter().find(|layer| layer.name == name).unwrap().trainable;
    assert_eq!((count("sep.depthwise"), count("sep.pointwise")), (2 * 9, 2 * 8 + 8));
}

#[test]
fn paddings_have_their_forms() {
    let padding = |text: &str| {
        let layer = format!("[[layer]]\nkind = \"conv2d\"\nout = 1\nkernel = 3\npadding = {text}");
        match of(&with(&layer)).unwrap().nodes[1].layer {
            Layer::Conv2d { padding, .. } => padding,
            _ => panic!("the first layer is a convolution"),
        }
    };
    assert_eq!(padding("1"), Padding::all(1));
    assert_eq!(padding("[1, 2]"), Padding::Explicit([1, 2, 1, 2]));
    assert_eq!(padding("[1, 2, 3, 4]"), Padding::Explicit([1, 2, 3, 4]));
    assert_eq!(padding("\"same\""), Padding::Same);
}

#[test]
fn mistakes_name_line_layer_and_shapes() {
    let text = with(
        "[[layer]]\nname = \"conv1\"\nkind = \"conv2d\"\nout = 4\nkernel = 3\n\
         [[layer]]\nname = \"sum\"\nkind = \"add\"\nfrom = [\"conv1\", \"input\"]",
    );
    assert_eq!(
        reason(&text),
        "mine.toml, line 9: layer `sum` of mine: cannot add 4×14×14 and 2×16×16"
    );
    let layer = |text: &str| reason(&with(&format!("[[layer]]\nname = \"x\"\n{text}")));
    let said = layer("kind = \"conv3d\"");
    assert!(said.starts_with("mine.toml, line 4: layer `x`: there is no kind `conv3d`"), "{said}");
    assert!(said.contains("conv2d") && said.contains("prelu"), "{said}");
    assert!(layer("kind = \"conv2d\"\nkernel = 3").contains("`out` is missing"));
    assert!(layer("kind = \"relu\"\nslope = 1").contains("there is no `slope` here"));
    assert!(layer("kind = \"conv2d\"\nout = \"wide\"\nkernel = 3").contains("`wide`"));
    assert!(layer("kind = \"conv2d\"\nout = -1\nkernel = 3").contains("below zero"));
    assert!(layer("kind = \"relu\"\nfrom = \"later\"").contains("no layer `later` before it"));
    assert!(layer("block = \"absent\"").contains("there is no block `absent`"));
    assert!(layer("out = 3").contains("needs a `kind`"));
    let said = layer("kind = \"max-pool\"\nkernel = 99");
    assert!(said.contains("line 4") && said.contains("16×16") && said.contains("`x`"), "{said}");
}

#[test]
fn broken_files_are_refused() {
    assert!(reason("name = ").contains("line 1"));
    assert!(reason("layer = []").contains("name"));
    assert!(reason("name = \"a\"\nlayer = []\nlayers = 2").contains("layers"));
    assert!(reason("name = \"a\"\nlayer = [{ kind = \"linear\", out = 5 }]").contains("flatten"));
    let endless = "name = \"a\"\n[block.a]\nlayer = [{ block = \"a\" }]\n[[layer]]\nblock = \"a\"";
    assert!(reason(endless).contains("without an end"));
    let wide = with(
        "[block.a]\nlayer = [{ kind = \"relu\" }, { kind = \"relu\" }]\n\
         [[layer]]\nblock = \"a\"\nrepeat = 1000000000",
    );
    assert!(reason(&wide).contains("more than 5000 layers"));
    let empty = with("[block.a]\nlayer = []\n[[layer]]\nblock = \"a\"\nrepeat = 1000000000");
    assert!(reason(&empty).contains("more than 5000 blocks"));
    assert!(read(Path::new("absent.toml"), [3, 64, 64], 5).is_err());
    assert!(!is_network("epochs = 3\n[run]") && is_network("layer = ["));
    assert!(is_network("name = 3\n  [[layer]]") && is_network("[block.a]"));
    assert!(is_file("my/net.TOML") && !is_file("resnet18"));
}

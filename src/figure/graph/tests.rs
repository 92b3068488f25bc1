//! Invariants of the pictures of all networks, folded, unfolded, compact and layer by layer.

use std::collections::BTreeSet;

use super::*;
use crate::architectures;

/// Every way of drawing a network.
fn all_options(network: &Network) -> Vec<PictureOptions> {
    let names = foldable(network);
    let some: BTreeSet<String> = names.iter().step_by(3).cloned().collect();
    let foldings = [BTreeSet::new(), names.into_iter().collect(), folded_at_first(network), some];
    let mut all = Vec::new();
    for folded in foldings {
        for detail in [Detail::Compact, Detail::Layers] {
            for flow in [Flow::Columns, Flow::TallColumns, Flow::Down] {
                all.push(PictureOptions { folded: folded.clone(), detail, flow });
            }
        }
    }
    all
}

/// Calls `check` with every picture of every network.
fn each_picture(check: impl Fn(&str, &Network, &Summary, &Picture)) {
    for architecture in architectures::all() {
        let input = architecture.default_input;
        let network = architecture.build(input, architecture.default_classes).unwrap();
        let summary = network.summary().unwrap();
        for options in all_options(&network) {
            let picture = Picture::of(&network, &summary, &options);
            let what = format!(
                "{}, {} folded, {:?}, {:?}",
                architecture.name,
                options.folded.len(),
                options.detail,
                options.flow
            );
            check(&what, &network, &summary, &picture);
        }
    }
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

#[test]
fn every_node_stands_in_one_box() {
    each_picture(|what, network, _, picture| {
        let mut nodes: Vec<usize> = picture.boxes.iter().flat_map(|b| b.nodes.clone()).collect();
        nodes.sort_unstable();
        assert_eq!(nodes, (0..network.nodes.len()).collect::<Vec<_>>(), "{what}");
    });
}

#[test]
fn boxes_keep_apart_and_inside() {
    each_picture(|what, _, _, picture| {
        let [width, height] = picture.size;
        for (index, shown) in picture.boxes.iter().enumerate() {
            let Rect { x, y, width: w, height: h } = shown.rect;
            assert!(x >= 0.0 && y >= 0.0 && x + w <= width && y + h <= height, "{what}: {shown:?}");
            let other = picture.boxes[index + 1..].iter().find(|b| overlap(b.rect, shown.rect));
            assert!(other.is_none(), "{what}: {} over {other:?}", shown.title);
        }
    });
}

#[test]
fn frames_hold_their_boxes_and_no_others() {
    each_picture(|what, network, _, picture| {
        for frame in &picture.frames {
            let within = |node: usize| {
                let scope = &network.nodes[node].block;
                scope == &frame.block || scope.starts_with(&format!("{}.", frame.block))
            };
            for shown in &picture.boxes {
                let inside = within(shown.nodes[0]);
                assert_eq!(overlap(shown.rect, frame.rect), inside, "{what}: {shown:?} {frame:?}");
            }
        }
    });
}

#[test]
fn edges_go_from_border_to_border_and_round_other_boxes() {
    each_picture(|what, _, _, picture| {
        for edge in &picture.edges {
            let (from, to) = (picture.boxes[edge.from].rect, picture.boxes[edge.to].rect);
            let (first, last) = (edge.path[0], edge.path[edge.path.len() - 1]);
            assert!((first[1] - from.y - from.height).abs() < 1e-6, "{what}: {edge:?} {from:?}");
            assert!((last[1] - to.y).abs() < 1e-6, "{what}: {edge:?} {to:?}");
            for (end, rect) in [(first, from), (last, to)] {
                let across = rect.x..=rect.x + rect.width;
                assert!(across.contains(&end[0]), "{what}: {edge:?}");
            }
            for (index, shown) in picture.boxes.iter().enumerate() {
                let Rect { x, y, width, height } = shown.rect;
                let inside = |[u, v]: [f64; 2]| {
                    u > x + 0.5 && u < x + width - 0.5 && v > y + 0.5 && v < y + height - 0.5
                };
                let steps = edge.path.windows(2).flat_map(|pair| {
                    (0..=20).map(move |step| {
                        let t = f64::from(step) / 20.0;
                        [0, 1].map(|axis| pair[0][axis] * (1.0 - t) + pair[1][axis] * t)
                    })
                });
                let hit = steps.into_iter().find(|&point| inside(point));
                assert!(hit.is_none(), "{what}: edge {edge:?} through box {index} {}", shown.title);
            }
        }
    });
}

#[test]
fn edges_are_those_of_the_network_with_its_shapes() {
    each_picture(|what, network, summary, picture| {
        let mut expected = BTreeSet::new();
        for (node, layer) in network.nodes.iter().enumerate() {
            for &input in &layer.inputs {
                let ends = (picture.box_of(input).unwrap(), picture.box_of(node).unwrap());
                if ends.0 != ends.1 {
                    expected.insert((ends.0, ends.1, summary.layers[input].shape.to_string()));
                }
            }
        }
        let edges = picture.edges.iter().map(|e| (e.from, e.to, e.label.clone()));
        assert_eq!(edges.collect::<BTreeSet<_>>(), expected, "{what}");
        // Each value is labelled once, below the box that gives it.
        for edge in &picture.edges {
            let same =
                picture.edges.iter().filter(|e| e.from == edge.from && e.label == edge.label);
            assert!(same.filter(|e| e.label_at.is_some()).count() >= 1, "{what}: {edge:?}");
        }
    });
}

#[test]
fn documents_are_well_formed_and_name_the_layers() {
    for name in ["googlenet-aux", "resnet18", "vgg16"] {
        let network = architectures::build(name, [3, 64, 64], 5).unwrap();
        let summary = network.summary().unwrap();
        let picture = Picture::of(&network, &summary, &PictureOptions::default());
        for theme in [Theme::Light, Theme::Dark] {
            let figure =
                PictureFigure { picture: picture.clone(), summary: summary.clone(), theme };
            let svg = figure.to_svg();
            png::parse(&svg).unwrap();
            assert!(svg.contains(name) && svg.contains("conv 3×3"), "{name}");
            for frame in &picture.frames {
                assert!(svg.contains(&frame.title), "{name}: {}", frame.title);
            }
            assert!(figure.to_csv().lines().count() == network.nodes.len() + 1);
        }
    }
}

/// The main way of a residual block is one line; its shortcut goes round on the right.
#[test]
fn shortcuts_go_round_at_the_side() {
    let network = architectures::build("resnet18", [3, 64, 64], 5).unwrap();
    let summary = network.summary().unwrap();
    let picture = Picture::of(&network, &summary, &PictureOptions::default());
    let middle = |name: &str| {
        let shown = &picture.boxes[picture.box_of(network.find(name).unwrap()).unwrap()];
        shown.rect.x + shown.rect.width / 2.0
    };
    let main = ["layer1.0.conv1", "layer1.0.conv2", "layer1.0.add"].map(middle);
    assert!(main.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-6), "{main:?}");
    assert!(middle("layer2.0.downsample.0") > middle("layer2.0.conv2") + 50.0);
    let (from, to) = ("maxpool", "layer1.0.add");
    let ends = [from, to].map(|name| picture.box_of(network.find(name).unwrap()).unwrap());
    let edge = picture.edges.iter().find(|e| [e.from, e.to] == ends).unwrap();
    let rightmost = edge.path.iter().map(|point| point[0]).fold(0.0, f64::max);
    assert!(rightmost > main[0] + 60.0, "{rightmost}");
}

/// Four branches stand side by side around the middle of what joins them.
#[test]
fn branches_stand_side_by_side() {
    let network = architectures::build("googlenet", [3, 64, 64], 5).unwrap();
    let summary = network.summary().unwrap();
    let picture = Picture::of(&network, &summary, &PictureOptions::default());
    let rect =
        |name: &str| picture.boxes[picture.box_of(network.find(name).unwrap()).unwrap()].rect;
    let heads = ["branch1.conv", "branch2.0.conv", "branch3.0.conv", "branch4.0"];
    let heads = heads.map(|name| rect(&format!("inception3a.{name}")));
    assert!(heads.windows(2).all(|pair| pair[0].x + pair[0].width < pair[1].x));
    assert!(heads.windows(2).all(|pair| (pair[0].y - pair[1].y).abs() < 1e-6));
    let concat = rect("inception3a.concat");
    let middle = concat.x + concat.width / 2.0;
    let ends = f64::midpoint(heads[0].x, heads[3].x + heads[3].width);
    assert!((middle - ends).abs() < 40.0, "{middle} of {ends}");
}

/// Layers that change values one by one stand in the box before them.
#[test]
fn the_compact_picture_is_that_of_the_papers() {
    let network = architectures::build("resnet18", [3, 64, 64], 5).unwrap();
    let summary = network.summary().unwrap();
    let picture = Picture::of(&network, &summary, &PictureOptions::default());
    let titles: Vec<&str> = picture.boxes.iter().take(5).map(|b| b.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "input",
            "conv 7×7 / 2, BN, ReLU",
            "max pool 3×3 / 2",
            "conv 3×3, BN, ReLU",
            "conv 3×3, BN"
        ]
    );
    assert_eq!(picture.boxes[5].title, "add, ReLU");
    assert_eq!(picture.boxes[3].subtitle, "conv1");
}

/// ResNet-152 begins with its blocks folded; its stages are containers that fold too.
#[test]
fn large_networks_begin_folded() {
    let network = architectures::build("resnet152", [3, 224, 224], 1000).unwrap();
    let names = foldable(&network);
    assert_eq!(names.len(), 50 + 4);
    assert!(names.contains(&"layer3".to_owned()) && names.contains(&"layer3.35".to_owned()));
    let folded = folded_at_first(&network);
    assert!(folded.contains("layer3"), "fifty blocks are too many for a first look");
    let small = architectures::build("lenet5", [1, 32, 32], 10).unwrap();
    assert!(folded_at_first(&small).is_empty() && foldable(&small).is_empty());
}

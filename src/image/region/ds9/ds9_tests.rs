//! Region files as DS9 writes them, and there and back.

use std::f64::consts::PI;

use proptest::prelude::*;

use super::super::{Colour, Shape};
use super::*;
use crate::image::sky::{Wcs, separation};

/// North up, east left, 0.36 arcsec per pixel, turned by `turn` degrees.
fn wcs(turn: f64, mirrored: bool) -> Wcs {
    let cards = [
        ("CTYPE1", "RA---TAN".to_string()),
        ("CTYPE2", "DEC--TAN".into()),
        ("CRVAL1", "187.5".into()),
        ("CRVAL2", "12.5".into()),
        ("CRPIX1", "101".into()),
        ("CRPIX2", "201".into()),
        ("CDELT1", if mirrored { "1e-4" } else { "-1e-4" }.into()),
        ("CDELT2", "1e-4".into()),
        ("CROTA2", turn.to_string()),
    ];
    Wcs::of(&cards.map(|(k, v)| (k.to_string(), v))).unwrap()
}

fn image(text: &str) -> ReadRegions {
    read(text, None, Physical::default())
}

fn close(a: &Shape, b: &Shape, room: f64) -> bool {
    let numbers = |shape: &Shape| -> Vec<f64> {
        match shape {
            Shape::Circle { centre, radius } => vec![centre[0], centre[1], *radius],
            Shape::Ellipse { centre, semi_axes: s, angle }
            | Shape::Box { centre, size: s, angle } => {
                vec![centre[0], centre[1], s[0], s[1], angle.sin(), angle.cos()]
            }
            other => other.corners().concat(),
        }
    };
    let (a, b, same) = (numbers(a), numbers(b), a.name() == b.name());
    same && a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < room)
}

#[test]
fn a_file_in_image_coordinates() {
    let text = "# Region file format: DS9 version 4.1\n\
        global color=green dashlist=8 3 width=1 font=\"helvetica 10 normal roman\" select=1 \
        highlite=1 dash=0 fixed=0 edit=1 move=1 delete=1 include=1 source=1\n\
        image\n\
        circle(101,51,20)\n\
        ellipse(101.5,51,20,10,30) # color=red width=2 text={spiral; barred}\n\
        -box(11,21,4,8,90) # color=#00f\n\
        polygon(1,1,5,1,5,6) # color=cyan tag={Group 1}\n\
        point(8,9) # point=x\n\
        # ruler(1,1,4,5) ruler=pixels color=yellow\n\
        line(1,1,4,5) # line=0 0\n\
        circle 3 4 5; box point 6 7 # color=white\n";
    let found = image(text);
    assert_eq!(found.warnings, []);
    let shapes: Vec<&Shape> = found.regions.iter().map(|region| &region.shape).collect();
    assert_eq!(shapes[0], &Shape::Circle { centre: [100.0, 50.0], radius: 20.0 });
    let ellipse =
        Shape::Ellipse { centre: [100.5, 50.0], semi_axes: [20.0, 10.0], angle: PI / 6.0 };
    assert!(close(shapes[1], &ellipse, 1e-12));
    assert_eq!(found.regions[1].text, "spiral; barred");
    assert_eq!(found.regions[1].colour, Colour([255, 0, 0]));
    assert!(found.regions[2].exclude && !found.regions[1].exclude);
    assert_eq!(found.regions[2].colour, Colour([0, 0, 255]));
    let corners = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 5.0]];
    assert_eq!(shapes[3], &Shape::Polygon { vertices: corners });
    assert_eq!(shapes[4], &Shape::Point { at: [7.0, 8.0] });
    let ruler = Shape::Ruler { ends: [[0.0, 0.0], [3.0, 4.0]] };
    assert_eq!((shapes[5], shapes[6]), (&ruler, &ruler));
    assert_eq!(found.regions[5].colour, Colour([255, 255, 0]));
    assert_eq!(shapes[7], &Shape::Circle { centre: [2.0, 3.0], radius: 5.0 });
    assert_eq!((shapes[8], found.regions.len()), (&Shape::Point { at: [5.0, 6.0] }, 9));
}

#[test]
fn positions_on_the_sky_in_every_form() {
    let wcs = wcs(0.0, false);
    let text = "fk5\n\
        circle(12:30:00.000,+12:30:00.00,3.6\")\n\
        circle(12h30m00s,12d30m00s,0.06')\n\
        circle(187.5,12.5,0.001)\n\
        circle(187.5d,12.5d,0.001d)\n\
        circle(187.5,12.5,10p)\n\
        circle(187.5,12.5,10i)\n\
        icrs;circle(187.5,12.5,3.6\")\n\
        j2000;circle(187.5,12.5,3.6\")\n\
        galactic;circle(282.9361300,74.5334274,3.6\")\n\
        physical;circle(101,201,10)\n";
    let found = read(text, Some(&wcs), Physical::default());
    assert_eq!(found.warnings, []);
    assert_eq!(found.regions.len(), 10);
    let expected = Shape::Circle { centre: [100.0, 200.0], radius: 10.0 };
    for (n, region) in found.regions.iter().enumerate() {
        // The galactic position is rounded to 10⁻⁷ degrees, a thousandth of a pixel.
        let room = if n == 8 { 3e-3 } else { 1e-6 };
        assert!(close(&region.shape, &expected, room), "{n}: {:?}", region.shape);
    }
}

/// In DS9 an ellipse at angle 0 lies along the parallel and turns from there towards north,
/// whichever way the image is turned.
#[test]
fn angles_on_the_sky_turn_with_the_image() {
    let text = "fk5\nellipse(187.5,12.5,10\",5\",30)";
    for (turn, mirrored, degrees) in [(0.0, false, 30.0), (20.0, false, 50.0), (0.0, true, 150.0)] {
        let found = read(text, Some(&wcs(turn, mirrored)), Physical::default());
        let Shape::Ellipse { angle, .. } = found.regions[0].shape else { panic!("{found:?}") };
        let expected = f64::to_radians(degrees);
        let same = (angle - expected).cos();
        assert!(same > 1.0 - 1e-9, "{turn} {mirrored}: {}", angle.to_degrees());
    }
}

#[test]
fn physical_coordinates_follow_the_header() {
    let cards = [("LTV1", "-100"), ("LTV2", "-200"), ("LTM1_1", "0.5"), ("LTM2_2", "0.5")];
    let header = cards.map(|(k, v)| (k.to_string(), v.to_string()));
    let physical = Physical::of(&header);
    let text = "physical\nbox(402,602,20,10,0)\nimage\nbox(101,101,20p,10,0)\n";
    let found = read(text, None, physical);
    let expected = Shape::Box { centre: [100.0, 100.0], size: [10.0, 5.0], angle: 0.0 };
    assert_eq!(found.regions[0].shape, expected);
    let expected = Shape::Box { centre: [100.0, 100.0], size: [10.0, 10.0], angle: 0.0 };
    assert_eq!(found.regions[1].shape, expected);
    assert_eq!(Physical::of(&[]), Physical::default());
    let zero = [("LTM1_1".to_string(), "0".to_string())];
    assert_eq!(Physical::of(&zero), Physical::default());
}

#[test]
fn what_is_not_understood_is_listed_by_line() {
    let text = "image\n\
        annulus(10,10,2,4)\n\
        circle(1,2)\n\
        circle(1,2,x)\n\
        circle(1,2,-3)\n\
        polygon(1,2,3,4)\n\
        # vector(100,100,60,45) vector=1\n\
        # a comment about circle(1,2,3)\n\
        fk5\n\
        circle(12:30:00,+12:30:00,3\")\n\
        detector\n\
        circle(1,2,3)\n\
        image\n\
        circle(1,2,3)\n\
        nonsense\n\
        ellipse(1,2,3,4,5,6,7)\n";
    let found = image(text);
    assert_eq!(found.regions.len(), 1);
    let lines: Vec<usize> = found.warnings.iter().map(|warning| warning.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 10, 11, 12, 15, 16]);
    assert!(found.warnings[0].to_string().contains("line 2: the shape \"annulus\""));
    assert!(found.warnings[6].reason.contains("no position on the sky"));
}

fn all_shapes() -> Vec<Region> {
    let shapes = [
        Shape::Circle { centre: [10.25, 20.5], radius: 3.0 },
        Shape::Ellipse { centre: [10.0, 20.0], semi_axes: [7.0, 3.5], angle: 0.5 },
        Shape::Box { centre: [150.0, 20.0], size: [7.0, 3.5], angle: 2.5 },
        Shape::Polygon { vertices: vec![[0.0, 0.0], [9.0, 1.0], [5.0, 8.0]] },
        Shape::Point { at: [33.0, 44.0] },
        Shape::Ruler { ends: [[1.0, 2.0], [30.0, 40.0]] },
    ];
    let mut regions: Vec<Region> = shapes.into_iter().map(Region::new).collect();
    regions[0].text = "a {b}; 'c'".into();
    regions[1].colour = Colour([1, 2, 3]);
    regions[1].text = "plain".into();
    regions[2].exclude = true;
    regions[5].text = "length; of arm".into();
    regions[5].colour = Colour([255, 0, 0]);
    regions
}

#[test]
fn regions_come_back_as_they_were() {
    let physical = Physical { scale: [0.5, 0.5], shift: [-3.0, 7.0] };
    for wcs in [wcs(0.0, false), wcs(77.0, true)] {
        for system in ["image", "physical", "fk5", "icrs", "galactic", "fk4", "ecliptic"] {
            for sexagesimal in [false, true] {
                let style = WriteStyle { system: System::parse(system).unwrap(), sexagesimal };
                let text = write(&all_shapes(), style, Some(&wcs), physical).unwrap();
                let found = read(&text, Some(&wcs), physical);
                assert_eq!(found.warnings, [], "{text}");
                assert_eq!(found.regions.len(), 6);
                for (back, region) in found.regions.iter().zip(all_shapes()) {
                    assert!(close(&back.shape, &region.shape, 1e-3), "{text}\n{back:?} {region:?}");
                    assert_eq!(
                        (&back.text, back.colour, back.exclude),
                        (&region.text, region.colour, region.exclude),
                        "{text}"
                    );
                }
            }
        }
    }
}

#[test]
fn without_a_position_the_sky_cannot_be_written() {
    let style = WriteStyle { system: System::FK5, sexagesimal: true };
    let reason = write(&all_shapes(), style, None, Physical::default()).unwrap_err();
    assert!(reason.contains("region 1") && reason.contains("no position"), "{reason}");
    assert!(separation((0.0, 0.0), (1.0, 0.0)) > 0.0);
}

proptest! {
    /// No text makes the reader panic, and what it gives makes sense.
    #[test]
    fn no_text_does_harm(text in "(?s).{0,200}") {
        let found = read(&text, Some(&wcs(10.0, false)), Physical::default());
        prop_assert!(found.regions.iter().all(|region| region.shape.is_sound()));
    }

    #[test]
    fn no_near_region_does_harm(
        lines in prop::collection::vec(
            "(image|fk5|galactic|-|\\+|# |circle|ellipse|box|polygon|point|ruler|line|text=|\\{|\\}|\"|'|;|\\(|\\)|,|[0-9]{1,3}(\\.[0-9])?|:|d|p|é| ){1,30}", 0..6
        ),
    ) {
        let found = read(&lines.join("\n"), Some(&wcs(10.0, false)), Physical::default());
        prop_assert!(found.regions.iter().all(|region| region.shape.is_sound()));
    }
}

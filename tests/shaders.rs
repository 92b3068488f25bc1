//! Each shader of `shaders/` parsed and validated by naga, and drawn once beside its twin on the
//! CPU. Where there is no graphics adapter the drawing is skipped, and says so; a software adapter
//! will do.

#[path = "shaders/canvas.rs"]
mod canvas;
#[path = "shaders/card.rs"]
mod card;
#[path = "shaders/convolution.rs"]
mod convolution;

use std::fs;
use std::path::Path;

use arclet::image::display::{
    COLOUR_MAPS, ColourMap, Curve, FirstRow, LUPTON_PRESETS, Limits, LinearRange, Look, Lupton,
    Measured, Mode, SHADER,
};
use wgpu::naga;

use canvas::{Canvas, HEIGHT, WIDTH};

/// What stands behind the display's shader here: a triangle over everything, texels one to one.
const STAGES: &str = "
@group(1) @binding(0) var red: texture_2d<f32>;
@group(1) @binding(1) var green: texture_2d<f32>;
@group(1) @binding(2) var blue: texture_2d<f32>;

@vertex
fn vertex(@builtin(vertex_index) n: u32) -> @builtin(position) vec4<f32> {
    let corner = vec2<f32>(f32(n & 1u), f32(n >> 1u));
    return vec4<f32>(corner * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let at = vec2<i32>(position.xy);
    return display_colour(vec3<f32>(
        textureLoad(red, at, 0).r,
        textureLoad(green, at, 0).r,
        textureLoad(blue, at, 0).r,
    ));
}
";

fn shader() -> String {
    format!("{SHADER}{STAGES}")
}

/// What stands in `shaders/`, each file after the display's, on which the others build.
fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut sources = vec![shader()];
    for entry in fs::read_dir(folder).expect("the folder of shaders") {
        let path = entry.expect("a file").path();
        let own = fs::read_to_string(&path).expect("a shader");
        let is_display = own == SHADER;
        sources.push(if is_display { own } else { format!("{SHADER}{own}") });
    }
    sources
}

#[test]
fn every_shader_is_valid() {
    for source in sources() {
        let module = naga::front::wgsl::parse_str(&source).expect("the shader parses");
        let flags = naga::valid::ValidationFlags::all();
        let capabilities = naga::valid::Capabilities::empty();
        let mut validator = naga::valid::Validator::new(flags, capabilities);
        validator.validate(&module).expect("the shader is valid");
    }
}

/// Three bands: a wave with noise, integers, and stars on a faint sky; each with blanks, infinities
/// and values far out.
fn bands() -> [Vec<f32>; 3] {
    let mut state = 12345_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let count = WIDTH * HEIGHT;
    let mut bands = [
        (0..count).map(|n| (n as f32 * 0.01).sin() + noise()).collect::<Vec<f32>>(),
        (0..count).map(|n| (n / 7 % 13) as f32).collect(),
        (0..count).map(|n| 1e-3 * noise() + if n % 97 == 0 { 5.0 } else { 0.0 }).collect(),
    ];
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, -f32::NAN];
    for (n, &value) in odd.iter().enumerate() {
        for (band, values) in bands.iter_mut().enumerate() {
            values[n] = value;
            values[20 + 10 * band + n] = value;
        }
    }
    bands
}

fn looks() -> Vec<Look> {
    let automatic = LUPTON_PRESETS[1].lupton;
    let fixed = Lupton { q: 30.0, stretch: LinearRange::Fixed { value: 0.3 }, ..automatic };
    let mut looks = Vec::new();
    for colour_map in [ColourMap::Viridis, ColourMap::He] {
        for mode in [Mode::OneBand, Mode::SimpleRgb, Mode::LuptonRgb] {
            for curve in Curve::ALL {
                let usual = Look { mode, curve, colour_map, ..Look::default() };
                looks.push(Look {
                    limits: [Limits::MinMax; 3],
                    contrast: 1.7,
                    bias: 0.4,
                    invert: true,
                    lupton: fixed,
                    ..usual.clone()
                });
                looks.push(Look { lupton: automatic, ..usual });
            }
        }
    }
    // The ends of what the curves' parameters may be.
    for curve in Curve::ALL {
        let (low, high) = curve.parameter_range().unwrap_or((1.0, 1.0));
        for a in [low, 1.0, 1.01, high] {
            looks.push(Look { curve: curve.with_parameter(a), ..Look::default() });
        }
    }
    looks.extend(COLOUR_MAPS.map(|colour_map| Look { colour_map, ..Look::default() }));
    looks
}

#[test]
fn the_shader_draws_what_its_twin_draws() {
    let Some(canvas) = Canvas::new(&shader()) else { return };
    let bands = bands();
    let planes = [&bands[0][..], &bands[1][..], &bands[2][..]];
    let drawing = canvas.with_bands(planes);
    let looks = looks();
    for look in &looks {
        let prepared = look.prepare(&Measured::of(look, &planes));
        let drawn = drawing.draw(&prepared);
        let expected = prepared.render(&planes, WIDTH, FirstRow::Top).pixels;
        for (n, (drawn, expected)) in drawn.chunks(3).zip(expected.chunks(3)).enumerate() {
            let close = drawn.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 1);
            let values = planes.map(|plane| plane[n]);
            assert!(close, "{look:?}\n{values:?}: shader {drawn:?}, twin {expected:?}");
        }
    }
    println!("{} looks of {} pixels on {}", looks.len(), WIDTH * HEIGHT, canvas.adapter);
}

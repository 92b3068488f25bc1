// From values to colours, as `Prepared::colour` (src/image/display/prepared.rs) does, formula for
// formula. To be followed by a vertex stage and a fragment stage that fetches the texels of up to
// three bands and returns `display_colour(values)`.
//
// Colours are as sent to the screen (sRGB-encoded): for a target in `Unorm`, not `UnormSrgb`.

struct Display {
    low: vec3<f32>,
    contrast: f32,
    factor: vec3<f32>,
    bias: f32,
    curve_factor: f32,
    curve_scale: f32,
    q: f32,
    slope: f32,
    blank: vec4<f32>,
    mode: u32,
    curve: u32,
    unused: vec2<u32>,
}

@group(0) @binding(0) var<uniform> display: Display;
// 256 × 1, Rgba8Unorm.
@group(0) @binding(1) var colour_table: texture_2d<f32>;
// 1024 × 3, R32Float: a rising row for each band.
@group(0) @binding(2) var equalisation_table: texture_2d<f32>;

const ONE_BAND = 0u;
const SIMPLE_RGB = 1u;

const LOG = 1u;
const POWER = 2u;
const POWER_LAW = 3u;
const SQRT = 4u;
const SQUARED = 5u;
const ASINH = 6u;
const SINH = 7u;
const EQUALISE = 8u;

const LARGEST = 1e18;
const EQUALISATION_STEPS = 1024;

// WGSL lets a compiler assume that there are no NaN; the bits tell the truth.
fn is_blank(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

// Infinities and huge values become ±1e18, by their bits too.
fn within(value: f32) -> f32 {
    let bits = bitcast<u32>(value);
    if (bits & 0x7fffffffu) >= 0x5d5e0b6bu {
        return select(LARGEST, -LARGEST, (bits >> 31u) == 1u);
    }
    return value;
}

// asinh(x) for x ≥ 0: a series where the logarithm would lose digits, no square where it would
// overflow.
fn asinh_of(x: f32) -> f32 {
    if x < 0.05 {
        let s = x * x;
        return x * (1.0 - s * (1.0 / 6.0 - s * 0.075));
    }
    if x > 1e4 {
        return log(x) + 0.6931472;
    }
    return log(x + sqrt(x * x + 1.0));
}

// log(1 + x) for x ≥ 0.
fn log_of_one_more(x: f32) -> f32 {
    if x < 0.05 {
        return x * (1.0 - x * (0.5 - x * (1.0 / 3.0 - x * 0.25)));
    }
    return log(1.0 + x);
}

// exp(x) − 1.
fn exp_less_one(x: f32) -> f32 {
    if abs(x) < 0.05 {
        return x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x / 24.0)));
    }
    return exp(x) - 1.0;
}

fn sinh_of(x: f32) -> f32 {
    if x < 0.05 {
        return x * (1.0 + x * x / 6.0);
    }
    return 0.5 * (exp(x) - exp(-x));
}

// The curve at x = 0–1.
fn curve(x: f32) -> f32 {
    let t = display.curve_factor * x;
    var y = x;
    switch display.curve {
        case LOG: { y = log_of_one_more(t) * display.curve_scale; }
        case POWER: { y = exp_less_one(t) * display.curve_scale; }
        case POWER_LAW: {
            // 0 has no logarithm.
            if x > 0.0 { y = exp2(display.curve_factor * log2(x)); }
        }
        case SQRT: { y = sqrt(x); }
        case SQUARED: { y = x * x; }
        case ASINH: { y = asinh_of(t) * display.curve_scale; }
        case SINH: { y = sinh_of(t) * display.curve_scale; }
        default: {}
    }
    return clamp(y, 0.0, 1.0);
}

fn equalisation_entry(band: i32, n: i32) -> f32 {
    return textureLoad(equalisation_table, vec2<i32>(n, band), 0).r;
}

// Where a value stands among the values of its band, 0–1.
fn equalised(band: i32, value: f32) -> f32 {
    var not_above = 0;
    var size = EQUALISATION_STEPS;
    while size > 0 {
        let half = size / 2;
        if equalisation_entry(band, not_above + half) <= value {
            not_above += half + 1;
            size -= half + 1;
        } else {
            size = half;
        }
    }
    if not_above == 0 {
        return 0.0;
    }
    if not_above == EQUALISATION_STEPS {
        return 1.0;
    }
    let below = equalisation_entry(band, not_above - 1);
    let above = equalisation_entry(band, not_above);
    let fraction = clamp((value - below) / (above - below), 0.0, 1.0);
    return (f32(not_above - 1) + fraction) / f32(EQUALISATION_STEPS - 1);
}

// A band's value between its limits and through the curve, 0–1.
fn curved(band: i32, unbounded: f32) -> f32 {
    let value = within(unbounded);
    if display.curve == EQUALISE {
        return equalised(band, value);
    }
    let x = (value - display.low[band]) * display.factor[band];
    return curve(clamp(x, 0.0, 1.0));
}

fn above_minimum(band: i32, value: f32) -> f32 {
    if is_blank(value) {
        return 0.0;
    }
    return within((within(value) - display.low[band]) * display.factor[band]);
}

// Lupton et al. 2004, PASP 116, 133.
fn lupton(values: vec3<f32>) -> vec3<f32> {
    let bands = vec3<f32>(
        above_minimum(0, values.x),
        above_minimum(1, values.y),
        above_minimum(2, values.z),
    );
    let mean = (bands.x + bands.y + bands.z) / 3.0;
    if mean <= 0.0 {
        return vec3<f32>(0.0);
    }
    let ratio = asinh_of(display.q * mean) * display.slope / mean;
    let levels = max(bands * ratio, vec3<f32>(0.0));
    let brightest = max(max(levels.x, levels.y), max(levels.z, 1.0));
    return levels / brightest;
}

fn simple_level(band: i32, value: f32) -> f32 {
    if is_blank(value) {
        return 0.0;
    }
    return curved(band, value);
}

// DS9's contrast and bias.
fn adjusted(y: f32) -> f32 {
    return clamp((y - display.bias) * display.contrast + 0.5, 0.0, 1.0);
}

fn table_colour(y: f32) -> vec3<f32> {
    let position = y * 255.0;
    let below = min(i32(position), 254);
    let start = textureLoad(colour_table, vec2<i32>(below, 0), 0).rgb;
    let end = textureLoad(colour_table, vec2<i32>(below + 1, 0), 0).rgb;
    return start + (end - start) * (position - f32(below));
}

// The colour of a pixel with these values of the red, green and blue band; one band looks at the
// first alone.
fn display_colour(values: vec3<f32>) -> vec4<f32> {
    if display.mode == ONE_BAND {
        if is_blank(values.x) {
            return display.blank;
        }
        return vec4<f32>(table_colour(adjusted(curved(0, values.x))), 1.0);
    }
    if is_blank(values.x) && is_blank(values.y) && is_blank(values.z) {
        return display.blank;
    }
    var levels: vec3<f32>;
    if display.mode == SIMPLE_RGB {
        levels = vec3<f32>(
            simple_level(0, values.x),
            simple_level(1, values.y),
            simple_level(2, values.z),
        );
    } else {
        levels = lupton(values);
    }
    return vec4<f32>(adjusted(levels.x), adjusted(levels.y), adjusted(levels.z), 1.0);
}

// The bench for convolutions: one step (convolution, activation or pooling) of one plane, the range
// of its values, and its picture. Stands after display.wgsl, whose colour table, `is_blank`,
// `log_of_one_more` and `exp_less_one` it uses. The twin on the processor is explain::bench, formula
// for formula.

// Written by explain::bench::Operation.
struct Operation {
    kind: u32,
    function: u32,
    parameter: f32,
    bias: f32,
    rows: u32,
    columns: u32,
    stride: u32,
    dilation: u32,
    above: i32,
    left: i32,
    edge: u32,
    unused: u32,
    weights: array<vec4<f32>, 31>,
}

// What of a result stands in the viewport, and between which limits.
struct Framing {
    // Left, top, right, bottom in pixels of the result.
    texels: vec4<f32>,
    // Whether the limits are those of all results together.
    shared_limits: u32,
    // The column of this result in `ranges`.
    column: u32,
    // Whether 0 is in the middle.
    symmetric: u32,
    unused: u32,
}

@group(1) @binding(0) var<uniform> operation: Operation;
// R32Float; for `range_of_ranges` Rg32Float.
@group(1) @binding(1) var plane: texture_2d<f32>;
// Rg32Float, a column for each result: smallest and largest value.
@group(1) @binding(2) var ranges: texture_2d<f32>;
@group(1) @binding(3) var<uniform> framing: Framing;

const CONVOLVE = 0u;
const ACTIVATE = 1u;
const POOL_MAX = 2u;

const EDGE_REFLECT = 1u;

const BINARY_STEP = 1u;
const LOGISTIC = 2u;
const TANH = 3u;
const SCALED_TANH = 4u;
const ARC_TAN = 5u;
const RELU = 6u;
const LEAKY_RELU = 7u;
const PRELU = 8u;
const ELU = 9u;
const SOFT_PLUS = 10u;
const GELU = 11u;
const SILU = 12u;

// Side of the square of values that becomes one range.
const BLOCK = 16;
// Samples along each axis at most where a picture is smaller than its result.
const SAMPLES = 8;

// A triangle over the whole target.
@vertex
fn whole_vertex(@builtin(vertex_index) n: u32) -> @builtin(position) vec4<f32> {
    let corner = vec2<f32>(f32(n & 1u), f32(n >> 1u));
    return vec4<f32>(corner * 4.0 - 1.0, 0.0, 1.0);
}

// The pixel that shows at a position of an axis; −1 for a zero beyond the edge.
fn place(position: i32, length: i32) -> i32 {
    if position >= 0 && position < length {
        return position;
    }
    if operation.edge != EDGE_REFLECT {
        return -1;
    }
    let period = max(2 * (length - 1), 1);
    let wrapped = ((position % period) + period) % period;
    return min(min(wrapped, period - wrapped), length - 1);
}

fn weight(index: u32) -> f32 {
    return operation.weights[index / 4u][index % 4u];
}

fn convolved(at: vec2<i32>) -> f32 {
    let size = vec2<i32>(textureDimensions(plane));
    let first = at * i32(operation.stride) - vec2<i32>(operation.left, operation.above);
    var sum = 0.0;
    for (var row = 0u; row < operation.rows; row += 1u) {
        let y = place(first.y + i32(row * operation.dilation), size.y);
        if y < 0 {
            continue;
        }
        for (var column = 0u; column < operation.columns; column += 1u) {
            let x = place(first.x + i32(column * operation.dilation), size.x);
            if x >= 0 {
                sum += weight(row * operation.columns + column)
                    * textureLoad(plane, vec2<i32>(x, y), 0).r;
            }
        }
    }
    return sum + operation.bias;
}

fn logistic(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

fn tanh_of(x: f32) -> f32 {
    return tanh(clamp(x, -15.0, 15.0));
}

// Φ(x), after Abramowitz and Stegun 7.1.26, to 1e-7.
fn normal_share(x: f32) -> f32 {
    let z = abs(x) * 0.70710678;
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let series =
        ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
            + 0.254829592) * t;
    let tail = 0.5 * series * exp(-min(z * z, 80.0));
    return select(1.0 - tail, tail, x < 0.0);
}

fn activated(x: f32) -> f32 {
    switch operation.function {
        case BINARY_STEP: { return select(0.0, 1.0, x >= 0.0); }
        case LOGISTIC: { return logistic(x); }
        case TANH: { return tanh_of(x); }
        case SCALED_TANH: { return 1.7159 * tanh_of(x * 2.0 / 3.0); }
        case ARC_TAN: { return atan(x); }
        case RELU: { return max(x, 0.0); }
        case LEAKY_RELU, PRELU: { return max(x, 0.0) + operation.parameter * min(x, 0.0); }
        case ELU: {
            return max(x, 0.0) + operation.parameter * exp_less_one(max(min(x, 0.0), -80.0));
        }
        case SOFT_PLUS: { return max(x, 0.0) + log_of_one_more(exp(-min(abs(x), 80.0))); }
        case GELU: { return x * normal_share(x); }
        case SILU: { return x * logistic(x); }
        default: { return x; }
    }
}

fn pooled(at: vec2<i32>) -> f32 {
    let first = at * i32(operation.stride);
    let largest = operation.kind == POOL_MAX;
    var found = select(0.0, -3.4028234e38, largest);
    for (var row = 0; row < i32(operation.rows); row += 1) {
        for (var column = 0; column < i32(operation.columns); column += 1) {
            let value = textureLoad(plane, first + vec2<i32>(column, row), 0).r;
            found = select(found + value, max(found, value), largest);
        }
    }
    return select(found / f32(operation.rows * operation.columns), found, largest);
}

// One value of the result.
@fragment
fn step_fragment(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let at = vec2<i32>(position.xy);
    var value: f32;
    switch operation.kind {
        case CONVOLVE: { value = convolved(at); }
        case ACTIVATE: { value = activated(textureLoad(plane, at, 0).r); }
        default: { value = pooled(at); }
    }
    return vec4<f32>(value, 0.0, 0.0, 1.0);
}

fn is_number(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

// Smallest and largest of a block, whose texels hold both; of values the two are the same.
fn range_at(at: vec2<i32>, of_values: bool) -> vec4<f32> {
    let end = min((at + 1) * BLOCK, vec2<i32>(textureDimensions(plane)));
    var range = vec2<f32>(3.4028234e38, -3.4028234e38);
    for (var y = at.y * BLOCK; y < end.y; y += 1) {
        for (var x = at.x * BLOCK; x < end.x; x += 1) {
            let texel = textureLoad(plane, vec2<i32>(x, y), 0);
            let both = select(texel.rg, texel.rr, of_values);
            if is_number(both.x) && is_number(both.y) {
                range = vec2<f32>(min(range.x, both.x), max(range.y, both.y));
            }
        }
    }
    return vec4<f32>(range, 0.0, 1.0);
}

@fragment
fn range_of_values(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    return range_at(vec2<i32>(position.xy), true);
}

@fragment
fn range_of_ranges(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    return range_at(vec2<i32>(position.xy), false);
}

struct Framed {
    @builtin(position) position: vec4<f32>,
    @location(0) texel: vec2<f32>,
}

@vertex
fn framed_vertex(@builtin(vertex_index) n: u32) -> Framed {
    let corner = vec2<f32>(f32(n & 1u), f32(n >> 1u)) * 2.0;
    let size = framing.texels.zw - framing.texels.xy;
    let texel = framing.texels.xy + size * vec2<f32>(corner.x, 1.0 - corner.y);
    return Framed(vec4<f32>(corner * 2.0 - 1.0, 0.0, 1.0), texel);
}

// The limits between which the colours lie.
fn limits() -> vec2<f32> {
    var found = textureLoad(ranges, vec2<i32>(i32(framing.column), 0), 0).rg;
    if framing.shared_limits == 1u {
        for (var column = 0; column < i32(textureDimensions(ranges).x); column += 1) {
            let other = textureLoad(ranges, vec2<i32>(column, 0), 0).rg;
            found = vec2<f32>(min(found.x, other.x), max(found.y, other.y));
        }
    }
    if framing.symmetric == 1u {
        let largest = max(abs(found.x), abs(found.y));
        found = vec2<f32>(-largest, largest);
    }
    return found;
}

// The value, or where a picture is smaller than its result the mean of those under a point.
fn value_at(texel: vec2<f32>, span: f32) -> f32 {
    let last = vec2<i32>(textureDimensions(plane)) - vec2<i32>(1);
    let samples = clamp(i32(ceil(span - 0.001)), 1, SAMPLES);
    var sum = 0.0;
    for (var row = 0; row < samples; row += 1) {
        for (var column = 0; column < samples; column += 1) {
            let part = (vec2<f32>(f32(column), f32(row)) + 0.5) / f32(samples) - 0.5;
            let at = clamp(vec2<i32>(floor(texel + part * span)), vec2<i32>(0), last);
            sum += textureLoad(plane, at, 0).r;
        }
    }
    return sum / f32(samples * samples);
}

fn framed_colour(texel: vec2<f32>, span: f32) -> vec4<f32> {
    let value = value_at(texel, select(span, 0.0, span <= 1.001));
    if is_blank(value) {
        return display.blank;
    }
    let between = limits();
    let range = between.y - between.x;
    let share = select(0.0, (value - between.x) / range, range > 0.0);
    return vec4<f32>(table_colour(clamp(share, 0.0, 1.0)), 1.0);
}

@fragment
fn framed_fragment(framed: Framed) -> @location(0) vec4<f32> {
    return framed_colour(framed.texel, abs(dpdx(framed.texel.x)));
}

// For a screen whose format encodes linear light itself.
@fragment
fn framed_fragment_linear(framed: Framed) -> @location(0) vec4<f32> {
    let gamma = framed_colour(framed.texel, abs(dpdx(framed.texel.x))).rgb;
    let low = gamma / 12.92;
    let high = pow((gamma + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, gamma <= vec3<f32>(0.04045)), 1.0);
}

// Tiles of an image on the screen. Stands after display.wgsl, whose `display_colour` it calls.
// The twin on the processor is image::view::sample.

@group(1) @binding(0) var first_band: texture_2d<f32>;
@group(1) @binding(1) var second_band: texture_2d<f32>;
@group(1) @binding(2) var third_band: texture_2d<f32>;

struct Corner {
    @builtin(position) position: vec4<f32>,
    @location(0) texel: vec2<f32>,
}

@vertex
fn tile_vertex(
    @location(0) position: vec2<f32>,
    @location(1) texel: vec2<f32>,
) -> Corner {
    return Corner(vec4<f32>(position, 0.0, 1.0), texel);
}

fn is_finite_value(value: f32) -> bool {
    // Compilers may assume that a float is never NaN, so the exponent's bits are looked at.
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn values_at(texel: vec2<f32>) -> vec3<f32> {
    let last = vec2<i32>(textureDimensions(first_band)) - vec2<i32>(1);
    let place = clamp(vec2<i32>(floor(texel)), vec2<i32>(0), last);
    return vec3<f32>(
        textureLoad(first_band, place, 0).r,
        textureLoad(second_band, place, 0).r,
        textureLoad(third_band, place, 0).r,
    );
}

fn mean_of_finite(a: f32, b: f32, c: f32, d: f32) -> f32 {
    var sum = 0.0;
    var count = 0.0;
    if is_finite_value(a) { sum += a; count += 1.0; }
    if is_finite_value(b) { sum += b; count += 1.0; }
    if is_finite_value(c) { sum += c; count += 1.0; }
    if is_finite_value(d) { sum += d; count += 1.0; }
    if count > 0.0 {
        return sum / count;
    }
    return a;
}

fn sampled(texel: vec2<f32>, span: f32) -> vec3<f32> {
    if span <= 1.001 {
        return values_at(texel);
    }
    let a = values_at(texel + vec2<f32>(-0.25, -0.25) * span);
    let b = values_at(texel + vec2<f32>(0.25, -0.25) * span);
    let c = values_at(texel + vec2<f32>(-0.25, 0.25) * span);
    let d = values_at(texel + vec2<f32>(0.25, 0.25) * span);
    return vec3<f32>(
        mean_of_finite(a.x, b.x, c.x, d.x),
        mean_of_finite(a.y, b.y, c.y, d.y),
        mean_of_finite(a.z, b.z, c.z, d.z),
    );
}

@fragment
fn tile_fragment(corner: Corner) -> @location(0) vec4<f32> {
    let span = abs(dpdx(corner.texel.x));
    return vec4<f32>(display_colour(sampled(corner.texel, span)).rgb, 1.0);
}

// For a screen whose format encodes linear light itself.
@fragment
fn tile_fragment_linear(corner: Corner) -> @location(0) vec4<f32> {
    let span = abs(dpdx(corner.texel.x));
    let gamma = display_colour(sampled(corner.texel, span)).rgb;
    let low = gamma / 12.92;
    let high = pow((gamma + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, gamma <= vec3<f32>(0.04045)), 1.0);
}

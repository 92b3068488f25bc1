//! A small writer of SVG documents: rectangles, lines, texts, pictures.

use std::fmt::Write as _;

use super::text::{FAMILY, escaped};
use super::theme::Rgb;

/// An SVG document in the making.
pub(super) struct Svg {
    body: String,
    width: f64,
    height: f64,
}

/// A rectangle in points, from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: Rgb,
    pub(super) width: f64,
    pub(super) opacity: f64,
    /// Lengths of dashes and gaps; empty for a solid line.
    pub(super) dashes: &'static [f64],
}

/// Which part of a text its position fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text; `at` is on its base line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) words: &'a str,
    /// Exponent set above the line after the text.
    pub(super) exponent: Option<i32>,
    pub(super) at: [f64; 2],
    pub(super) size: f64,
    pub(super) colour: Rgb,
    pub(super) anchor: Anchor,
    /// Degrees, clockwise about `at`.
    pub(super) rotation: f64,
}

impl Stroke {
    pub(super) fn solid(colour: Rgb, width: f64) -> Self {
        Self { colour, width, opacity: 1.0, dashes: &[] }
    }

    fn attributes(&self) -> String {
        let mut out =
            format!("stroke=\"{}\" stroke-width=\"{}\"", self.colour.css(), num(self.width));
        if self.opacity < 1.0 {
            let _ = write!(out, " stroke-opacity=\"{}\"", num(self.opacity));
        }
        if !self.dashes.is_empty() {
            let dashes: Vec<String> = self.dashes.iter().map(|d| num(d * self.width)).collect();
            let _ = write!(out, " stroke-dasharray=\"{}\"", dashes.join(" "));
        }
        out
    }
}

impl<'a> Text<'a> {
    pub(super) fn new(words: &'a str, at: [f64; 2], size: f64, colour: Rgb) -> Self {
        Self { words, exponent: None, at, size, colour, anchor: Anchor::Start, rotation: 0.0 }
    }

    pub(super) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(super) fn rotated(self, rotation: f64) -> Self {
        Self { rotation, ..self }
    }

    /// Moves the text down so that `at` is at the middle of its lower-case letters and digits.
    pub(super) fn centred(self) -> Self {
        let [x, y] = self.at;
        Self { at: [x, y + 0.35 * self.size], ..self }
    }
}

impl Svg {
    /// A document of a size, filled with a background, described by `title` to screen readers.
    pub(super) fn new(size: [f64; 2], background: Rgb, title: &str) -> Self {
        let [width, height] = size;
        let mut svg = Self { body: String::new(), width, height };
        if !title.is_empty() {
            let _ = writeln!(svg.body, "<title>{}</title>", escaped(title));
        }
        svg.rect(Rect { x: 0.0, y: 0.0, width, height }, background, 1.0, None);
        svg
    }

    pub(super) fn rect(&mut self, rect: Rect, fill: Rgb, opacity: f64, stroke: Option<Stroke>) {
        let Rect { x, y, width, height } = rect;
        let _ = write!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"",
            num(x),
            num(y),
            num(width.max(0.0)),
            num(height.max(0.0)),
            fill.css(),
        );
        if opacity < 1.0 {
            let _ = write!(self.body, " fill-opacity=\"{}\"", num(opacity));
        }
        let stroke = stroke.map_or(String::new(), |s| format!(" {}", s.attributes()));
        let _ = writeln!(self.body, "{stroke}/>");
    }

    /// The edge of a rectangle.
    pub(super) fn outline(&mut self, rect: Rect, stroke: Stroke) {
        let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(num);
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" {}/>",
            stroke.attributes(),
        );
    }

    /// A rectangle with round corners.
    pub(super) fn rounded(&mut self, rect: Rect, radius: f64, fill: Rgb, stroke: Option<Stroke>) {
        let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(num);
        let (radius, fill) = (num(radius), fill.css());
        let stroke = stroke.map_or(String::new(), |s| format!(" {}", s.attributes()));
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" \
             fill=\"{fill}\"{stroke}/>",
        );
    }

    pub(super) fn line(&mut self, from: [f64; 2], to: [f64; 2], stroke: Stroke) {
        let _ = writeln!(
            self.body,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" {}/>",
            num(from[0]),
            num(from[1]),
            num(to[0]),
            num(to[1]),
            stroke.attributes(),
        );
    }

    /// Lines through the points of each piece.
    pub(super) fn polyline(&mut self, pieces: &[Vec<[f64; 2]>], stroke: Stroke) {
        let path = path_of(pieces);
        if !path.is_empty() {
            let _ = writeln!(
                self.body,
                "<path d=\"{path}\" fill=\"none\" stroke-linejoin=\"round\" \
                 stroke-linecap=\"butt\" {}/>",
                stroke.attributes(),
            );
        }
    }

    /// The area inside a closed line.
    pub(super) fn area(&mut self, outline: &[[f64; 2]], fill: Rgb, opacity: f64) {
        let path = path_of(&[outline.to_vec()]);
        if !path.is_empty() {
            let _ = writeln!(
                self.body,
                "<path d=\"{path}Z\" fill=\"{}\" fill-opacity=\"{}\"/>",
                fill.css(),
                num(opacity),
            );
        }
    }

    pub(super) fn circle(&mut self, centre: [f64; 2], radius: f64, fill: Rgb, stroke: Stroke) {
        let _ = writeln!(
            self.body,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\" {}/>",
            num(centre[0]),
            num(centre[1]),
            num(radius),
            fill.css(),
            stroke.attributes(),
        );
    }

    pub(super) fn text(&mut self, text: Text<'_>) {
        if text.words.is_empty() {
            return;
        }
        let Text { at: [x, y], size, .. } = text;
        let anchor = match text.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let rotation = match text.rotation {
            0.0 => String::new(),
            degrees => format!(" transform=\"rotate({} {} {})\"", num(degrees), num(x), num(y)),
        };
        let _ = write!(
            self.body,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"{anchor}{rotation}>{}",
            num(x),
            num(y),
            num(size),
            text.colour.css(),
            escaped(text.words),
        );
        if let Some(exponent) = text.exponent {
            let exponent = exponent.to_string().replace('-', "\u{2212}");
            let (up, small) = (num(-0.4 * size), num(0.75 * size));
            let _ =
                write!(self.body, "<tspan dy=\"{up}\" font-size=\"{small}\">{exponent}</tspan>");
        }
        self.body.push_str("</text>\n");
    }

    /// A picture (the bytes of a PNG file), its pixels shown as squares.
    pub(super) fn picture(&mut self, rect: Rect, png: &[u8]) {
        let Rect { x, y, width, height } = rect;
        let _ = writeln!(
            self.body,
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
            num(x),
            num(y),
            num(width),
            num(height),
            base64(png),
        );
    }

    /// Draws into a part of the document; what lies outside is cut off. Coordinates stay those of
    /// the document. Nested documents cut without ids, which would clash where several figures
    /// stand in one page.
    pub(super) fn clipped(&mut self, rect: Rect, draw: impl FnOnce(&mut Self)) {
        let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(num);
        let _ = writeln!(
            self.body,
            "<svg x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"{x} {y} {width} {height}\">",
        );
        draw(self);
        self.body.push_str("</svg>\n");
    }

    /// Puts another document of this kind into a rectangle, scaled to fit from its upper left.
    pub(super) fn nested(&mut self, rect: Rect, document: &str) {
        let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(num);
        let Some((_, rest)) = document.split_once(" viewBox=") else { return };
        let _ = writeln!(
            self.body,
            "<svg x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             preserveAspectRatio=\"xMinYMin meet\" viewBox={rest}",
        );
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        let [width, height] = [self.width, self.height].map(num);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FAMILY}\">\n{}</svg>\n",
            self.body
        )
    }
}

fn path_of(pieces: &[Vec<[f64; 2]>]) -> String {
    let mut path = String::new();
    for piece in pieces.iter().filter(|piece| piece.len() > 1) {
        for (i, [x, y]) in piece.iter().enumerate() {
            let command = if i == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{command}{} {}", num(*x), num(*y));
        }
    }
    path
}

/// A number with at most two decimals, and none that are 0.
pub(super) fn num(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Bytes in the alphabet of RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: RFC 4648, section 10.
    #[test]
    fn base64_of_the_standard() {
        for (text, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([1.0, 0.126, -0.001, 100.0, 1.5].map(num), ["1", "0.13", "0", "100", "1.5"]);
    }
}

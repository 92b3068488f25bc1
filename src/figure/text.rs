//! How wide a text will be, without asking a font.
//!
//! The SVG is shown in whatever sans-serif font a reader has; the widths of Helvetica (Adobe's
//! metrics, which Arial and Liberation Sans share) are a little wider than those of the font of the
//! PNG, so what fits here fits there.

/// Font families of every text: the font of the PNG first, then what systems have.
pub(super) const FAMILY: &str = "Ubuntu, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', \
                                 sans-serif";

/// Advance widths of the characters from space to `~`, in thousandths of the font size.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// Width of a text at a font size, in the unit of the size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

fn advance(character: char) -> f64 {
    let code = character as u32;
    match code {
        0x20..=0x7e => f64::from(HELVETICA[(code - 0x20) as usize]) / 1000.0,
        // Combining marks and joiners take no room; CJK, its full-width forms and emoji a square.
        0x300..=0x36f | 0x200b..=0x200f => 0.0,
        0x1100..=0x11ff | 0x2e80..=0xd7ff | 0xf900..=0xfaff | 0xff00..=0xff60 | 0x1_f000.. => 1.0,
        _ => 0.6,
    }
}

/// The text, or as much of it as fits into `room` with an ellipsis.
pub(super) fn shortened(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = width("…", size);
    for character in text.chars() {
        used += advance(character) * size;
        if used > room {
            break;
        }
        short.push(character);
    }
    format!("{}…", short.trim_end())
}

/// Text for XML: markup escaped, characters that XML 1.0 forbids replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: Adobe's Helvetica metrics: "Loss" = 556 + 556 + 500 + 500.
    #[test]
    fn width_of_a_word() {
        assert!((width("Loss", 10.0) - 21.12).abs() < 1e-9);
        assert!(width("螺旋", 10.0) > 19.0);
    }

    #[test]
    fn long_text_ends_with_an_ellipsis() {
        assert_eq!(shortened("spiral", 10.0, 100.0), "spiral");
        let short = shortened("a very long name of a class", 10.0, 60.0);
        assert!(short.ends_with('…') && width(&short, 10.0) <= 60.0, "{short}");
        assert_eq!(shortened("name", 10.0, 0.0), "…");
    }

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(escaped("a<b & \"c\"\u{1}\n"), "a&lt;b &amp; &quot;c&quot;\u{fffd} ");
    }
}

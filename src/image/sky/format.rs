//! Positions as text: sexagesimal and degrees, written and read.

/// Right ascension in degrees as `hh mm ss.ss`, with so many decimals of a second.
pub fn hms(ra: f64, decimals: usize) -> String {
    if !ra.is_finite() {
        return "–".into();
    }
    let [h, m, s] = sexagesimal(ra.rem_euclid(360.0) / 15.0, decimals);
    let width = if decimals == 0 { 2 } else { decimals + 3 };
    format!("{:02} {m:02} {s:0width$.decimals$}", h as u64 % 24)
}

/// Declination in degrees as `±dd mm ss.s`, with so many decimals of an arcsecond.
pub fn dms(dec: f64, decimals: usize) -> String {
    if !dec.is_finite() {
        return "–".into();
    }
    let [d, m, s] = sexagesimal(dec.abs(), decimals);
    let width = if decimals == 0 { 2 } else { decimals + 3 };
    let sign = if dec.is_sign_negative() { '-' } else { '+' };
    format!("{sign}{d:02} {m:02} {s:0width$.decimals$}")
}

/// Right ascension and declination as degrees, with so many decimals.
pub fn degrees(ra: f64, dec: f64, decimals: usize) -> String {
    format!("{ra:.decimals$} {dec:+.decimals$}")
}

/// Whole units, minutes and seconds; rounded first, so that 59.999… never becomes 60.
fn sexagesimal(value: f64, decimals: usize) -> [f64; 3] {
    let fraction = 10_f64.powi(decimals as i32);
    let ticks = (value * 3600.0 * fraction).round();
    let seconds = (ticks / fraction).rem_euclid(60.0);
    let minutes = ((ticks / fraction - seconds) / 60.0).round();
    [(minutes / 60.0).floor(), minutes.rem_euclid(60.0), seconds]
}

/// Reads a right ascension: hours where it is sexagesimal (`12:34:56.7`, `12 34 56.7`,
/// `12h34m56.7s`), degrees otherwise (`188.7`, `188.7d`). Degrees, 0–360; `None` when it is none.
pub fn parse_right_ascension(text: &str) -> Option<f64> {
    let text = text.trim();
    let in_degrees = text.contains(['d', '°']);
    let (value, parts) = parse_parts(text)?;
    let hours = !in_degrees && (parts > 1 || text.contains('h'));
    let degrees = if hours { value * 15.0 } else { value };
    (-360.0..=360.0).contains(&degrees).then(|| degrees.rem_euclid(360.0))
}

/// Reads a declination: `+12:34:56.7`, `+12 34 56.7`, `-12d34m56.7s`, `12°34′56″` or `-12.5`.
/// Degrees; `None` when it is none, or beyond a pole.
pub fn parse_declination(text: &str) -> Option<f64> {
    if text.contains('h') {
        return None;
    }
    let (value, _) = parse_parts(text.trim())?;
    (value.abs() <= 90.0).then_some(value)
}

/// Reads a position, right ascension first: `188.7, 12.5`, `12:34:56.7 +12:34:56`,
/// `12 34 56.7 +12 34 56`, `12h34m56.7s -12d34m56s`. Degrees.
pub fn parse_position(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    if let Some((ra, dec)) = text.split_once([',', ';']) {
        return Some((parse_right_ascension(ra)?, parse_declination(dec)?));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() || words.len() > 6 || words.len() % 2 == 1 {
        return None;
    }
    let (ra, dec) = words.split_at(words.len() / 2);
    Some((parse_right_ascension(&ra.join(" "))?, parse_declination(&dec.join(" "))?))
}

/// Reads an angle with its unit into arcseconds: `2arcsec`, `2"`, `2″`, `1.5'`, `1.5 arcmin`,
/// `0.1deg`, `0.1°`, `0.1d`; a bare number is arcseconds. `None` when it is none or negative.
pub fn parse_angle(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E')))
        .unwrap_or(text.len());
    let value: f64 = text[..end].parse().ok()?;
    let factor = match text[end..].trim() {
        "" | "\"" | "″" | "''" | "arcsec" | "arcsecs" | "as" => 1.0,
        "'" | "′" | "arcmin" | "arcmins" | "am" => 60.0,
        "d" | "°" | "deg" | "degree" | "degrees" => 3600.0,
        "mas" => 1e-3,
        "r" | "rad" => 1_f64.to_degrees() * 3600.0,
        _ => return None,
    };
    let arcsec = value * factor;
    (arcsec.is_finite() && arcsec >= 0.0).then_some(arcsec)
}

/// One to three numbers, separated by marks or blanks, as one value, and how many they were.
fn parse_parts(text: &str) -> Option<(f64, usize)> {
    let (negative, rest) = match text.strip_prefix(['-', '−', '–']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let marks = [':', 'h', 'm', 's', 'd', '°', '′', '″', '\'', '"'];
    let parts: Vec<&str> = rest
        .split(|c: char| marks.contains(&c) || c.is_whitespace())
        .filter(|p| !p.is_empty())
        .collect();
    if parts.is_empty() || parts.len() > 3 {
        return None;
    }
    let mut value = 0.0;
    for (n, part) in parts.iter().enumerate() {
        let plain =
            part.bytes().all(|b| b.is_ascii_digit() || b == b'.' || (n == 0 && parts.len() == 1));
        let number: f64 = part.parse().ok().filter(|number: &f64| number.is_finite())?;
        if !plain || number < 0.0 || (n > 0 && number >= 60.0 + 1e-9) {
            return None;
        }
        value += number / 60_f64.powi(n as i32);
    }
    Some((if negative { -value } else { value }, parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_carry_over() {
        assert_eq!(hms(0.0, 2), "00 00 00.00");
        assert_eq!(hms(359.999_999_99, 2), "00 00 00.00");
        assert_eq!(hms(187.705_930_75, 2), "12 30 49.42");
        assert_eq!(hms(187.5, 0), "12 30 00");
        assert_eq!(dms(12.391_123_33, 1), "+12 23 28.0");
        assert_eq!(dms(-0.000_138_9, 1), "-00 00 00.5");
        assert_eq!(dms(-89.999_999_99, 1), "-90 00 00.0");
        assert_eq!(hms(f64::NAN, 2), "–");
        assert_eq!(degrees(12.3456, -1.0, 3), "12.346 -1.000");
    }

    #[test]
    fn both_spellings_are_read() {
        for text in
            ["12:30:49.42", "12 30 49.42", "12h30m49.42s", "187.70591666667", "187.70591666667d"]
        {
            let ra = parse_right_ascension(text).unwrap();
            assert!((ra - 187.705_916_666_67).abs() < 1e-9, "{text} {ra}");
        }
        for text in ["-00:30:36", "-0 30 36", "-00d30m36s", "-0.51", "−0°30′36″"] {
            assert!((parse_declination(text).unwrap() + 0.51).abs() < 1e-12, "{text}");
        }
        for text in
            ["", "x", "12:61:00", "1:2:3:4", "91", "12h", "--1", "1e3", "nan", "inf", "1:-2:3"]
        {
            assert_eq!(parse_declination(text), None, "{text}");
        }
        assert_eq!(parse_right_ascension("-10"), Some(350.0));
        assert_eq!(parse_right_ascension("400"), None);
    }

    #[test]
    fn positions_are_read_with_any_separator() {
        let expected = (187.5, -12.5);
        for text in [
            "187.5,-12.5",
            "187.5 -12.5",
            "12:30:00 -12:30:00",
            "12 30 00 -12 30 00",
            "12h30m -12d30m",
            "12:30:0;-12.5",
        ] {
            assert_eq!(parse_position(text), Some(expected), "{text}");
        }
        for text in ["", "1", "1 2 3", "1,2,3", "a b", "0 0 0 0 0 0 0"] {
            assert_eq!(parse_position(text), None, "{text}");
        }
    }

    #[test]
    fn written_positions_are_read_back() {
        for ra in [0.0, 0.004, 15.0, 123.456_789, 359.99] {
            assert!((parse_right_ascension(&hms(ra, 4)).unwrap() - ra).abs() < 1e-6);
        }
        for dec in [-90.0, -45.123_4, -0.001, 0.0, 33.3, 90.0] {
            assert!((parse_declination(&dms(dec, 3)).unwrap() - dec).abs() < 1e-6);
        }
    }

    #[test]
    fn angles_with_units() {
        for text in ["120", "120arcsec", "120\"", "120″", "2'", "2 arcmin", "2′", "120000mas"] {
            assert!((parse_angle(text).unwrap() - 120.0).abs() < 1e-9, "{text}");
        }
        assert_eq!(parse_angle("0.5deg"), Some(1800.0));
        for text in ["", "-1", "1 parsec", "arcsec", "é"] {
            assert_eq!(parse_angle(text), None, "{text}");
        }
    }
}

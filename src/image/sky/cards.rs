//! Looking up header cards by keyword.

use std::collections::HashMap;

use super::NoWcs;

/// The first value of each keyword.
pub(super) struct Cards<'a> {
    values: HashMap<&'a str, &'a str>,
}

/// What CTYPE says of the two pixel axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Celestial {
    /// Which of axes 1 and 2 is the longitude, counted from 1.
    pub(super) longitude_axis: usize,
    /// `RA`, `GLON`, `ELON`…
    pub(super) system: String,
    /// The projection's code, such as `TAN`.
    pub(super) code: String,
    /// Whether PV cards are parameters of the projection. In TAN they are leftovers of SCAMP's
    /// distortion, which do not count where SIP gives the distortion.
    pub(super) parameters: bool,
}

impl Celestial {
    /// The other axis, counted from 1.
    pub(super) fn latitude_axis(&self) -> usize {
        3 - self.longitude_axis
    }
}

impl<'a> Cards<'a> {
    pub(super) fn new(header: &'a [(String, String)]) -> Self {
        let mut values = HashMap::with_capacity(header.len());
        for (keyword, value) in header {
            values.entry(keyword.as_str()).or_insert(value.as_str());
        }
        Self { values }
    }

    /// The value of a keyword as text, trimmed.
    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.values.get(keyword).map(|value| value.trim())
    }

    /// The value of a keyword as a finite number; FORTRAN's exponent letter `D` is understood.
    pub(super) fn number(&self, keyword: &str) -> Option<f64> {
        let text = self.text(keyword)?;
        let number = if text.contains(['D', 'd']) {
            text.replace(['D', 'd'], "E").parse::<f64>()
        } else {
            text.parse::<f64>()
        };
        number.ok().filter(|value| value.is_finite())
    }

    /// A projection's parameter `PVaxis_index`.
    pub(super) fn parameter(&self, kind: &Celestial, axis: usize, index: usize) -> Option<f64> {
        if kind.parameters { self.number(&format!("PV{axis}_{index}")) } else { None }
    }

    /// Whether the PV cards are parameters of the projection.
    fn parameters(&self, code: &str, latitude_axis: usize) -> Result<bool, NoWcs> {
        let given = |index: usize| self.text(&format!("PV{latitude_axis}_{index}")).is_some();
        if code != "TAN" || !(0..40).any(given) {
            return Ok(true);
        }
        if self.text("A_ORDER").is_some() && self.text("B_ORDER").is_some() {
            return Ok(false);
        }
        let reason = "its distortion in PV cards (TPV, as SCAMP writes it) is not supported";
        Err(NoWcs::Unsupported(reason.into()))
    }

    /// True when the first two axes are celestial coordinates of any system and projection.
    pub(super) fn speaks_of_the_sky(&self) -> bool {
        ["CTYPE1", "CTYPE2"].iter().all(|keyword| {
            let text = self.text(keyword).unwrap_or_default();
            text.starts_with("RA")
                || text.starts_with("DEC")
                || text.get(1..4) == Some("LON")
                || text.get(1..4) == Some("LAT")
        })
    }

    /// What CTYPE1 and CTYPE2 say.
    pub(super) fn celestial(&self) -> Result<Celestial, NoWcs> {
        let types = ["CTYPE1", "CTYPE2"].map(|keyword| self.text(keyword).unwrap_or_default());
        if !self.speaks_of_the_sky() {
            return Err(self.elsewhere());
        }
        let parts = types.map(split);
        let [(first, code), (second, other)] = parts;
        let longitude_axis = match (is_longitude(first), is_longitude(second)) {
            (true, false) => 1,
            (false, true) => 2,
            _ => return Err(unsupported(&types, "they are not a longitude and a latitude")),
        };
        if code != other {
            return Err(unsupported(&types, "the two projections differ"));
        }
        if code.is_empty() {
            return Err(unsupported(&types, "no projection is named"));
        }
        let (system, latitude) =
            if longitude_axis == 1 { (first, second) } else { (second, first) };
        let fits = (system, latitude) == ("RA", "DEC")
            || system.strip_suffix("LON").is_some_and(|s| latitude.strip_suffix("LAT") == Some(s));
        if !fits {
            return Err(unsupported(&types, "longitude and latitude are of different systems"));
        }
        let parameters = self.parameters(code, 3 - longitude_axis)?;
        Ok(Celestial { longitude_axis, system: system.into(), code: code.into(), parameters })
    }

    /// The reason when axes 1 and 2 are not celestial.
    fn elsewhere(&self) -> NoWcs {
        let on_other_axis = (3..=9).any(|axis| {
            let text = self.text(&format!("CTYPE{axis}")).unwrap_or_default();
            text.starts_with("RA--") || text.starts_with("DEC-")
        });
        if on_other_axis {
            let reason = "its celestial coordinates are not on the first two axes";
            return NoWcs::Unsupported(reason.into());
        }
        NoWcs::Absent
    }

    /// What is left out of account.
    pub(super) fn note(&self) -> Option<String> {
        if self.text("AMDX1").is_some() {
            return Some("the plate solution (AMDX and AMDY) is not applied".into());
        }
        let tables = ["CPDIS1", "CPDIS2", "D2IMDIS1", "D2IMDIS2", "CQDIS1", "CQDIS2"];
        tables
            .iter()
            .find(|keyword| self.text(keyword).is_some())
            .map(|keyword| format!("distortion given as a table ({keyword}) is not applied"))
    }
}

/// `RA---TAN-SIP` as `RA` and `TAN`.
fn split(text: &str) -> (&str, &str) {
    let system = text.split('-').next().unwrap_or_default();
    let rest = text.get(4..).unwrap_or_default().trim_start_matches('-');
    (system, rest.split('-').next().unwrap_or_default().trim())
}

fn is_longitude(system: &str) -> bool {
    system == "RA" || system.ends_with("LON")
}

fn unsupported(types: &[&str; 2], reason: &str) -> NoWcs {
    let [first, second] = types;
    NoWcs::Unsupported(format!("its axes are \"{first}\" and \"{second}\": {reason}"))
}

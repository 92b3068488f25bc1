//! The settings of `arclet render` that make its look.

use crate::cli::{BadArgument, settings};
use crate::image::display::{
    COLOUR_MAPS, ColourMap, Curve, LUPTON_PRESETS, Limits, LinearRange, Look, LuptonPreset, Mode,
};

/// How the image looks; what is left out is as in the viewer.
#[derive(Debug, Default, clap::Args)]
pub(super) struct LookArgs {
    /// min-max, percentile:P, zscale or fixed:LOW:HIGH; one for all bands, or three separated by
    /// commas. Lupton's RGB takes fixed ones, whose LOW becomes black [default: percentile:99.5;
    /// Lupton's RGB: the level of the sky; colour and grey pictures: fixed:0:1].
    #[arg(long, value_delimiter = ',', value_parser = settings::limits)]
    limits: Option<Vec<Limits>>,
    /// linear, log, power, sqrt, squared, asinh, sinh, histogram-equalisation or power-law, with
    /// its parameter as in asinh:0.1 [default: asinh:0.1; colour and grey pictures: linear].
    #[arg(long, value_parser = curve)]
    stretch: Option<Curve>,
    /// a, b, bb, cividis, cool, cubehelix, grey, he, heat, inferno, magma, plasma, rainbow or
    /// viridis; for one band.
    #[arg(long, value_name = "NAME", value_parser = colour_map)]
    colour_map: Option<ColourMap>,
    /// The colour map from its other end.
    #[arg(long)]
    invert: bool,
    /// Steepness about the bias, as in DS9; 1 is neutral.
    #[arg(long, value_name = "FACTOR")]
    contrast: Option<f32>,
    /// The level that becomes the middle one, as in DS9; 0.5 is neutral.
    #[arg(long, value_name = "LEVEL")]
    bias: Option<f32>,
    /// How three bands become colours: simple (each by its limits and the stretch) or lupton
    /// (Lupton et al. 2004) [default: lupton; colour pictures: simple].
    #[arg(long, value_name = "KIND")]
    rgb: Option<Rgb>,
    /// Settings of Lupton's RGB to start from: standard, bluer, brighter or redder.
    #[arg(long, value_name = "NAME", value_parser = preset)]
    preset: Option<LuptonPreset>,
    /// Softening of Lupton's RGB; more holds bright parts back [default: 8].
    #[arg(long, value_name = "Q")]
    q: Option<f32>,
    /// Linear range of Lupton's RGB in the unit of the file, or auto:FACTOR times that of zscale;
    /// less is brighter [default: auto:2].
    #[arg(long, value_name = "RANGE", value_parser = linear_range)]
    lupton_stretch: Option<LinearRange>,
    /// Factors of the red, green and blue band in Lupton's RGB, such as 0.7,1,1.5 [default: 1,1,1].
    #[arg(long, value_name = "R,G,B", value_delimiter = ',')]
    scale: Option<Vec<f32>>,
    /// Leave the bands of Lupton's RGB as they are, instead of giving them the same noise first.
    #[arg(long)]
    unbalanced: bool,
    /// Colour of pixels without a value, as RRGGBB [default: 3a445c, a blue-grey].
    #[arg(long, value_name = "RRGGBB", value_parser = colour)]
    blank: Option<[u8; 3]>,
}

/// How three bands become colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Rgb {
    Simple,
    Lupton,
}

impl LookArgs {
    /// True when the settings ask for three bands.
    pub(super) fn wants_colours(&self) -> bool {
        self.rgb.is_some()
    }

    /// The look of one band, or of three; settings that would do nothing are refused.
    pub(super) fn look(&self, colours: bool, photograph: bool) -> Result<Look, BadArgument> {
        let usual = Look::usual(photograph, colours);
        let mode = match self.rgb {
            _ if !colours => Mode::OneBand,
            Some(Rgb::Simple) => Mode::SimpleRgb,
            None if !self.sets_lupton() => usual.mode,
            _ => Mode::LuptonRgb,
        };
        self.check_use(mode)?;
        let mut look = Look { mode, ..usual };
        self.write_limits(&mut look)?;
        self.write_lupton(&mut look)?;
        look.curve = self.stretch.unwrap_or(look.curve);
        look.colour_map = self.colour_map.unwrap_or(look.colour_map);
        look.invert = self.invert;
        look.contrast = self.contrast.unwrap_or(look.contrast);
        look.bias = self.bias.unwrap_or(look.bias);
        look.blank = self.blank.unwrap_or(look.blank);
        Ok(look)
    }

    fn sets_lupton(&self) -> bool {
        self.preset.is_some()
            || self.q.is_some()
            || self.lupton_stretch.is_some()
            || self.scale.is_some()
            || self.unbalanced
    }

    fn check_use(&self, mode: Mode) -> Result<(), BadArgument> {
        let refuse = |words: &str| Err(BadArgument(words.into()));
        if mode != Mode::LuptonRgb && self.sets_lupton() {
            return refuse(
                "--preset, --q, --lupton-stretch, --scale and --unbalanced belong to --rgb lupton \
                 with three bands",
            );
        }
        if mode == Mode::LuptonRgb && self.stretch.is_some() {
            return refuse(
                "--stretch does nothing in Lupton's RGB; give --rgb simple, or --lupton-stretch",
            );
        }
        let fixed = |limits: &Limits| matches!(limits, Limits::Fixed { .. });
        if mode == Mode::LuptonRgb && !self.limits.iter().flatten().all(fixed) {
            return refuse(
                "in Lupton's RGB --limits must be fixed:LOW:HIGH, whose LOW becomes black; leave \
                 it out for the level of the sky",
            );
        }
        if mode != Mode::OneBand && (self.colour_map.is_some() || self.invert) {
            return refuse("--colour-map and --invert are for one band; choose one by --bands 0");
        }
        Ok(())
    }

    fn write_limits(&self, look: &mut Look) -> Result<(), BadArgument> {
        match self.limits.as_deref() {
            None => {}
            Some([limits]) => look.limits = [*limits; 3],
            Some([r, g, b]) if look.mode != Mode::OneBand => look.limits = [*r, *g, *b],
            Some(limits) => {
                let count = limits.len();
                let words = format!("--limits has {count} entries; give one, or one for each band");
                return Err(BadArgument(words));
            }
        }
        Ok(())
    }

    fn write_lupton(&self, look: &mut Look) -> Result<(), BadArgument> {
        let lupton = &mut look.lupton;
        *lupton = self.preset.map_or(*lupton, |preset| preset.lupton);
        lupton.q = self.q.unwrap_or(lupton.q);
        lupton.stretch = self.lupton_stretch.unwrap_or(lupton.stretch);
        lupton.balanced &= !self.unbalanced;
        if let Some(scale) = &self.scale {
            lupton.scale = <[f32; 3]>::try_from(scale.as_slice()).map_err(|_not_three| {
                BadArgument("--scale must be three numbers such as 0.7,1,1.5".into())
            })?;
        }
        Ok(())
    }
}

fn curve(text: &str) -> Result<Curve, String> {
    let (name, parameter) = text.split_once(':').map_or((text, None), |(a, b)| (a, Some(b)));
    let curve = Curve::find(name).ok_or_else(|| {
        let names: Vec<&str> = Curve::ALL.iter().map(|curve| curve.id()).collect();
        format!("there are {}", names.join(", "))
    })?;
    let Some(parameter) = parameter else { return Ok(curve) };
    if curve.parameter().is_none() {
        return Err(format!("{name} has no parameter"));
    }
    let a = parameter.parse().map_err(|_no_number| format!("`{parameter}` is no number"))?;
    Ok(curve.with_parameter(a))
}

fn colour_map(text: &str) -> Result<ColourMap, String> {
    ColourMap::find(text)
        .ok_or_else(|| format!("there are {}", COLOUR_MAPS.map(ColourMap::id).join(", ")))
}

fn preset(text: &str) -> Result<LuptonPreset, String> {
    LUPTON_PRESETS
        .into_iter()
        .find(|preset| preset.id == text)
        .ok_or_else(|| format!("there are {}", LUPTON_PRESETS.map(|preset| preset.id).join(", ")))
}

/// `auto`, `auto:FACTOR` or a number.
fn linear_range(text: &str) -> Result<LinearRange, String> {
    let number = |text: &str| {
        text.parse().map_err(|_no_number| format!("`{text}` is neither a number nor auto:FACTOR"))
    };
    Ok(match text.strip_prefix("auto") {
        Some("") => LinearRange::Automatic { factor: 1.0 },
        Some(rest) => {
            LinearRange::Automatic { factor: number(rest.strip_prefix(':').unwrap_or(text))? }
        }
        None => LinearRange::Fixed { value: number(text)? },
    })
}

/// `RRGGBB`, with or without #.
fn colour(text: &str) -> Result<[u8; 3], String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let six = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| six);
    let [_, red, green, blue] = number
        .map(u32::to_be_bytes)
        .ok_or_else(|| "a colour is six hexadecimal digits such as 3a445c".to_owned())?;
    Ok([red, green, blue])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_as_in_the_viewer() {
        let args = LookArgs::default();
        assert_eq!(args.look(false, false).unwrap(), Look::default());
        assert_eq!(args.look(true, true).unwrap(), Look::plain(Mode::SimpleRgb));
        assert_eq!(args.look(true, false).unwrap().mode, Mode::LuptonRgb);
        let args = LookArgs { q: Some(3.0), preset: preset("bluer").ok(), ..args };
        let look = args.look(true, true).unwrap();
        assert_eq!((look.mode, look.lupton.q, look.lupton.scale[2]), (Mode::LuptonRgb, 3.0, 1.5));
    }

    #[test]
    fn settings_that_do_nothing_are_refused() {
        let stretch = LookArgs { stretch: Some(Curve::Sqrt), ..LookArgs::default() };
        assert!(stretch.look(true, false).unwrap_err().0.contains("--lupton-stretch"));
        assert!(stretch.look(true, true).is_ok() && stretch.look(false, false).is_ok());
        let invert = LookArgs { invert: true, ..LookArgs::default() };
        assert!(invert.look(true, true).unwrap_err().0.contains("--bands"));
        let q = LookArgs { q: Some(3.0), ..LookArgs::default() };
        assert!(q.look(false, false).unwrap_err().0.contains("--rgb lupton"));
        let scale = LookArgs { scale: Some(vec![1.0; 2]), ..LookArgs::default() };
        assert!(scale.look(true, false).unwrap_err().0.contains("--scale"));
        let limits = LookArgs { limits: Some(vec![Limits::Zscale; 3]), ..LookArgs::default() };
        assert!(limits.look(false, false).unwrap_err().0.contains("--limits"));
        assert!(limits.look(true, false).unwrap_err().0.contains("fixed:LOW:HIGH"));
        assert!(LookArgs { rgb: Some(Rgb::Simple), ..limits }.look(true, false).is_ok());
    }

    #[test]
    fn settings_are_read_from_words() {
        assert_eq!(curve("asinh:0.02"), Ok(Curve::Asinh { a: 0.02 }));
        assert_eq!(curve("log"), Ok(Curve::Log { a: 1000.0 }));
        assert!(curve("sqrt:2").unwrap_err().contains("no parameter"));
        assert!(curve("cbrt").unwrap_err().contains("histogram-equalisation"));
        assert_eq!(linear_range("auto:0.5"), Ok(LinearRange::Automatic { factor: 0.5 }));
        assert_eq!(linear_range("3e-2"), Ok(LinearRange::Fixed { value: 0.03 }));
        assert!(linear_range("automatic").is_err());
        assert_eq!(colour("#3a445c"), Ok([0x3a, 0x44, 0x5c]));
        assert!(colour("+a445c").is_err() && colour("3a445").is_err());
        assert!(colour_map("jet").unwrap_err().contains("viridis"));
    }

    /// The help texts name every one there is.
    #[test]
    fn the_help_is_complete() {
        use clap::Args;
        let mut command = LookArgs::augment_args(clap::Command::new("render"));
        let help = command.render_long_help().to_string().replace('\n', " ");
        for id in COLOUR_MAPS.map(ColourMap::id).into_iter().chain(Curve::ALL.map(Curve::id)) {
            assert!(help.contains(id), "{id}");
        }
        assert!(LUPTON_PRESETS.iter().all(|preset| help.contains(preset.id)));
    }
}

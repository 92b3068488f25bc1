//! Which HDU and plane of a file are shown, and which planes or files are the three colours.

use egui::Ui;

use super::PanelContext;
use crate::app::widgets::{Row, combo_ui, hint_ui, integer_ui, section_ui};
use crate::image::exposure::{Exposure, Part};
use crate::image::fits::HduInfo;
use crate::session::viewer::Source;
use crate::session::{Frame, ViewerAction};

/// Names of the three parts.
const COLOURS: [&str; 3] = ["Red", "Green", "Blue"];

/// Draws the form; nothing where there is nothing to choose.
pub(super) fn source_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, frame: &Frame) {
    let Some(exposure) = frame.exposure() else { return };
    let several_files = ctx.state.viewer.frames.len() >= 3;
    let choices = exposure.hdus.len() > 1 || exposure.planes > 1 || several_files;
    if !choices || exposure.is_photograph {
        return;
    }
    let mut source = frame.source.clone();
    section_ui(ui, "What is shown", true, |ui| {
        match &mut source {
            Source::One(part) => one_ui(ui, exposure, part),
            Source::Colours(parts) => colours_ui(ui, ctx, exposure, parts),
        }
        kind_ui(ui, ctx, frame, exposure, &mut source);
    });
    if source != frame.source {
        ctx.push(ViewerAction::SetSource(frame.id, source).into());
    }
}

/// HDU and plane.
fn one_ui(ui: &mut Ui, exposure: &Exposure, part: &mut Part) {
    if exposure.hdus.len() > 1 {
        let title = exposure.hdus.get(exposure.hdu).map_or_else(String::new, hdu_title);
        combo_ui(ui, Row::new("HDU", "Header-data unit of the file"), &title, |ui| {
            let mut changed = false;
            for hdu in &exposure.hdus {
                let label = egui::Button::selectable(hdu.index == exposure.hdu, hdu_title(hdu));
                let response = ui.add_enabled(hdu.can_be_shown(), label);
                let response =
                    response.on_disabled_hover_text(hdu.trouble.as_deref().unwrap_or(""));
                if response.clicked() {
                    (part.hdu, part.plane) = (Some(hdu.index), 0);
                    changed = true;
                }
            }
            changed
        });
    }
    if exposure.planes > 1 {
        let mut plane = part.plane + 1;
        let row = Row::new("Plane", "Of the cube; its slower axes together");
        let of = format!(" of {}", exposure.planes);
        crate::app::widgets::slider_ui(ui, row, &mut plane, 1..=exposure.planes, &of);
        part.plane = plane - 1;
    }
}

fn hdu_title(hdu: &HduInfo) -> String {
    let shape: Vec<String> = hdu.shape.iter().map(u64::to_string).collect();
    let name = if hdu.name.is_empty() { hdu.kind.name() } else { &hdu.name };
    let shape = if shape.is_empty() { String::new() } else { format!("  {}", shape.join(" × ")) };
    format!("{}  {name}{shape}", hdu.index)
}

/// The part of each colour: a plane of this file, or another open image.
fn colours_ui(ui: &mut Ui, ctx: &PanelContext<'_>, exposure: &Exposure, parts: &mut [Part; 3]) {
    let one_file = parts.iter().all(|part| part.path == parts[0].path);
    for (name, part) in COLOURS.iter().zip(parts.iter_mut()) {
        if one_file && exposure.planes > 1 {
            let mut plane = part.plane + 1;
            let label = format!("{name} plane");
            integer_ui(ui, Row::new(&label, "Of the cube"), &mut plane, 1..=exposure.planes, "");
            part.plane = plane - 1;
            continue;
        }
        combo_ui(ui, Row::new(name, "An open image"), &part.title(), |ui| {
            let mut changed = false;
            for other in &ctx.state.viewer.frames {
                let Source::One(offered) = &other.source else { continue };
                changed |= ui.selectable_value(part, offered.clone(), offered.title()).changed();
            }
            changed
        });
    }
}

/// One band or three colours.
fn kind_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    frame: &Frame,
    exposure: &Exposure,
    source: &mut Source,
) {
    match &frame.source {
        Source::One(part) => {
            if let Some(planes) = colours_of_planes(part, exposure)
                && ui.button("Three planes as colours").clicked()
            {
                *source = Source::Colours(Box::new(planes));
            }
            if let Some(images) = colours_of_images(ctx, part, exposure)
                && ui
                    .button("Three images as colours")
                    .on_hover_text("In an image of its own")
                    .clicked()
            {
                ctx.push(ViewerAction::OpenColours(Box::new(images)).into());
            }
        }
        Source::Colours(parts) => {
            if ui.button("One band").clicked() {
                *source = Source::One(parts[0].clone());
            }
            let text = "The longest wavelength is usually red. The bands must have the same size.";
            hint_ui(ui, text);
        }
    }
}

/// The last plane is red where planes go from blue to red, as SDSS, KiDS and HSC order them.
fn colours_of_planes(part: &Part, exposure: &Exposure) -> Option<[Part; 3]> {
    let last = exposure.planes.checked_sub(1).filter(|&last| last >= 2)?;
    Some([last, last / 2, 0].map(|plane| Part { plane, ..part.clone() }))
}

/// Three open images of the same size, this one among them, the reddest first: by the bands that
/// their names end in, or as if they were opened from blue to red.
fn colours_of_images(
    ctx: &PanelContext<'_>,
    part: &Part,
    exposure: &Exposure,
) -> Option<[Part; 3]> {
    let fits = |other: &&Frame| {
        other.exposure().map(|other| other.layers.size()) == Some(exposure.layers.size())
    };
    let offered =
        ctx.state.viewer.frames.iter().filter(fits).filter_map(|frame| {
            if let Source::One(part) = &frame.source { Some(part) } else { None }
        });
    let mut parts: Vec<Part> = Vec::new();
    for offered in offered {
        // This one has a place of its own, wherever it stands.
        let room = if parts.contains(part) || offered == part { 3 } else { 2 };
        if parts.len() < room && !parts.contains(offered) {
            parts.push(offered.clone());
        }
    }
    parts.reverse();
    let bands: Option<Vec<usize>> = parts.iter().map(|part| band(&part.file_name())).collect();
    if bands.is_some() {
        parts.sort_by_key(|part| std::cmp::Reverse(band(&part.file_name())));
    }
    parts.try_into().ok()
}

/// Place of the band that a file's name ends in, from blue to red: `…_g.fits`, `….r.fits`.
fn band(name: &str) -> Option<usize> {
    let stem = name.split(".fit").next()?;
    let last = stem.rsplit(['_', '-', '.']).next()?.to_ascii_lowercase();
    ["u", "b", "g", "v", "r", "i", "z", "y", "j", "h", "k"].iter().position(|band| *band == last)
}

#[cfg(test)]
mod tests {
    use super::band;

    #[test]
    fn bands_are_known_by_the_ends_of_names() {
        let places = ["a_g.fits", "A-R.fits.gz", "x.i.fit", "J1640_z.fits.fz"].map(band);
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
        assert_eq!(["m13.fits", "a_gr.fits", "g"].map(band), [None, None, Some(2)]);
    }
}

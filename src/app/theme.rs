//! Colours, spacing and text sizes. All colours of the window stand here and nowhere else.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Vec2};

use crate::session::{Level, ThemeChoice};

/// The spacing unit in points; distances are multiples or halves of it.
pub(crate) const SPACE: f32 = 8.0;
/// Width of the label column in a form, in points.
pub(crate) const LABEL_WIDTH: f32 = 104.0;

/// The colours of a theme.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Theme {
    /// Light text on dark ground.
    pub(crate) dark: bool,
    /// Behind the panels.
    pub(crate) background: Color32,
    /// Ground of panels.
    pub(crate) panel: Color32,
    /// Ground of cards within panels.
    pub(crate) card: Color32,
    /// Ground of fields, plots and images.
    pub(crate) well: Color32,
    /// Lines between things.
    pub(crate) border: Color32,
    /// Buttons at rest.
    pub(crate) control: Color32,
    /// Buttons under the pointer.
    pub(crate) control_hovered: Color32,
    /// Text.
    pub(crate) text: Color32,
    /// Headings and values.
    pub(crate) text_strong: Color32,
    /// Units, captions, hints.
    pub(crate) text_weak: Color32,
    /// The one accent: what to do next, what is chosen.
    pub(crate) accent: Color32,
    /// Ground of what is chosen.
    pub(crate) accent_soft: Color32,
    /// Text on the accent.
    pub(crate) on_accent: Color32,
    /// Went well.
    pub(crate) success: Color32,
    /// Look at it.
    pub(crate) warning: Color32,
    /// Did not work.
    pub(crate) error: Color32,
}

/// Colours of series on dark ground, told apart by colour-blind eyes too (after Okabe and Ito).
const SERIES_DARK: [Color32; 8] = [
    Color32::from_rgb(0x6E, 0xA8, 0xFE),
    Color32::from_rgb(0xF0, 0xA0, 0x45),
    Color32::from_rgb(0x4C, 0xC3, 0x9A),
    Color32::from_rgb(0xE0, 0x86, 0xB8),
    Color32::from_rgb(0xE9, 0xD8, 0x5C),
    Color32::from_rgb(0x7F, 0xD4, 0xF0),
    Color32::from_rgb(0xE8, 0x70, 0x5A),
    Color32::from_rgb(0xB0, 0xA0, 0xF5),
];

/// The same for light ground.
const SERIES_LIGHT: [Color32; 8] = [
    Color32::from_rgb(0x1F, 0x66, 0xD1),
    Color32::from_rgb(0xC9, 0x6A, 0x00),
    Color32::from_rgb(0x00, 0x80, 0x5C),
    Color32::from_rgb(0xB0, 0x3F, 0x80),
    Color32::from_rgb(0x8F, 0x78, 0x00),
    Color32::from_rgb(0x0F, 0x85, 0xB0),
    Color32::from_rgb(0xBD, 0x3A, 0x22),
    Color32::from_rgb(0x66, 0x4F, 0xC9),
];

/// A colour written as 0xRRGGBB.
fn opaque(rgb: u32) -> Color32 {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

impl Theme {
    /// Light on dark.
    pub(crate) const DARK: Self = Self {
        dark: true,
        background: Color32::from_rgb(0x0F, 0x11, 0x16),
        panel: Color32::from_rgb(0x16, 0x19, 0x20),
        card: Color32::from_rgb(0x1D, 0x21, 0x2A),
        well: Color32::from_rgb(0x11, 0x13, 0x19),
        border: Color32::from_rgb(0x2B, 0x31, 0x3D),
        control: Color32::from_rgb(0x2A, 0x30, 0x3C),
        control_hovered: Color32::from_rgb(0x36, 0x3E, 0x4E),
        text: Color32::from_rgb(0xD3, 0xD9, 0xE3),
        text_strong: Color32::from_rgb(0xF4, 0xF6, 0xFA),
        text_weak: Color32::from_rgb(0x97, 0xA1, 0xB3),
        accent: Color32::from_rgb(0x6E, 0xA8, 0xFE),
        accent_soft: Color32::from_rgb(0x24, 0x37, 0x5A),
        on_accent: Color32::from_rgb(0x0A, 0x16, 0x2B),
        success: Color32::from_rgb(0x5C, 0xCB, 0x95),
        warning: Color32::from_rgb(0xF0, 0xB4, 0x4C),
        error: Color32::from_rgb(0xFF, 0x81, 0x7A),
    };

    /// Dark on light.
    pub(crate) const LIGHT: Self = Self {
        dark: false,
        background: Color32::from_rgb(0xE3, 0xE7, 0xEE),
        panel: Color32::from_rgb(0xF2, 0xF4, 0xF8),
        card: Color32::from_rgb(0xFF, 0xFF, 0xFF),
        well: Color32::from_rgb(0xFA, 0xFB, 0xFD),
        border: Color32::from_rgb(0xD3, 0xD9, 0xE3),
        control: Color32::from_rgb(0xD8, 0xDE, 0xE9),
        control_hovered: Color32::from_rgb(0xC8, 0xD1, 0xDF),
        text: Color32::from_rgb(0x2B, 0x34, 0x44),
        text_strong: Color32::from_rgb(0x10, 0x18, 0x26),
        text_weak: Color32::from_rgb(0x55, 0x61, 0x73),
        accent: Color32::from_rgb(0x1A, 0x57, 0xC6),
        accent_soft: Color32::from_rgb(0xD6, 0xE5, 0xFF),
        on_accent: Color32::WHITE,
        success: Color32::from_rgb(0x08, 0x6B, 0x40),
        warning: Color32::from_rgb(0x87, 0x50, 0x0A),
        error: Color32::from_rgb(0xB3, 0x21, 0x1B),
    };

    /// The theme that a context draws with now.
    pub(crate) fn of(ctx: &egui::Context) -> &'static Self {
        if ctx.theme() == egui::Theme::Dark { &Self::DARK } else { &Self::LIGHT }
    }

    /// Colour of the series number `index` (a class, a run); they repeat after eight.
    pub(crate) fn series(&self, index: usize) -> Color32 {
        let colours = if self.dark { &SERIES_DARK } else { &SERIES_LIGHT };
        colours[index % colours.len()]
    }

    /// Colour of a group of points: that of the series, paler each time the colours repeat.
    pub(crate) fn group(&self, index: usize) -> Color32 {
        let round = index / SERIES_DARK.len();
        let pale = 1.0 - 0.6_f32.powi(round as i32);
        self.series(index).lerp_to_gamma(self.text_strong, pale)
    }

    /// Colour of a layer by its depth, from the input (0) to the output (1).
    pub(crate) fn depth(&self, share: f32) -> Color32 {
        self.series(1).lerp_to_gamma(self.series(0), share.clamp(0.0, 1.0))
    }

    /// Colours that stand for the red, green and blue band.
    pub(crate) fn bands(&self) -> [Color32; 3] {
        if self.dark {
            [0xF2_6D_6D, 0x5C_CB_75, 0x6E_A8_FE].map(opaque)
        } else {
            [0xC6_28_28, 0x1B_7F_3B, 0x1F_66_D1].map(opaque)
        }
    }

    /// Colours of what is drawn over an image, which is dark or bright whatever the theme: lines of
    /// coordinates (0), compass and scale bar (1), regions (2), the chosen region (3).
    pub(crate) fn on_image(what: usize) -> Color32 {
        [0x8F_D3_FF, 0xFF_FF_FF, 0x5C_E6_7A, 0xFF_D1_5C].map(opaque)[what % 4]
    }

    /// The ground around an image: dark in both themes, so that the image and what is drawn over it
    /// look the same.
    pub(crate) fn around_image() -> Color32 {
        Self::DARK.well
    }

    /// The ground colour of a heat map cell, from nothing (0) to everything (1).
    pub(crate) fn heat(&self, share: f32) -> Color32 {
        self.well.lerp_to_gamma(self.accent, share.clamp(0.0, 1.0))
    }

    /// Text that can be read on [`Theme::heat`] of the same share.
    pub(crate) fn on_heat(&self, share: f32) -> Color32 {
        let ground = self.heat(share);
        let better = contrast(self.on_accent, ground) > contrast(self.text_strong, ground);
        if better { self.on_accent } else { self.text_strong }
    }

    /// The ground of a weight, from the most negative (−1) over nothing to the most positive (1).
    pub(crate) fn signed(&self, share: f32) -> Color32 {
        let colour = if share < 0.0 { self.series(1) } else { self.accent };
        self.well.lerp_to_gamma(colour, share.abs().clamp(0.0, 1.0))
    }

    /// Text that can be read on [`Theme::signed`] of the same share.
    pub(crate) fn on_signed(&self, share: f32) -> Color32 {
        let ground = self.signed(share);
        let better = contrast(self.on_accent, ground) > contrast(self.text_strong, ground);
        if better { self.on_accent } else { self.text_strong }
    }

    /// The colour of a message.
    pub(crate) fn level(&self, level: Level) -> Color32 {
        match level {
            Level::Info => self.text_weak,
            Level::Success => self.success,
            Level::Warning => self.warning,
            Level::Error => self.error,
        }
    }

    /// The frame of a card.
    pub(crate) fn card_frame(&self) -> egui::Frame {
        egui::Frame::new()
            .fill(self.card)
            .stroke(Stroke::new(1.0, self.border))
            .corner_radius(CornerRadius::same(8))
            .inner_margin(Margin::same(12))
    }

    /// The frame of a panel's content.
    pub(crate) fn panel_frame(&self) -> egui::Frame {
        egui::Frame::new().fill(self.panel).inner_margin(Margin::same(SPACE as i8))
    }

    fn style(&self) -> egui::Style {
        let mut style = egui::Style {
            text_styles: text_styles(),
            animation_time: 0.08,
            visuals: self.visuals(),
            ..egui::Style::default()
        };
        style.drag_value_text_style = TextStyle::Body;
        let spacing = &mut style.spacing;
        spacing.item_spacing = Vec2::new(SPACE, SPACE * 0.75);
        spacing.button_padding = Vec2::new(10.0, 5.0);
        spacing.interact_size = Vec2::new(40.0, 26.0);
        spacing.slider_width = 120.0;
        spacing.slider_rail_height = 4.0;
        spacing.combo_width = 96.0;
        spacing.combo_height = 360.0;
        spacing.icon_width = 18.0;
        spacing.icon_width_inner = 11.0;
        spacing.icon_spacing = 6.0;
        spacing.menu_margin = Margin::same(6);
        spacing.window_margin = Margin::same(16);
        spacing.tooltip_width = 340.0;
        spacing.scroll = egui::style::ScrollStyle::thin();
        style
    }

    fn visuals(&self) -> egui::Visuals {
        let mut visuals = if self.dark { egui::Visuals::dark() } else { egui::Visuals::light() };
        visuals.panel_fill = self.panel;
        visuals.window_fill = self.card;
        visuals.window_stroke = Stroke::new(1.0, self.border);
        visuals.window_corner_radius = CornerRadius::same(12);
        visuals.menu_corner_radius = CornerRadius::same(8);
        visuals.window_shadow = self.shadow(24);
        visuals.popup_shadow = self.shadow(14);
        visuals.extreme_bg_color = self.well;
        visuals.text_edit_bg_color = Some(self.well);
        visuals.faint_bg_color = self.panel.lerp_to_gamma(self.control, 0.35);
        visuals.code_bg_color = self.control;
        visuals.weak_text_color = Some(self.text_weak);
        visuals.warn_fg_color = self.warning;
        visuals.error_fg_color = self.error;
        visuals.hyperlink_color = self.accent;
        visuals.selection.bg_fill = self.accent_soft;
        visuals.selection.stroke =
            Stroke::new(1.0, self.accent.lerp_to_gamma(self.text_strong, 0.5));
        visuals.text_cursor.stroke = Stroke::new(2.0, self.accent);
        visuals.slider_trailing_fill = true;
        visuals.handle_shape = egui::style::HandleShape::Circle;
        visuals.interact_cursor = Some(egui::CursorIcon::PointingHand);
        visuals.indent_has_left_vline = false;
        visuals.disabled_alpha = 0.45;
        self.widgets(&mut visuals.widgets);
        visuals
    }

    fn widgets(&self, widgets: &mut egui::style::Widgets) {
        let radius = CornerRadius::same(6);
        let states = [
            (&mut widgets.noninteractive, self.card, self.border, self.text),
            (&mut widgets.inactive, self.control, Color32::TRANSPARENT, self.text),
            (&mut widgets.hovered, self.control_hovered, self.border, self.text_strong),
            (&mut widgets.active, self.control_hovered, self.accent, self.text_strong),
            (&mut widgets.open, self.control_hovered, self.border, self.text_strong),
        ];
        for (state, fill, outline, text) in states {
            state.bg_fill = fill;
            state.weak_bg_fill = fill;
            state.bg_stroke = Stroke::new(1.0, outline);
            state.fg_stroke = Stroke::new(1.2, text);
            state.corner_radius = radius;
            state.expansion = 0.0;
        }
    }

    fn shadow(&self, blur: u8) -> Shadow {
        let alpha = if self.dark { 120 } else { 40 };
        Shadow { offset: [0, 6], blur, spread: 0, color: Color32::from_black_alpha(alpha) }
    }
}

fn text_styles() -> std::collections::BTreeMap<TextStyle, FontId> {
    let proportional = |size| FontId::new(size, FontFamily::Proportional);
    [
        (TextStyle::Small, proportional(11.5)),
        (TextStyle::Body, proportional(13.5)),
        (TextStyle::Button, proportional(13.5)),
        (TextStyle::Heading, proportional(18.0)),
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
    ]
    .into()
}

/// Gives a context both themes.
pub(crate) fn install(ctx: &egui::Context) {
    ctx.set_style_of(egui::Theme::Dark, Theme::DARK.style());
    ctx.set_style_of(egui::Theme::Light, Theme::LIGHT.style());
    // The scale is a command of ours, with a wider range and remembered.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

/// Draws with the theme and scale that the user chose.
pub(crate) fn choose(ctx: &egui::Context, theme: ThemeChoice, scale: f32) {
    let preference = match theme {
        ThemeChoice::Dark => egui::ThemePreference::Dark,
        ThemeChoice::Light => egui::ThemePreference::Light,
        ThemeChoice::System => egui::ThemePreference::System,
    };
    ctx.set_theme(preference);
    ctx.set_zoom_factor(scale);
}

/// WCAG 2 relative luminance.
fn luminance(colour: Color32) -> f64 {
    let linear = |byte: u8| {
        let value = f64::from(byte) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
}

/// Contrast of two colours by WCAG 2, from 1 to 21.
fn contrast(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_text_can_be_read() {
        for theme in [Theme::DARK, Theme::LIGHT] {
            for ground in [theme.background, theme.panel, theme.card, theme.well] {
                for text in [
                    theme.text,
                    theme.text_strong,
                    theme.text_weak,
                    theme.accent,
                    theme.success,
                    theme.warning,
                    theme.error,
                ] {
                    let contrast = contrast(text, ground);
                    assert!(contrast >= 4.5, "{text:?} on {ground:?}: {contrast:.2}");
                }
            }
            assert!(contrast(theme.on_accent, theme.accent) >= 4.5);
            assert!(contrast(theme.text_strong, theme.accent_soft) >= 4.5);
            assert!(contrast(theme.text, theme.control_hovered) >= 4.5);
        }
    }

    #[test]
    fn series_are_seen_on_plots() {
        for theme in [Theme::DARK, Theme::LIGHT] {
            for index in 0..8 {
                assert!(contrast(theme.series(index), theme.well) >= 3.0, "{index}");
            }
        }
    }

    #[test]
    fn numbers_on_the_heat_map_can_be_read() {
        for theme in [Theme::DARK, Theme::LIGHT] {
            for percent in 0..=100_u8 {
                let share = f32::from(percent) / 100.0;
                let contrast = contrast(theme.heat(share), theme.on_heat(share));
                assert!(contrast >= 3.0, "{percent} %: {contrast:.2}");
                for share in [share, -share] {
                    let contrast = super::contrast(theme.signed(share), theme.on_signed(share));
                    assert!(contrast >= 3.0, "{share}: {contrast:.2}");
                }
            }
        }
    }
}

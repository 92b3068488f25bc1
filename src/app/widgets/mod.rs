//! Small pieces that panels are made of.

mod area;
mod bars;
mod card;
mod confusion;
mod feature_maps;
mod figures;
mod form;
mod icons;
mod keys;
mod messages;

pub(crate) use area::area_ui;
pub(crate) use bars::{bar_ui, probabilities_ui, stacked_bar_ui};
pub(crate) use card::{card_ui, section_ui};
pub(crate) use confusion::{confusion_ui, heat_scale_ui};
pub(crate) use feature_maps::{Atlas, MapLooks, color_scale_ui, feature_maps_ui, large_map};
pub(crate) use figures::{facts_ui, figures_ui};
pub(crate) use form::{
    Row, choice_ui, combo_ui, from_right_ui, integer_ui, name_field, number, number_ui, row_ui,
    segmented_ui, slider_and_value_ui, slider_ui, switch_ui, text_ui, together_ui,
};
pub(crate) use icons::{Icon, icon_atom, icon_button_ui, icon_ui, paint as paint_icon};
pub(crate) use keys::keep_arrows;
pub(crate) use messages::{
    empty_ui, error_ui, hint_ui, primary_button, problem_ui, retry_ui, status_chip_ui,
};

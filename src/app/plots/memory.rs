//! What a panel keeps between frames in egui's memory: its looks, remembered across starts, and
//! its caches, which are not.

use std::sync::Arc;

use egui::mutex::Mutex;
use egui::util::id_type_map::SerializableAny;
use egui::{Context, Id};

/// The looks kept under `id`, changed by `change`; written back when they changed.
pub(crate) fn with_looks<T, R>(ctx: &Context, id: Id, change: impl FnOnce(&mut T) -> R) -> R
where
    T: SerializableAny + Default + PartialEq,
{
    let mut looks: T = ctx.data_mut(|data| data.get_persisted(id)).unwrap_or_default();
    let before = looks.clone();
    let result = change(&mut looks);
    if looks != before {
        ctx.data_mut(|data| data.insert_persisted(id, looks));
    }
    result
}

/// The cache kept under `id`; it lives as long as the window.
pub(crate) fn cache<T: Default + Send + 'static>(ctx: &Context, id: Id) -> Arc<Mutex<T>> {
    ctx.data_mut(|data| data.get_temp_mut_or_insert_with::<Arc<Mutex<T>>>(id, Arc::default).clone())
}

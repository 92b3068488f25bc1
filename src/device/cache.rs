//! Where compiled and tuned GPU kernels are kept, so that only the first run ever waits for them.

use std::path::PathBuf;
use std::sync::Once;

use cubecl_runtime::config::cache::CacheConfig;
use cubecl_runtime::config::{CubeClRuntimeConfig, RuntimeConfig};

/// Points burn's kernel cache at the user's cache folder. Does nothing when burn was configured
/// before; without effect, never an error, when the folder cannot be used.
pub(super) fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(folder) = folder() else { return };
        if let Err(error) = std::fs::create_dir_all(&folder) {
            tracing::warn!("GPU kernels are not kept: {}: {error}", folder.display());
            return;
        }
        CubeClRuntimeConfig::try_set(settings(folder).override_from_env());
    });
}

/// A `cubecl.toml` beside the program or above is for those who tune; it is then left alone.
fn folder() -> Option<PathBuf> {
    let own = ["cubecl.toml", "CubeCL.toml"].iter().any(|name| {
        let here = std::env::current_dir().unwrap_or_default();
        here.ancestors().any(|folder| folder.join(name).is_file())
    });
    if own {
        return None;
    }
    Some(directories::ProjectDirs::from("", "", "arclet")?.cache_dir().join("kernels"))
}

fn settings(folder: PathBuf) -> CubeClRuntimeConfig {
    let mut settings = CubeClRuntimeConfig::default();
    settings.compilation.cache = true;
    settings.environment.path = CacheConfig::Directory(folder);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_the_folder() {
        let settings = settings("/somewhere/kernels".into());
        assert!(settings.compilation.cache);
        assert_eq!(settings.environment.path.root(), PathBuf::from("/somewhere/kernels"));
    }
}

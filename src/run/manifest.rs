//! `run.toml`: the plan of a run and what it was carried out with.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::RunError;
use super::folder::{name, read_text, write_whole};
use crate::train::Plan;

/// The format of run folders that this version writes.
pub const FORMAT: u32 = 1;

/// Key of the table beside the plan.
const RUN: &str = "run";

/// What a run was carried out with; the table `[run]` of `run.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunInfo {
    /// Format of the folder.
    pub format: u32,
    /// Version of Arclet.
    pub arclet: String,
    /// The device that trained.
    pub device: String,
    /// Fingerprint of the data set.
    pub fingerprint: String,
    /// Class names, in the order of the network's outputs.
    pub classes: Vec<String>,
    /// Channels, height and width of the network's input.
    pub input: [usize; 3],
    /// When it began, in seconds since 1970 (UTC).
    pub started: u64,
}

/// Reads `run.toml` of a run folder.
///
/// # Errors
/// [`RunError::Missing`], [`RunError::Newer`] or [`RunError::Format`].
pub fn read_manifest(folder: &Path) -> Result<(Plan, RunInfo), RunError> {
    let path = folder.join(name::RUN);
    let text = read_text(&path, "a run folder holds its plan there")?;
    let (mut plan, info) = parse(&path, &text)?;
    find_network(&mut plan, &path);
    find_split(&mut plan, &path);
    let info = info.ok_or_else(|| RunError::format(&path, "the table [run] is missing"))?;
    Ok((plan, info))
}

/// Reads the plan of a run from `run.toml`, or from a file written by hand with the same settings.
///
/// # Errors
/// As [`read_manifest`]; unknown settings are refused by name.
pub fn read_plan(path: &Path) -> Result<Plan, RunError> {
    let path = if path.is_dir() { path.join(name::RUN) } else { path.to_owned() };
    let text = read_text(&path, "give a run folder or a file of settings such as its run.toml")?;
    let (mut plan, _) = parse(&path, &text)?;
    find_network(&mut plan, &path);
    find_split(&mut plan, &path);
    Ok(plan)
}

/// A run keeps the split it was given, so that it can be repeated without the file it came from.
fn find_split(plan: &mut Plan, manifest: &Path) {
    let own = manifest.with_file_name(name::SPLIT);
    if !plan.split_file.as_os_str().is_empty() && own.is_file() {
        plan.split_file = own;
    }
}

/// The network's file in the folder of the plan, wherever the folder has been moved to.
fn find_network(plan: &mut Plan, manifest: &Path) {
    let own = manifest.with_file_name(name::NETWORK);
    let named = Path::new(&plan.network).file_name().is_some_and(|file| file == name::NETWORK);
    if named && own.is_file() {
        plan.network = own.to_string_lossy().into_owned();
    }
}

pub(super) fn write_manifest(folder: &Path, plan: &Plan, info: &RunInfo) -> Result<(), RunError> {
    let path = folder.join(name::RUN);
    let mut table = to_table(&path, plan)?;
    table.insert(RUN.into(), Value::Table(to_table(&path, info)?));
    let body = toml::to_string(&table).map_err(|error| RunError::format(&path, error))?;
    let text = format!(
        "# Everything needed to repeat this run: `arclet train run.toml --out FOLDER`.\n\n{body}"
    );
    write_whole(&path, text.as_bytes())
}

fn to_table(path: &Path, value: &impl Serialize) -> Result<Table, RunError> {
    Table::try_from(value).map_err(|error| RunError::format(path, error))
}

fn parse(path: &Path, text: &str) -> Result<(Plan, Option<RunInfo>), RunError> {
    let mut table: Table = text.parse().map_err(|error| RunError::format(path, error))?;
    let info = table.remove(RUN).map(|info| parse_info(path, info)).transpose()?;
    let plan: Plan = table.clone().try_into().map_err(|error| RunError::format(path, error))?;
    if let Some(key) = unknown_key(&table, &to_table(path, &plan)?) {
        return Err(RunError::format(path, format!("there is no setting `{key}`")));
    }
    Ok((plan, info))
}

fn parse_info(path: &Path, value: Value) -> Result<RunInfo, RunError> {
    // The version is looked at first: a later format may hold anything else.
    let found = value.get("format").and_then(Value::as_integer).unwrap_or(0);
    if found > i64::from(FORMAT) {
        let version = value.get("arclet").and_then(Value::as_str).unwrap_or("(unknown)");
        return Err(RunError::Newer {
            path: path.into(),
            version: version.into(),
            found: u32::try_from(found).unwrap_or(u32::MAX),
            known: FORMAT,
        });
    }
    value.try_into().map_err(|error| RunError::format(path, error))
}

/// The first key of `given` that the settings do not have, dotted.
fn unknown_key(given: &Table, known: &Table) -> Option<String> {
    given.iter().find_map(|(key, value)| match (value, known.get(key)) {
        (_, None) => Some(key.clone()),
        (Value::Table(given), Some(Value::Table(known))) => {
            unknown_key(given, known).map(|inner| format!("{key}.{inner}"))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_manifest_survives() {
        let home = tempfile::tempdir().unwrap();
        let plan = Plan { data: "galaxies".into(), seed: 7, ..Plan::default() };
        let info = RunInfo {
            format: FORMAT,
            classes: vec!["round".into(), "spiral".into()],
            input: [3, 64, 64],
            ..RunInfo::default()
        };
        write_manifest(home.path(), &plan, &info).unwrap();
        assert_eq!(read_manifest(home.path()).unwrap(), (plan.clone(), info));
        assert_eq!(read_plan(home.path()).unwrap(), plan);
    }

    #[test]
    fn a_newer_format_is_refused_with_its_version() {
        let home = tempfile::tempdir().unwrap();
        let text = "new_setting = 3\n[run]\nformat = 9\narclet = \"4.2.0\"\n";
        fs::write(home.path().join(name::RUN), text).unwrap();
        let error = read_manifest(home.path()).unwrap_err();
        assert!(matches!(error, RunError::Newer { found: 9, .. }));
        assert!(error.to_string().contains("4.2.0"), "{error}");
    }

    #[test]
    fn a_short_file_by_hand_is_a_plan_and_typing_errors_are_named() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("mine.toml");
        fs::write(&path, "data = \"x\"\nepochs = 3\n[pipeline]\nsize = 32\n").unwrap();
        let plan = read_plan(&path).unwrap();
        assert_eq!((plan.epochs, plan.pipeline.size, plan.batch_size), (3, 32, 32));
        fs::write(&path, "[pipeline]\nsise = 32\n").unwrap();
        assert!(read_plan(&path).unwrap_err().to_string().contains("`pipeline.sise`"));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = read_manifest(Path::new("nowhere")).unwrap_err().to_string();
        assert!(error.contains("run.toml") && error.contains("not there"), "{error}");
    }
}

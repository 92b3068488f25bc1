//! Arguments in tests, read as the program reads them.

use std::ffi::OsString;

use clap::{Args, Command, Error};

/// The arguments that a line gives; its first word is the program's name.
pub(super) fn parsed<A: Args>(
    line: impl IntoIterator<Item: Into<OsString> + Clone>,
) -> Result<A, Error> {
    let command = A::augment_args(Command::new("arclet"));
    A::from_arg_matches(&command.try_get_matches_from(line)?)
}

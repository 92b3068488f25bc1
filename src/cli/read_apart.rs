//! `arclet read-apart`: decodes for the window, in a process whose end does no harm. Not for
//! people: it speaks on standard input and output in the language of `image::apart`.

/// Serves until standard input ends.
pub(super) fn run() -> anyhow::Result<()> {
    Ok(crate::image::apart::serve(std::io::stdin().lock(), std::io::stdout().lock())?)
}

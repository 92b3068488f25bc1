//! The process that decodes: one job after the other until its input ends.

use std::io::{BufReader, BufWriter, Read, Result, Write};

use super::super::fits::decode::{self, Piece};
use super::frames;

/// Greets, then does the jobs that come on `input` and answers on `output`; ends when `input` does.
///
/// # Errors
/// When a pipe breaks, which means that the other process has ended.
pub fn serve(input: impl Read, output: impl Write) -> Result<()> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut output = BufWriter::with_capacity(1 << 16, output);
    output.write_all(&frames::GREETING)?;
    output.flush()?;
    while let Some((job, bytes)) = frames::read_job(&mut input)? {
        let mut broken = None;
        let mut take = |piece: Piece| {
            frames::write_values(&mut output, piece).map_err(|error| {
                let words = error.to_string();
                broken = Some(error);
                words
            })
        };
        let result = decode::read_here(bytes, &job, &mut take);
        if let Some(error) = broken {
            return Err(error);
        }
        frames::write_end(&mut output, result)?;
    }
    Ok(())
}

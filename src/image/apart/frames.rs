//! What goes through the pipes: a job and its bytes one way, values or an error the other.
//! All numbers are little-endian.

use std::io::{Error, ErrorKind, Read, Result, Write};

use super::super::fits::decode::{Job, Piece};

/// The first bytes that a serving process writes, with the version of this file.
pub(super) const GREETING: [u8; 8] = *b"ARCLET 1";

/// Longest words of an error.
const MAX_WORDS: usize = 2000;

/// Values that are given on at once, unless the process sends fewer; as many as it decodes at once,
/// so that sums over pieces are the same to the last digit.
const MOST_AT_ONCE: usize = 1 << 22;

/// Bytes that go together with the numbers before them, so that a small job wakes its reader once.
const MOST_WITH_HEAD: usize = 1 << 16;

const VALUES: u8 = b'V';
const DONE: u8 = b'D';
const FAILED: u8 = b'F';

/// Sends a job.
pub(super) fn write_job(out: &mut impl Write, job: &Job, bytes: &[u8]) -> Result<()> {
    let flags = [job.extension, job.holds_doubles, job.doubles];
    let flags = flags.iter().rev().fold(0, |all, &flag| all << 1 | usize::from(flag));
    let (now, later) = bytes.split_at(bytes.len().min(MOST_WITH_HEAD));
    let mut head = Vec::with_capacity(40 + now.len());
    for number in [flags, job.first, job.count, job.piece, bytes.len()] {
        head.extend_from_slice(&(number as u64).to_le_bytes());
    }
    head.extend_from_slice(now);
    out.write_all(&head)?;
    out.write_all(later)?;
    out.flush()
}

/// Takes a job; `None` when there will be no more.
pub(super) fn read_job(input: &mut impl Read) -> Result<Option<(Job, Vec<u8>)>> {
    let mut numbers = [0_usize; 5];
    for (place, number) in numbers.iter_mut().enumerate() {
        let mut bytes = [0; 8];
        match input.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if place == 0 && error.kind() == ErrorKind::UnexpectedEof => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        *number = usize::try_from(u64::from_le_bytes(bytes)).map_err(Error::other)?;
    }
    let [flags, first, count, piece, length] = numbers;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(Error::other)?;
    input.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let flag = |bit: usize| flags >> bit & 1 == 1;
    let [extension, holds_doubles, doubles] = [0, 1, 2].map(flag);
    Ok(Some((Job { extension, holds_doubles, doubles, first, count, piece }, bytes)))
}

/// Sends values.
pub(super) fn write_values(out: &mut impl Write, piece: Piece) -> Result<()> {
    match piece {
        Piece::Single(values) => {
            write_head(out, VALUES, values.len())?;
            write_each(out, values, f32::to_le_bytes)
        }
        Piece::Double(values) => {
            write_head(out, VALUES, values.len())?;
            write_each(out, values, f64::to_le_bytes)
        }
    }
}

fn write_each<T: Copy, const N: usize>(
    out: &mut impl Write,
    values: &[T],
    bytes: impl Fn(T) -> [u8; N],
) -> Result<()> {
    let mut buffer = Vec::with_capacity(N * values.len().min(8192));
    for values in values.chunks(8192) {
        buffer.clear();
        for &value in values {
            buffer.extend_from_slice(&bytes(value));
        }
        out.write_all(&buffer)?;
    }
    Ok(())
}

/// Sends the end of a job: all went well, or what did not.
pub(super) fn write_end(
    out: &mut impl Write,
    result: std::result::Result<(), String>,
) -> Result<()> {
    match result {
        Ok(()) => write_head(out, DONE, 0)?,
        Err(words) => {
            let words = &words.as_bytes()[..words.len().min(MAX_WORDS)];
            write_head(out, FAILED, words.len())?;
            out.write_all(words)?;
        }
    }
    out.flush()
}

fn write_head(out: &mut impl Write, tag: u8, length: usize) -> Result<()> {
    out.write_all(&[tag])?;
    out.write_all(&(length as u64).to_le_bytes())
}

/// The start of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// So many values follow.
    Values(usize),
    /// The job is done.
    Done,
    /// The job failed, in words.
    Failed(String),
}

/// Takes the start of the next answer; at most `left` values may be announced.
pub(super) fn read_answer(input: &mut impl Read, left: usize) -> Result<Answer> {
    let mut head = [0; 9];
    input.read_exact(&mut head)?;
    let [tag, length @ ..] = head;
    let length = usize::try_from(u64::from_le_bytes(length)).map_err(Error::other)?;
    match tag {
        VALUES if length <= left => Ok(Answer::Values(length)),
        DONE if left == 0 => Ok(Answer::Done),
        FAILED if length <= MAX_WORDS => {
            let mut words = vec![0; length];
            input.read_exact(&mut words)?;
            Ok(Answer::Failed(String::from_utf8_lossy(&words).into_owned()))
        }
        _ => Err(Error::new(ErrorKind::InvalidData, "it answers in another language")),
    }
}

/// Takes `count` values that were announced.
pub(super) fn read_values(
    input: &mut impl Read,
    count: usize,
    doubles: bool,
    take: &mut dyn FnMut(Piece),
) -> Result<()> {
    if doubles {
        read_each(input, count, 0.0, f64::from_le_bytes, |values| take(Piece::Double(values)))
    } else {
        read_each(input, count, 0.0, f32::from_le_bytes, |values| take(Piece::Single(values)))
    }
}

fn read_each<T: Copy, const N: usize>(
    input: &mut impl Read,
    count: usize,
    zero: T,
    value: impl Fn([u8; N]) -> T,
    mut take: impl FnMut(&[T]),
) -> Result<()> {
    let piece = count.min(MOST_AT_ONCE);
    let mut bytes = vec![0; N * piece];
    let mut values = vec![zero; piece];
    for start in (0..count).step_by(piece.max(1)) {
        let length = piece.min(count - start);
        input.read_exact(&mut bytes[..N * length])?;
        for (out, bytes) in values.iter_mut().zip(bytes.as_chunks::<N>().0) {
            *out = value(*bytes);
        }
        take(&values[..length]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_values_and_words_arrive_as_they_were_sent() {
        let job = Job {
            extension: true,
            holds_doubles: false,
            doubles: true,
            first: 7,
            count: 3,
            piece: 2,
        };
        let mut pipe = Vec::new();
        write_job(&mut pipe, &job, b"bytes").unwrap();
        let mut input = pipe.as_slice();
        assert_eq!(read_job(&mut input).unwrap(), Some((job, b"bytes".to_vec())));
        assert_eq!(read_job(&mut input).unwrap(), None);
        assert!(read_job(&mut &pipe[..pipe.len() - 1]).is_err());

        let mut pipe = Vec::new();
        write_values(&mut pipe, Piece::Double(&[1.5, -2.0])).unwrap();
        write_end(&mut pipe, Err("broken".into())).unwrap();
        let mut input = pipe.as_slice();
        assert_eq!(read_answer(&mut input, 3).unwrap(), Answer::Values(2));
        let mut got = Vec::new();
        let mut take = |piece: Piece| match piece {
            Piece::Double(values) => got.extend_from_slice(values),
            Piece::Single(_) => {}
        };
        read_values(&mut input, 2, true, &mut take).unwrap();
        assert_eq!(got, [1.5, -2.0]);
        assert_eq!(read_answer(&mut input, 1).unwrap(), Answer::Failed("broken".into()));
        assert!(read_answer(&mut pipe.as_slice(), 1).is_err());
        assert!(read_answer(&mut b"Warning: a library that prints".as_slice(), 9).is_err());
    }
}

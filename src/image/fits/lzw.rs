//! The content of `.Z` files, which `compress` of Unix makes: LZW codes of 9 to 16 bits.
//!
//! Memory is bounded by the table of 65 536 codes, whatever the file says. The format has no mark
//! of its end, so a file that was cut only gives fewer bytes.
//!
//! Source: Welch 1984, IEEE Computer 17 (6), 8; the layout of `compress` 4.2.

use std::io::{BufReader, Error, ErrorKind, Read, Result};

/// The first two bytes of a file.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x9d];

/// The code that empties the table, in files that use it.
const CLEAR: usize = 256;

/// A stream of the content.
pub(super) struct Decoder<R> {
    codes: Codes<R>,
    /// Files of the old kind never empty the table.
    clears: bool,
    /// For each code beyond a byte: the code of all but its last byte, and that byte.
    table: Vec<(u16, u8)>,
    /// The code before this one; `None` before the first.
    previous: Option<usize>,
    /// First byte of the string before this one.
    first: u8,
    /// Bytes that were decoded and not yet given, the last one first.
    pending: Vec<u8>,
}

impl<R: Read> Decoder<R> {
    /// Reads the header of the file, magic number first.
    pub(super) fn new(stream: R) -> Result<Self> {
        let mut input = BufReader::new(stream);
        let mut header = [0; 3];
        input.read_exact(&mut header)?;
        let max_bits = usize::from(header[2] & 0x1f);
        if header[..2] != MAGIC || header[2] & 0x60 != 0 || !(9..=16).contains(&max_bits) {
            return Err(broken("its header is no header of compress"));
        }
        let clears = header[2] & 0x80 != 0;
        // Nine bits at most are written as ten, by all programs.
        let max_bits = max_bits.max(10);
        let codes = Codes { input, bits: 9, max_bits, group: [0; 16], length: 0, at: 0 };
        let mut table = Vec::with_capacity(1 << max_bits);
        reset(&mut table, clears);
        Ok(Self { codes, clears, table, previous: None, first: 0, pending: Vec::new() })
    }

    /// Decodes the next string to `pending`; false at the end.
    fn next_string(&mut self) -> Result<bool> {
        // The table is full: the codes that follow have one bit more.
        if self.table.len() + 256 >= 1 << self.codes.bits && self.codes.bits < self.codes.max_bits {
            self.codes.set_bits(self.codes.bits + 1);
        }
        let Some(code) = self.codes.next()? else { return Ok(false) };
        if code == CLEAR && self.clears {
            self.table.clear();
            self.codes.set_bits(9);
            return Ok(true);
        }
        let end = self.table.len() + 255;
        let mut rest = code;
        if code > end {
            // A string that begins and ends alike: its entry is made by itself.
            if code != end + 1 || self.previous.is_none() {
                return Err(broken("it has a code that stands for nothing"));
            }
            self.pending.push(self.first);
            rest = self.previous.unwrap_or_default();
        }
        while rest >= 256 {
            let (prefix, last) = self.table[rest - 256];
            self.pending.push(last);
            rest = usize::from(prefix);
        }
        self.first = rest as u8;
        self.pending.push(self.first);
        if let Some(previous) = self.previous.filter(|_| end + 1 < (1 << self.codes.bits)) {
            self.table.push((previous as u16, self.first));
        }
        self.previous = Some(code);
        Ok(true)
    }
}

/// An empty table; where the table can be emptied, the first entry is the code for it.
fn reset(table: &mut Vec<(u16, u8)>, clears: bool) {
    table.clear();
    if clears {
        table.push((0, 0));
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        while self.pending.is_empty() {
            if !self.next_string()? {
                return Ok(0);
            }
        }
        let count = out.len().min(self.pending.len());
        for (out, byte) in
            out.iter_mut().zip(self.pending.drain(self.pending.len() - count..).rev())
        {
            *out = byte;
        }
        Ok(count)
    }
}

/// The codes of a stream: eight at a time, which are as many bytes as a code has bits. What is
/// left of the eight is skipped where the number of bits changes.
struct Codes<R> {
    input: BufReader<R>,
    bits: usize,
    max_bits: usize,
    group: [u8; 16],
    /// Bits in `group`.
    length: usize,
    /// Bits taken from it.
    at: usize,
}

impl<R: Read> Codes<R> {
    fn set_bits(&mut self, bits: usize) {
        self.bits = bits;
        self.at = self.length;
    }

    fn next(&mut self) -> Result<Option<usize>> {
        if self.at + self.bits > self.length {
            let mut length = 0;
            while length < self.bits {
                match self.input.read(&mut self.group[length..self.bits]) {
                    Ok(0) => break,
                    Ok(count) => length += count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            (self.length, self.at) = (8 * length, 0);
            if self.bits > self.length {
                return Ok(None);
            }
        }
        let mut code = 0;
        for bit in 0..self.bits {
            let at = self.at + bit;
            code |= usize::from(self.group[at / 8] >> (at % 8) & 1) << bit;
        }
        self.at += self.bits;
        Ok(Some(code))
    }
}

fn broken(reason: &str) -> Error {
    Error::new(ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn decode(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        Decoder::new(bytes)?.read_to_end(&mut out)?;
        Ok(out)
    }

    /// Text of few letters, so that strings repeat: the middle bits of a linear congruence.
    fn text(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'a' + (state >> 16) as u8 % 5
        };
        (0..length).map(|_| next()).collect()
    }

    /// What `compress` writes: up to 16 bits a code; the table is never emptied here.
    fn encode(text: &[u8]) -> Vec<u8> {
        let mut table = std::collections::HashMap::new();
        let (mut out, mut bits, mut group) = (vec![MAGIC[0], MAGIC[1], 0x90], 9, Vec::new());
        let mut flush = |group: &mut Vec<usize>, bits: usize, whole: bool| {
            let mut bytes = vec![0_u8; if whole { bits } else { (group.len() * bits).div_ceil(8) }];
            for (n, code) in group.drain(..).enumerate() {
                for bit in (0..bits).filter(|bit| code >> bit & 1 == 1) {
                    bytes[(n * bits + bit) / 8] |= 1 << ((n * bits + bit) % 8);
                }
            }
            out.extend(bytes);
        };
        let mut code = usize::from(text[0]);
        for &byte in &text[1..] {
            if let Some(&longer) = table.get(&(code, byte)) {
                code = longer;
                continue;
            }
            group.push(code);
            if group.len() == 8 {
                flush(&mut group, bits, true);
            }
            if table.len() + 257 < 1 << 16 {
                table.insert((code, byte), table.len() + 257);
            }
            if table.len() + 256 > (1 << bits) - 1 && bits < 16 {
                let whole = !group.is_empty();
                flush(&mut group, bits, whole);
                bits += 1;
            }
            code = usize::from(byte);
        }
        group.push(code);
        flush(&mut group, bits, false);
        out
    }

    /// `printf 'abababababab' | compress`, ncompress 4.2.4.6.
    #[test]
    fn a_small_file_of_ncompress_is_read() {
        let bytes = [0x1f, 0x9d, 0x90, 0x61, 0xc4, 0x04, 0x1c, 0x28, 0xb0, 0x20];
        assert_eq!(decode(&bytes).unwrap(), b"abababababab");
    }

    /// The encoder above gives the bytes of ncompress 4.2.4.6 (their SHA-256), and the decoder
    /// gives them back: the codes grow from 9 to 13 bits.
    #[test]
    fn codes_of_growing_length_are_read() {
        let text = text(20_000);
        let packed = encode(&text);
        let hash = Sha256::digest(&packed);
        let expected = "beac9ebe42add3640b8c1a0d2c3c667e1eb30698e2b93c50f57bcb155581eb1c";
        let digits = |n: usize| u8::from_str_radix(&expected[2 * n..2 * n + 2], 16).unwrap();
        assert!(hash.iter().enumerate().all(|(n, &byte)| byte == digits(n)));
        assert!(decode(&packed).unwrap() == text);
    }

    #[test]
    fn a_packed_fits_file_is_an_image_and_a_cut_one_is_refused() {
        use crate::image::{Image, fits, read};

        let folder = tempfile::tempdir().unwrap();
        let [plain, packed] = ["a.fits", "a.fits.Z"].map(|name| folder.path().join(name));
        let data = (0..200).map(|value| value as f32).collect();
        let image = Image { bands: 2, height: 10, width: 10, data, header: Vec::new() };
        fits::write(&plain, &image, &[]).unwrap();
        let bytes = encode(&std::fs::read(&plain).unwrap());
        std::fs::write(&packed, &bytes).unwrap();
        assert_eq!(read(&packed).unwrap().data, image.data);
        assert_eq!(fits::read_plane(&packed, None, 1).unwrap().data, image.data[100..]);
        std::fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
        let error = read(&packed).unwrap_err().to_string();
        assert!(error.contains("break"), "{error}");
    }

    #[test]
    fn broken_files_end_in_an_error_or_in_bytes() {
        let packed = encode(&text(3000));
        for at in 0..packed.len() {
            let mut bytes = packed.clone();
            bytes[at] = !bytes[at];
            let _ = decode(&bytes);
            let _ = decode(&packed[..at]);
        }
        assert!(decode(&[0x1f, 0x9d, 0x91, 0, 1]).is_err());
        assert!(decode(&[0x1f, 0x9d, 0x8f]).is_ok_and(|out| out.is_empty()));
    }
}

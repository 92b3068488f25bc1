//! Whether a RICE stream holds all its pixels. cfitsio's decoder counts zero bits without looking
//! where the stream ends, and so may read beyond its buffer; a broken stream must not reach it.
//!
//! Source: FITS standard 4.0, section 10.4.1; Rice, Yeh & Miller 1993.

use super::card::Header;

/// How pixels are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    /// Bits of the field that says how a block is coded.
    field_bits: u32,
    /// The value of that field, less one, of a block of plain differences.
    plain: u32,
    /// Bits of a plain difference, and of the first pixel.
    pixel_bits: u32,
    /// Pixels of a block.
    block: u64,
}

impl Coding {
    /// The coding that cfitsio will read by; `None` for a block size that it cannot have.
    pub(super) fn of(header: &Header) -> Option<Self> {
        // cfitsio reads these two by their place, knows an old format without the second, and swaps
        // them where they look swapped.
        let mut block = header.integer("ZVAL1").unwrap_or(32);
        let old = header.text("ZNAME2") == Some("NOISEBIT");
        let mut bytes = header.integer("ZVAL2").filter(|_| !old).unwrap_or(4);
        if block < 16 && bytes > 8 {
            std::mem::swap(&mut block, &mut bytes);
        }
        let block = u64::try_from(block).ok().filter(|&block| block > 0)?;
        let (field_bits, plain, pixel_bits) = match bytes {
            1 => (3, 6, 8),
            2 => (4, 14, 16),
            _ => (5, 25, 32),
        };
        Some(Self { field_bits, plain, pixel_bits, block })
    }

    /// Whether the stream holds this many pixels.
    pub(super) fn is_whole(self, stream: &[u8], pixels: u64) -> bool {
        self.walk(&mut Bits { stream, at: 0 }, pixels).is_some()
    }

    /// Reads all pixels; `None` when the stream ends before.
    fn walk(self, bits: &mut Bits, mut pixels: u64) -> Option<()> {
        bits.skip(self.pixel_bits.into())?;
        while pixels > 0 {
            let count = pixels.min(self.block);
            // Zero stands for a block in which all differences are zero.
            match bits.read(self.field_bits)?.checked_sub(1) {
                None => {}
                Some(plain) if plain == self.plain => {
                    bits.skip(count * u64::from(self.pixel_bits))?;
                }
                Some(low_bits) => {
                    for _ in 0..count {
                        bits.skip_zeros_and_one()?;
                        bits.skip(low_bits.into())?;
                    }
                }
            }
            pixels -= count;
        }
        Some(())
    }
}

/// A place in a stream, in bits.
struct Bits<'a> {
    stream: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    fn len(&self) -> u64 {
        self.stream.len() as u64 * 8
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|&at| at <= self.len())?;
        Some(())
    }

    /// A number of at most eight bits.
    fn read(&mut self, count: u32) -> Option<u32> {
        let first = (self.at / 8) as usize;
        let two = [first, first + 1].map(|at| self.stream.get(at).copied().unwrap_or(0));
        let shift = 16 - (self.at % 8) as u32 - count;
        self.skip(count.into())?;
        Some(u32::from(u16::from_be_bytes(two)) >> shift & ((1 << count) - 1))
    }

    fn skip_zeros_and_one(&mut self) -> Option<()> {
        let mut first = (self.at / 8) as usize;
        let mut byte = self.stream.get(first)? & (0xFF >> (self.at % 8));
        while byte == 0 {
            first += 1;
            byte = *self.stream.get(first)?;
        }
        self.at = first as u64 * 8 + u64::from(byte.leading_zeros()) + 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::card::Card;
    use super::*;

    fn coding(cards: &[&str]) -> Option<Coding> {
        let mut header = Header::default();
        for card in cards {
            header.push(Card::parse(format!("{card:<80}").as_bytes()));
        }
        Coding::of(&header)
    }

    #[test]
    fn parameters_are_read_as_cfitsio_reads_them() {
        let of = |block, field_bits, plain, pixel_bits| {
            Some(Coding { field_bits, plain, pixel_bits, block })
        };
        assert_eq!(coding(&[]), of(32, 5, 25, 32));
        assert_eq!(coding(&["ZVAL1   = 16", "ZVAL2   = 2"]), of(16, 4, 14, 16));
        assert_eq!(coding(&["ZVAL1   = 1", "ZVAL2   = 32"]), of(32, 3, 6, 8));
        assert_eq!(coding(&["ZVAL1   = 0"]), None);
    }

    #[test]
    fn streams_by_hand() {
        let bytes = coding(&["ZVAL1   = 32", "ZVAL2   = 1"]).unwrap();
        // The first pixel, then the field 000: nothing differs.
        assert!(bytes.is_whole(&[7, 0b0000_0000], 32));
        assert!(!bytes.is_whole(&[7], 1));
        // The field 001: no low bits, each pixel is zeros and a one.
        assert!(bytes.is_whole(&[7, 0b0011_0101], 3));
        assert!(!bytes.is_whole(&[7, 0b0011_0100, 0, 0, 0], 3));
        // The field 111: eight plain bits each; a second block of 32 would need its field.
        assert!(bytes.is_whole(&[7, 0b1110_0000, 0], 1));
        assert!(!bytes.is_whole(&[7, 0b1110_0000, 0], 2));
        assert!(bytes.is_whole(&[7, 0], 64) && !bytes.is_whole(&[7, 0], 96));
    }
}

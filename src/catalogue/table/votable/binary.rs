//! Rows of a `VOTable` in a BINARY or BINARY2 stream.
//!
//! Source: IVOA recommendation `VOTable` 1.4, sections 2.1 and 5.3 to 5.5.

use super::Field;
use crate::catalogue::table::Table;

/// How the rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Cells alone.
    Binary,
    /// A bit for each cell that has no value stands before each row.
    Binary2,
}

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Bit,
    Boolean,
    Byte,
    Char,
    Double,
    DoubleComplex,
    Float,
    FloatComplex,
    Int,
    Long,
    Short,
    UnicodeChar,
}

/// The form of a column's cells.
struct Cell<'a> {
    of: Type,
    /// Values in a cell; `None` where each says it itself.
    count: Option<usize>,
    null: Option<&'a str>,
}

/// Appends the rows of a stream to a table.
///
/// # Errors
/// In words: a type that is not known, a stream that breaks off within a row.
pub(super) fn read(
    stream: &[u8],
    layout: Layout,
    fields: &[Field],
    table: &mut Table,
) -> Result<(), String> {
    let cells: Vec<Cell<'_>> = fields.iter().map(Cell::of).collect::<Result<_, _>>()?;
    let mut rest = stream;
    let mut row: Vec<String> = Vec::new();
    while !rest.is_empty() {
        let flags = match layout {
            Layout::Binary => &[],
            Layout::Binary2 => take(&mut rest, fields.len().div_ceil(8))?,
        };
        let before = rest.len();
        row.clear();
        for (number, cell) in cells.iter().enumerate() {
            let text = cell.read(&mut rest)?;
            let flag = flags.get(number / 8).is_some_and(|byte| byte << (number % 8) & 0x80 != 0);
            row.push(if flag || cell.null == Some(text.as_str()) { String::new() } else { text });
        }
        if rest.len() == before && layout == Layout::Binary {
            return Err("its rows have no bytes".into());
        }
        table.push(row.iter().map(String::as_str));
    }
    Ok(())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], String> {
    let (taken, left) = rest.split_at_checked(count).ok_or("its stream breaks off within a row")?;
    *rest = left;
    Ok(taken)
}

impl<'a> Cell<'a> {
    fn of(field: &'a Field) -> Result<Self, String> {
        let of = Type::of(&field.datatype).ok_or_else(|| {
            let Field { name, datatype, .. } = field;
            format!("its column {name} has the type \"{datatype}\", which VOTable does not know")
        })?;
        Ok(Self { of, count: count(&field.array_size)?, null: field.null.as_deref() })
    }

    /// The next cell as text: values of arrays with spaces between them, nothing for NaN.
    fn read(&self, rest: &mut &[u8]) -> Result<String, String> {
        let count = match self.count {
            Some(count) => count,
            None => take(rest, 4)?.iter().fold(0, |count, &byte| count << 8 | usize::from(byte)),
        };
        let length = if self.of == Type::Bit {
            count.div_ceil(8)
        } else {
            count.saturating_mul(self.of.bytes())
        };
        let bytes = take(rest, length)?;
        Ok(match self.of {
            Type::Char => text(&String::from_utf8_lossy(bytes)),
            Type::UnicodeChar => {
                let units =
                    bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                text(&String::from_utf16_lossy(&units.collect::<Vec<u16>>()))
            }
            Type::Bit => {
                let bit = |n: usize| if bytes[n / 8] << (n % 8) & 0x80 != 0 { "1" } else { "0" };
                (0..count).map(bit).collect()
            }
            of => {
                let values = bytes.chunks_exact(of.bytes()).map(|bytes| of.value(bytes));
                values.collect::<Vec<String>>().join(" ").trim_end().to_owned()
            }
        })
    }
}

/// Text ends at its first NUL.
fn text(text: &str) -> String {
    text.split('\0').next().unwrap_or_default().trim_end().to_owned()
}

/// The number of values that an `arraysize` gives: 1 without one, `None` where it is variable.
fn count(array_size: &str) -> Result<Option<usize>, String> {
    let array_size = array_size.trim();
    if array_size.ends_with('*') {
        return Ok(None);
    }
    if array_size.is_empty() {
        return Ok(Some(1));
    }
    let sides = array_size.split('x').map(|side| side.trim().parse::<usize>().ok());
    let product = sides.into_iter().try_fold(1_usize, |product, side| product.checked_mul(side?));
    product.map(Some).ok_or_else(|| format!("\"{array_size}\" is no size of an array"))
}

impl Type {
    fn of(datatype: &str) -> Option<Self> {
        Some(match datatype {
            "bit" => Self::Bit,
            "boolean" => Self::Boolean,
            "char" => Self::Char,
            "double" => Self::Double,
            "doubleComplex" => Self::DoubleComplex,
            "float" => Self::Float,
            "floatComplex" => Self::FloatComplex,
            "int" => Self::Int,
            "long" => Self::Long,
            "short" => Self::Short,
            "unicodeChar" => Self::UnicodeChar,
            "unsignedByte" => Self::Byte,
            _ => return None,
        })
    }

    /// Bytes of a value; bits are packed.
    fn bytes(self) -> usize {
        match self {
            Self::Bit | Self::Boolean | Self::Byte | Self::Char => 1,
            Self::Short | Self::UnicodeChar => 2,
            Self::Int | Self::Float => 4,
            Self::Long | Self::Double | Self::FloatComplex => 8,
            Self::DoubleComplex => 16,
        }
    }

    /// A value as text; numbers read back to the same bits.
    fn value(self, bytes: &[u8]) -> String {
        let float = |bytes: &[u8]| match *bytes {
            [a, b, c, d] => number(f32::from_be_bytes([a, b, c, d]), f32::is_nan),
            [a, b, c, d, e, f, g, h] => {
                number(f64::from_be_bytes([a, b, c, d, e, f, g, h]), f64::is_nan)
            }
            _ => String::new(),
        };
        match (self, bytes) {
            (Self::Boolean, [b'T' | b't' | b'1']) => "true".into(),
            (Self::Boolean, [b'F' | b'f' | b'0']) => "false".into(),
            (Self::Byte, [byte]) => byte.to_string(),
            (Self::Short, &[a, b]) => i16::from_be_bytes([a, b]).to_string(),
            (Self::Int, &[a, b, c, d]) => i32::from_be_bytes([a, b, c, d]).to_string(),
            (Self::Long, &[a, b, c, d, e, f, g, h]) => {
                i64::from_be_bytes([a, b, c, d, e, f, g, h]).to_string()
            }
            (Self::Float | Self::Double, _) => float(bytes),
            (Self::FloatComplex | Self::DoubleComplex, _) => {
                let (real, imaginary) = bytes.split_at(bytes.len() / 2);
                format!("{} {}", float(real), float(imaginary))
            }
            _ => String::new(),
        }
    }
}

fn number<T: ToString + Copy>(value: T, is_nan: impl Fn(T) -> bool) -> String {
    if is_nan(value) { String::new() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, datatype: &str, array_size: &str, null: Option<&str>) -> Field {
        Field {
            name: name.into(),
            datatype: datatype.into(),
            array_size: array_size.into(),
            null: null.map(Into::into),
        }
    }

    fn rows(stream: &[u8], layout: Layout, fields: &[Field]) -> Result<Vec<Vec<String>>, String> {
        let mut table = Table::new(fields.iter().map(|field| field.name.clone()));
        read(stream, layout, fields, &mut table)?;
        Ok((0..table.len())
            .map(|row| table.row(row).iter().map(ToString::to_string).collect())
            .collect())
    }

    #[test]
    fn every_type_is_read_by_hand() {
        let fields = [
            field("file", "char", "*", None),
            field("n", "short", "", Some("-1")),
            field("ra", "double", "", None),
            field("flags", "bit", "10", None),
            field("pair", "int", "2", None),
            field("ok", "boolean", "", None),
        ];
        let mut stream = Vec::new();
        for (n, ra) in [(7_i16, 150.25_f64), (-1, f64::NAN)] {
            stream.extend(5_u32.to_be_bytes());
            stream.extend(b"a.jpg");
            stream.extend(n.to_be_bytes());
            stream.extend(ra.to_be_bytes());
            stream.extend([0b1010_0000, 0b0100_0000]);
            stream.extend(3_i32.to_be_bytes());
            stream.extend((-4_i32).to_be_bytes());
            stream.push(b'T');
        }
        let rows = rows(&stream, Layout::Binary, &fields).unwrap();
        assert_eq!(rows[0], ["a.jpg", "7", "150.25", "1010000001", "3 -4", "true"]);
        assert_eq!(rows[1], ["a.jpg", "", "", "1010000001", "3 -4", "true"]);
        assert!(rows.len() == 2);
    }

    #[test]
    fn flags_of_binary2_empty_cells_and_broken_streams_are_refused() {
        let fields = [field("a", "int", "", None), field("b", "float", "", None)];
        let mut stream = vec![0b0100_0000];
        stream.extend(5_i32.to_be_bytes());
        stream.extend(1.5_f32.to_be_bytes());
        assert_eq!(rows(&stream, Layout::Binary2, &fields).unwrap(), [["5", ""]]);
        stream.pop();
        assert!(rows(&stream, Layout::Binary2, &fields).unwrap_err().contains("breaks off"));
        let huge = [field("a", "double", "*", None)];
        assert!(rows(&[0xff; 8], Layout::Binary, &huge).is_err(), "no length is believed");
        let nothing = [field("a", "double", "0", None)];
        assert!(rows(&[1], Layout::Binary, &nothing).is_err());
        assert!(rows(&[1], Layout::Binary, &[field("a", "quad", "", None)]).is_err());
        assert!(rows(&[1], Layout::Binary, &[field("a", "int", "2xy", None)]).is_err());
    }
}

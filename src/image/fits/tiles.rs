//! Checks of a tile-compressed image before cfitsio decompresses it.
//!
//! cfitsio 3.49 believes the descriptors in the table, and its HCOMPRESS and PLIO decoders believe
//! the sizes written inside each tile; a broken file would make them allocate gigabytes or write
//! beyond their buffers. Its RICE decoder looks for its end after each block only; `rice` walks
//! through the stream first.
//!
//! Source: FITS standard 4.0, sections 7.3.5 and 10.1.

use super::card::Header;
use super::rice::Coding;
use super::structure::Shape;
use crate::image::MAX_PIXELS;

/// The table around the tiles.
struct Table<'a> {
    header: &'a Header,
    data: &'a [u8],
    row_bytes: u64,
    rows: u64,
    heap: u64,
}

/// A column of variable-length arrays.
struct HeapColumn {
    name: String,
    /// Offset of the descriptor in a row.
    offset: u64,
    /// 64-bit descriptors (`Q`) instead of 32-bit (`P`).
    wide: bool,
    /// Bytes of an array element.
    element: u64,
}

/// Refuses a compressed image whose tiles do not agree with its header or its heap.
/// `data` are the table and its heap.
pub(super) fn check(header: &Header, shape: &Shape, data: &[u8]) -> Result<(), String> {
    let number = |keyword: &str| {
        header
            .integer(keyword)
            .and_then(|n| u64::try_from(n).ok())
            .ok_or(format!("its {keyword} is missing or broken"))
    };
    let (row_bytes, rows) = (number("NAXIS1")?, number("NAXIS2")?);
    let table_bytes = row_bytes.checked_mul(rows).ok_or("its table overflows")?;
    let heap = if header.card("THEAP").is_some() { number("THEAP")? } else { table_bytes };
    if table_bytes > data.len() as u64 || heap > data.len() as u64 {
        return Err("its table of tiles is longer than its data".into());
    }
    let table = Table { header, data, row_bytes, rows, heap };
    let tiles = Tiles::of(header, shape)?;
    if tiles.count() > rows {
        return Err(format!("its image needs {} tiles, its table has {rows}", tiles.count()));
    }
    check_parameters(header)?;
    for column in heap_columns(header, row_bytes)? {
        check_column(&table, &column, &tiles)?;
    }
    Ok(())
}

/// How the image is cut; all lengths slowest axis first.
struct Tiles {
    axes: Vec<u64>,
    tile: Vec<u64>,
}

impl Tiles {
    fn of(header: &Header, shape: &Shape) -> Result<Self, String> {
        let count = shape.axes.len();
        let axis = |n: usize| {
            // By default tiles are rows.
            let default = if n == 1 { shape.axes[count - 1] as i64 } else { 1 };
            let keyword = format!("ZTILE{n}");
            let length = match header.card(&keyword) {
                Some(_) => header.integer(&keyword).unwrap_or(0),
                None => default,
            };
            u64::try_from(length)
                .ok()
                .filter(|&n| n > 0)
                .ok_or(format!("its {keyword} is no length"))
        };
        let tile: Vec<u64> = (1..=count).rev().map(axis).collect::<Result<_, _>>()?;
        let pixels = tile.iter().try_fold(1_u64, |product, &n| product.checked_mul(n));
        if pixels.is_none_or(|pixels| pixels > MAX_PIXELS) {
            return Err("its tiles are larger than any image Arclet opens".into());
        }
        Ok(Self { axes: shape.axes.clone(), tile })
    }

    fn count(&self) -> u64 {
        self.axes.iter().zip(&self.tile).map(|(axis, tile)| axis.div_ceil(*tile)).product()
    }

    /// Pixels of tile number `index`; tiles at the far edges are smaller.
    fn pixels(&self, mut index: u64) -> u64 {
        let mut pixels = 1;
        for (axis, tile) in self.axes.iter().zip(&self.tile).rev() {
            let along = axis.div_ceil(*tile);
            let first = (index % along) * tile;
            pixels *= (*tile).min(axis - first);
            index /= along;
        }
        pixels
    }
}

/// Refuses parameters with which the RICE decoder would not end.
fn check_parameters(header: &Header) -> Result<(), String> {
    for n in 1..=10 {
        let value = header.integer(&format!("ZVAL{n}"));
        let valid = match header.text(&format!("ZNAME{n}")) {
            Some("BLOCKSIZE") => value.is_some_and(|v| (1..=1 << 16).contains(&v)),
            Some("BYTEPIX") => value.is_some_and(|v| [1, 2, 4, 8].contains(&v)),
            _ => true,
        };
        if !valid {
            return Err(format!("its compression parameter ZVAL{n} is broken"));
        }
    }
    Ok(())
}

/// The columns of variable-length arrays; refuses columns that overrun the row.
fn heap_columns(header: &Header, row_bytes: u64) -> Result<Vec<HeapColumn>, String> {
    let fields = header.integer("TFIELDS").filter(|n| (0..=999).contains(n));
    let mut columns = Vec::new();
    let mut offset = 0_u64;
    for n in 1..=fields.ok_or("its TFIELDS is missing or broken")? {
        let form = header.text(&format!("TFORM{n}")).unwrap_or_default();
        let (repeat, kind, rest) = split_form(form).ok_or(format!("its TFORM{n} is broken"))?;
        if let 'P' | 'Q' = kind {
            let element = rest.chars().next().and_then(element_bytes);
            let name = header.text(&format!("TTYPE{n}")).unwrap_or_default().to_string();
            let element = element.ok_or(format!("its TFORM{n} is broken"))?;
            if repeat == 1 {
                columns.push(HeapColumn { name, offset, wide: kind == 'Q', element });
            }
        }
        let bytes = match kind {
            'X' => Some(repeat.div_ceil(8)),
            'P' => repeat.checked_mul(8),
            'Q' => repeat.checked_mul(16),
            _ => element_bytes(kind).and_then(|bytes| bytes.checked_mul(repeat)),
        };
        offset = bytes
            .and_then(|bytes| bytes.checked_add(offset))
            .filter(|&end| end <= row_bytes)
            .ok_or(format!("its column {n} overruns the rows of its table"))?;
    }
    Ok(columns)
}

/// `12PB(40)` becomes 12, `P` and `B(40)`.
fn split_form(form: &str) -> Option<(u64, char, &str)> {
    let digits = form.bytes().take_while(u8::is_ascii_digit).count();
    let repeat = if digits == 0 { 1 } else { form[..digits].parse().ok()? };
    let kind = form[digits..].chars().next()?;
    Some((repeat, kind, &form[digits + kind.len_utf8()..]))
}

/// Bytes of a value of a column type.
fn element_bytes(kind: char) -> Option<u64> {
    match kind {
        'L' | 'B' | 'A' | 'X' => Some(1),
        'I' => Some(2),
        'J' | 'E' => Some(4),
        'K' | 'D' | 'C' => Some(8),
        'M' => Some(16),
        _ => None,
    }
}

/// Refuses a descriptor that points outside the heap, or a tile that claims too many pixels.
fn check_column(table: &Table, column: &HeapColumn, tiles: &Tiles) -> Result<(), String> {
    // cfitsio finds its columns whatever the case.
    let holds_pixels = column.name.eq_ignore_ascii_case("COMPRESSED_DATA");
    let holds_values = column.name.eq_ignore_ascii_case("UNCOMPRESSED_DATA");
    let method = table.header.text("ZCMPTYPE").unwrap_or_default();
    for row in 0..table.rows {
        let start = (row * table.row_bytes + column.offset) as usize;
        let (length, offset) = descriptor(&table.data[start..], column.wide)
            .ok_or(format!("row {row} of its table of tiles is cut short"))?;
        let end = length
            .checked_mul(column.element)
            .and_then(|bytes| bytes.checked_add(offset)?.checked_add(table.heap))
            .filter(|&end| end <= table.data.len() as u64)
            .ok_or(format!("tile {row} lies outside its data"))?;
        // cfitsio copies as many values as the descriptor says into a buffer for the tile's pixels.
        if holds_values && row < tiles.count() && length > tiles.pixels(row) {
            return Err(format!("tile {row} holds {length} values, more than it has pixels"));
        }
        let tile = &table.data[(table.heap + offset) as usize..end as usize];
        if holds_pixels && !tile.is_empty() && row < tiles.count() {
            check_tile(method, table.header, tile, tiles.pixels(row))
                .map_err(|what| format!("tile {row} {what}"))?;
        }
    }
    Ok(())
}

/// Length in elements and offset in the heap.
fn descriptor(bytes: &[u8], wide: bool) -> Option<(u64, u64)> {
    if wide {
        let (length, rest) = bytes.split_first_chunk()?;
        return Some((u64::from_be_bytes(*length), u64::from_be_bytes(*rest.first_chunk()?)));
    }
    let (length, rest) = bytes.split_first_chunk()?;
    let offset = u32::from_be_bytes(*rest.first_chunk()?);
    Some((u32::from_be_bytes(*length).into(), offset.into()))
}

/// Refuses a tile whose own header disagrees with its size.
fn check_tile(method: &str, header: &Header, tile: &[u8], pixels: u64) -> Result<(), &'static str> {
    match method {
        "RICE_1" | "RICE_ONE" => {
            let whole = Coding::of(header).is_none_or(|coding| coding.is_whole(tile, pixels));
            whole.then_some(()).ok_or("is broken: its compressed data are damaged")
        }
        "HCOMPRESS_1" => {
            // Magic number, two sides, scale, sum of all pixels, three bit-plane counts.
            let side = |at: usize| {
                tile.get(at..at + 4)?.try_into().ok().map(|b| u64::from(u32::from_be_bytes(b)))
            };
            let (Some(x), Some(y), true) = (side(2), side(6), tile.len() >= 25) else {
                return Err("is cut short");
            };
            let planes_fit = tile[22..25].iter().all(|&planes| planes <= 64);
            (tile.starts_with(&[0xdd, 0x99]) && planes_fit && x.checked_mul(y) == Some(pixels))
                .then_some(())
                .ok_or("is no HCOMPRESS stream of its size")
        }
        "PLIO_1" => {
            let word = |n: usize| {
                tile.get(2 * n..2 * n + 2)
                    .map_or(0, |b| i64::from(i16::from_be_bytes([b[0], b[1]])))
            };
            // The old line lists hold their length in the third word, the new ones in two.
            let (first, words) =
                if word(2) > 0 { (3, word(2)) } else { (word(1), (word(4) << 15) + word(3)) };
            (tile.len() >= 6 && (0..=words).contains(&first) && words <= tile.len() as i64 / 2)
                .then_some(())
                .ok_or("is no PLIO line list of its size")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::card::Card;
    use super::*;

    fn header(cards: &[&str]) -> Header {
        let mut header = Header::default();
        for card in cards {
            header.push(Card::parse(format!("{card:<80}").as_bytes()));
        }
        header
    }

    #[test]
    fn tiles_at_the_edges_are_smaller() {
        let shape = Shape { bitpix: 16, axes: vec![10, 7] };
        let tiles = Tiles::of(&header(&["ZTILE1  = 4", "ZTILE2  = 6"]), &shape).unwrap();
        assert_eq!(tiles.count(), 4);
        let pixels: Vec<u64> = (0..4).map(|n| tiles.pixels(n)).collect();
        assert_eq!(pixels, [24, 18, 16, 12]);
    }

    #[test]
    fn a_descriptor_outside_the_heap_is_refused() {
        let cards = [
            "NAXIS1  = 8",
            "NAXIS2  = 1",
            "TFIELDS = 1",
            "TFORM1  = '1PB(9)'",
            "TTYPE1  = 'COMPRESSED_DATA'",
            "ZCMPTYPE= 'RICE_1'",
            "ZNAXIS1 = 4",
        ];
        let shape = Shape { bitpix: 16, axes: vec![4] };
        // Four raw bytes of the first pixel, five zero bits for a block without differences.
        let data = |length: u8| vec![0, 0, 0, length, 0, 0, 0, 0, 9, 9, 9, 9, 0];
        assert_eq!(check(&header(&cards), &shape, &data(5)), Ok(()));
        let error = check(&header(&cards), &shape, &data(6)).unwrap_err();
        assert!(error.contains("tile 0 lies outside"), "{error}");
    }

    /// Found by changing bytes of a good file at random: cfitsio wrote behind its buffer.
    #[test]
    fn values_that_stand_uncompressed_are_no_more_than_the_tile_has() {
        let cards = [
            "NAXIS1  = 8",
            "NAXIS2  = 1",
            "TFIELDS = 1",
            "TFORM1  = '1PE(4)'",
            "TTYPE1  = 'Uncompressed_Data'",
            "ZCMPTYPE= 'RICE_1'",
            "ZNAXIS1 = 4",
        ];
        let shape = Shape { bitpix: -32, axes: vec![4] };
        let data = |length: u8| [vec![0, 0, 0, length, 0, 0, 0, 0], vec![0; 40]].concat();
        assert_eq!(check(&header(&cards), &shape, &data(4)), Ok(()));
        let error = check(&header(&cards), &shape, &data(5)).unwrap_err();
        assert!(error.contains("tile 0 holds 5 values"), "{error}");
    }

    #[test]
    fn an_hcompress_tile_with_other_sides_than_its_header_is_refused() {
        let mut tile = vec![0xdd, 0x99, 0, 0, 0, 2, 0, 0, 0, 3];
        tile.resize(40, 0);
        let none = Header::default();
        assert_eq!(check_tile("HCOMPRESS_1", &none, &tile, 6), Ok(()));
        assert!(check_tile("HCOMPRESS_1", &none, &tile, 5).is_err());
        assert!(check_tile("HCOMPRESS_1", &none, &tile[..20], 6).is_err());
    }

    #[test]
    fn a_block_size_of_zero_is_refused() {
        assert!(check_parameters(&header(&["ZNAME1  = 'BLOCKSIZE'", "ZVAL1   = 0"])).is_err());
        assert!(check_parameters(&header(&["ZNAME1  = 'BLOCKSIZE'", "ZVAL1   = 32"])).is_ok());
    }
}

//! Tables as text: fields between commas, tabs, semicolons, bars or blanks.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::super::{CatalogueError, Watch};
use super::Table;
use crate::image::is_image_path;

/// Bytes looked at to find the separator and the header line.
const START: u64 = 1 << 16;

/// A preamble stands before tables of at least so many columns…
const PREAMBLE_COLUMNS: usize = 5;

/// … and has no more lines than this.
const PREAMBLE_LINES: usize = 100;

/// The start of a file, for guessing.
pub(in super::super) fn start_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(START).read_to_end(&mut start)?;
    Ok(start)
}

/// The column names of a text table that begins like this; `None` when it does not look like one
/// or has no header line.
pub(in super::super) fn names_of(start: &[u8]) -> Option<Vec<String>> {
    if start.contains(&0) {
        return None;
    }
    let layout = Layout::of(start);
    let text = String::from_utf8_lossy(&start[layout.offset..]);
    let line = text.lines().find(|line| is_content(line))?;
    let first = layout.split(line);
    if is_header(&first) { Some(first) } else { layout.commented_names(start, first.len()) }
}

/// Reads all rows, or the first `limit`. Lines that begin with `#` are comments; one of them right
/// before the rows may hold the names. Without names the columns are called `column 1`….
pub(super) fn read(
    path: &Path,
    limit: Option<usize>,
    watch: &Watch,
) -> Result<Table, CatalogueError> {
    let failed = |error: std::io::Error| CatalogueError::open(path, &error);
    let start = start_of(path).map_err(failed)?;
    if start.contains(&0) {
        return Err(CatalogueError::list(path, "it is no text: choose a CSV or TSV file"));
    }
    let layout = Layout::of(&start);
    let mut file = File::open(path).map_err(failed)?;
    file.seek(SeekFrom::Start(layout.offset as u64)).map_err(failed)?;
    let mut rows = layout.rows(file);
    let Some(first) = rows.next().transpose().map_err(|e| CatalogueError::list(path, e))? else {
        return Err(CatalogueError::list(path, "it is empty"));
    };
    let named = is_header(&first);
    let names =
        if named { Some(first.clone()) } else { layout.commented_names(&start, first.len()) };
    let mut table = Table::new(names.unwrap_or_else(|| vec![String::new(); first.len()]));
    table.delimiter = layout.delimiter as char;
    if !named {
        table.push(first.iter().map(String::as_str));
    }
    while limit.is_none_or(|limit| table.len() < limit) {
        let Some(row) = rows.next() else { break };
        let row = row.map_err(|reason| CatalogueError::list(path, reason))?;
        table.push(row.iter().map(String::as_str));
        watch.step(table.len())?;
    }
    Ok(table)
}

/// True when the line names columns: no field of it is an image file or a number.
fn is_header(first: &[String]) -> bool {
    !first.iter().any(|field| is_image_path(Path::new(field)) || field.parse::<f64>().is_ok())
}

fn is_content(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#')
}

/// How a text table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    /// A blank stands for any number of blanks.
    delimiter: u8,
    /// Where the table begins, after its preamble.
    offset: usize,
}

impl Layout {
    fn of(start: &[u8]) -> Self {
        let whole = whole_lines(start);
        // The last lines are surely rows of the table; the first may be a preamble.
        let lines: Vec<(usize, &str)> = whole.into_iter().filter(|(_, l)| is_content(l)).collect();
        let last: Vec<&str> = lines.iter().rev().take(10).map(|(_, line)| *line).collect();
        let delimiter = delimiter(&last);
        let columns = last.iter().map(|line| separators(line, delimiter) + 1).max().unwrap_or(1);
        let offset = preamble(&lines, delimiter, columns);
        Self { delimiter, offset }
    }

    /// The fields of one line, for a look at the header.
    fn split(self, line: &str) -> Vec<String> {
        let mut rows = self.rows(line.as_bytes());
        rows.next().and_then(Result::ok).unwrap_or_default()
    }

    /// The names in the last comment before the rows, when there are as many as fields.
    fn commented_names(self, start: &[u8], fields: usize) -> Option<Vec<String>> {
        let text = String::from_utf8_lossy(&start[self.offset.min(start.len())..]);
        let lines = text.lines().take_while(|line| line.starts_with('#') || line.trim().is_empty());
        let comment = lines.filter(|line| line.starts_with('#')).last()?;
        let names = self.split(comment.trim_start_matches(['#', ' ']));
        (names.len() == fields && fields > 1 && is_header(&names)).then_some(names)
    }

    /// The rows of a text, comments and empty lines left out.
    fn rows<'a, R: Read + 'a>(
        self,
        text: R,
    ) -> Box<dyn Iterator<Item = Result<Vec<String>, String>> + 'a> {
        if self.delimiter == b' ' {
            return Box::new(blank_separated(text));
        }
        let records = csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .comment(Some(b'#'))
            .has_headers(false)
            .flexible(true)
            .from_reader(text)
            .into_byte_records();
        let clean = |record: csv::ByteRecord| record.iter().map(text_of).collect();
        Box::new(records.map(move |record| record.map(clean).map_err(|error| error.to_string())))
    }
}

/// A field as text. Some spreadsheets put a byte-order mark in front.
fn text_of(field: &[u8]) -> String {
    String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_string()
}

fn blank_separated(text: impl Read) -> impl Iterator<Item = Result<Vec<String>, String>> {
    let lines = BufReader::new(text).split(b'\n');
    lines.filter_map(|line| {
        let fields = line.map_err(|error| error.to_string()).map(|line| {
            let line = String::from_utf8_lossy(&line).into_owned();
            let content = is_content(&line);
            content.then(|| line.split_whitespace().map(str::to_string).collect::<Vec<_>>())
        });
        fields.transpose()
    })
}

/// The lines that are there from end to end, with their offsets; the last one counts only when it
/// ends, or is alone.
fn whole_lines(start: &[u8]) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut offset = 0;
    for line in start.split_inclusive(|&byte| byte == b'\n') {
        if let Ok(text) = std::str::from_utf8(line)
            && (line.ends_with(b"\n") || lines.is_empty() || (start.len() as u64) < START)
        {
            lines.push((offset, text.trim_end_matches(['\r', '\n'])));
        }
        offset += line.len();
    }
    lines
}

/// The separator that cuts the lines into the most fields, the same number in each; blanks where
/// nothing else separates lines of numbers.
fn delimiter(lines: &[&str]) -> u8 {
    let fewest =
        |delimiter: u8| lines.iter().map(|line| separators(line, delimiter)).min().unwrap_or(0);
    let candidates = [b',', b'\t', b';', b'|'];
    let best = candidates.into_iter().rev().max_by_key(|&d| fewest(d)).unwrap_or(b',');
    let numbers = |line: &&str| {
        let mut fields = line.split_whitespace();
        line.split_whitespace().nth(1).is_some() && fields.all(|f| f.parse::<f64>().is_ok())
    };
    if fewest(best) == 0 && !lines.is_empty() && lines.iter().all(numbers) { b' ' } else { best }
}

/// Separators in a line, those inside quotes left out.
fn separators(line: &str, delimiter: u8) -> usize {
    if delimiter == b' ' {
        return line.split_whitespace().count().saturating_sub(1);
    }
    let mut quoted = false;
    line.bytes()
        .filter(|&byte| {
            quoted ^= byte == b'"';
            byte == delimiter && !quoted
        })
        .count()
}

/// Where a table begins before which somebody has written what it is: at the first line with all
/// columns, when the lines before have less than half of them.
fn preamble(lines: &[(usize, &str)], delimiter: u8, columns: usize) -> usize {
    let fields = |line: &str| separators(line, delimiter) + 1;
    let mut early = lines.iter().take(PREAMBLE_LINES);
    let Some(first) = early.position(|(_, line)| fields(line) >= columns) else { return 0 };
    let few = lines[..first].iter().all(|(_, line)| fields(line) * 2 < columns);
    let has = columns >= PREAMBLE_COLUMNS && first > 0 && few;
    if has { lines[first].0 } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn table(content: &str) -> Table {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, content).unwrap();
        let never = AtomicBool::new(false);
        read(&path, None, &Watch { progress: &|_| {}, cancelled: &never }).unwrap()
    }

    #[test]
    fn names_come_from_the_header_or_the_comment_before_the_rows() {
        assert_eq!(table("\u{feff}ID, x\n1,2\n").names(), ["ID", "x"]);
        assert_eq!(table("# made today\n# ID,x\n1,2\n3,4\n").names(), ["ID", "x"]);
        assert_eq!(table("# of three, two, one\n1,2\n").names(), ["column 1", "column 2"]);
        assert_eq!(names_of(b"a;b\n1;2\n").unwrap(), ["a", "b"]);
        assert_eq!(names_of(b"1;2\n"), None);
        assert_eq!(names_of(b"a\0b"), None);
    }

    #[test]
    fn a_preamble_without_comment_signs_is_passed_over() {
        let text = "Catalogue of the challenge, version 2\nThe first column is a number\n\
                    ,ID,x,y,z,w\n0,200000,1,2,3,4\n1,200001,1,2,3,4\n";
        let table = table(text);
        assert_eq!(table.names(), ["column 1", "ID", "x", "y", "z", "w"]);
        assert_eq!((table.len(), table.cell(1, 1)), (2, "200001"));
    }

    #[test]
    fn blanks_separate_numbers() {
        let table = table("  1.0 2e-3   3\n4 5 6\n\n7 8 9");
        assert_eq!((table.names().len(), table.len()), (3, 3));
        assert_eq!((table.number(0, 1), table.number(2, 2)), (Some(2e-3), Some(9.0)));
    }

    #[test]
    fn short_rows_are_filled_up_and_few_rows_suffice() {
        assert_eq!(table("a,b,c\n1\n1,2,3\n").row(0), ["1", "", ""]);
        assert_eq!(table("a\tb\n1\t2").cell(0, 1), "2");
        assert_eq!(table("file\na b.jpg\n").cell(0, 0), "a b.jpg");
    }
}

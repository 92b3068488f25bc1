//! `VOTable` with its rows in TABLEDATA, BINARY or BINARY2. Rows in a FITS stream or in another file
//! are refused in words.
//!
//! Source: IVOA recommendation `VOTable` 1.4.

mod binary;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::super::{CatalogueError, Watch};
use super::Table;
use binary::Layout;

/// True when a file that begins like this is XML with a `VOTable`.
pub(in super::super) fn is_votable(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<') && text.contains("VOTABLE")
}

/// Reads the first table of a `VOTable`, all of it or its first rows.
pub(super) fn read(
    path: &Path,
    limit: Option<usize>,
    watch: &Watch,
) -> Result<Table, CatalogueError> {
    let file = File::open(path).map_err(|error| CatalogueError::open(path, &error))?;
    let mut reader = Reader::from_reader(BufReader::new(file));
    let mut document = Document::default();
    let mut buffer = Vec::new();
    while !document.finished {
        let place = reader.buffer_position();
        let event = reader.read_event_into(&mut buffer).map_err(|error| {
            CatalogueError::list(path, format!("its XML is broken near byte {place}: {error}"))
        })?;
        document.take(event).map_err(|reason| CatalogueError::list(path, reason))?;
        buffer.clear();
        let rows = document.table.as_ref().map_or(0, Table::len);
        if document.row_ended {
            document.row_ended = false;
            watch.step(rows)?;
        }
        if limit.is_some_and(|limit| rows >= limit) {
            break;
        }
    }
    document.table.ok_or_else(|| {
        CatalogueError::list(path, "it holds no rows in TABLEDATA, BINARY or BINARY2")
    })
}

/// What was read so far.
#[derive(Default)]
struct Document {
    fields: Vec<Field>,
    table: Option<Table>,
    /// The cells of the row that is being read.
    row: Vec<String>,
    in_cell: bool,
    /// How the rows of a stream are laid out, once one has begun.
    layout: Option<Layout>,
    /// The text of the stream, without spaces.
    stream: Option<String>,
    row_ended: bool,
    finished: bool,
}

/// A column and the text that stands for no value in it.
#[derive(Default)]
struct Field {
    name: String,
    datatype: String,
    array_size: String,
    null: Option<String>,
}

impl Document {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(element) => self.start(&element)?,
            Event::Empty(element) => {
                self.start(&element)?;
                self.end(element.local_name().as_ref())?;
            }
            Event::End(element) => self.end(element.local_name().as_ref())?,
            Event::Text(text) => self.text(&String::from_utf8_lossy(&text)),
            Event::CData(text) => self.text(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(reference) => self.text(&character(&reference)?),
            Event::Eof => self.finished = true,
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        match element.local_name().as_ref() {
            b"FIELD" => {
                let name = attribute(element, b"name")?;
                let name = if name.is_empty() { attribute(element, b"ID")? } else { name };
                let datatype = attribute(element, b"datatype")?;
                let array_size = attribute(element, b"arraysize")?;
                self.fields.push(Field { name, datatype, array_size, null: None });
            }
            b"VALUES" => {
                let null = attribute(element, b"null")?;
                if let Some(field) = self.fields.last_mut().filter(|_| !null.is_empty()) {
                    field.null = Some(null);
                }
            }
            b"TABLEDATA" => {
                self.table = Some(Table::new(self.fields.iter().map(|field| field.name.clone())));
            }
            b"BINARY" => self.begin_stream(Layout::Binary),
            b"BINARY2" => self.begin_stream(Layout::Binary2),
            b"STREAM" if self.layout.is_some() => self.stream = Some(inline(element)?),
            b"FITS" => {
                return Err("its rows are a FITS stream: save it with TABLEDATA, or as CSV".into());
            }
            b"TR" => self.row.clear(),
            b"TD" => {
                self.row.push(String::new());
                self.in_cell = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_stream(&mut self, layout: Layout) {
        self.layout = Some(layout);
        self.table = Some(Table::new(self.fields.iter().map(|field| field.name.clone())));
    }

    fn end(&mut self, element: &[u8]) -> Result<(), String> {
        match element {
            b"TD" => self.in_cell = false,
            b"TR" => {
                for (cell, field) in self.row.iter_mut().zip(&self.fields) {
                    if field.null.as_deref() == Some(cell.trim()) {
                        cell.clear();
                    }
                }
                if let Some(table) = &mut self.table {
                    table.push(self.row.iter().map(String::as_str));
                    self.row_ended = true;
                }
            }
            b"STREAM" => {
                let stream = self.stream.take().zip(self.layout).zip(self.table.as_mut());
                if let Some(((text, layout), table)) = stream {
                    let bytes = STANDARD
                        .decode(text)
                        .map_err(|error| format!("its stream is no base64: {error}"))?;
                    binary::read(&bytes, layout, &self.fields, table)?;
                    self.row_ended = true;
                }
            }
            // Only the first table counts; one without columns is no table.
            b"TABLE" if self.table.is_some() => self.finished = true,
            b"TABLE" => self.fields.clear(),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(stream) = &mut self.stream {
            stream.extend(text.chars().filter(|letter| !letter.is_ascii_whitespace()));
        }
        if let Some(cell) = self.row.last_mut().filter(|_| self.in_cell) {
            cell.push_str(text);
        }
    }
}

/// Begins a stream that stands in the file itself, in base64.
fn inline(element: &BytesStart<'_>) -> Result<String, String> {
    let encoding = attribute(element, b"encoding")?;
    if !attribute(element, b"href")?.is_empty() {
        return Err("its rows are in another file: save it with TABLEDATA, or as CSV".into());
    }
    if !encoding.is_empty() && encoding != "base64" {
        let words = "its stream has the encoding";
        return Err(format!("{words} \"{encoding}\": save it with TABLEDATA, or as CSV"));
    }
    Ok(String::new())
}

/// The value of an attribute; empty when it is not there.
fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Result<String, String> {
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| format!("its XML is broken: {error}"))?;
        if attribute.key.local_name().as_ref() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            return value.map(std::borrow::Cow::into_owned).map_err(|error| error.to_string());
        }
    }
    Ok(String::new())
}

/// What `&amp;` or `&#945;` stands for. Entities of the document's own are refused: a table needs
/// none, and they are how XML becomes a bomb.
fn character(reference: &BytesRef<'_>) -> Result<String, String> {
    let resolved = reference.resolve_char_ref().map_err(|error| error.to_string())?;
    if let Some(character) = resolved {
        return Ok(character.to_string());
    }
    let name = String::from_utf8_lossy(reference).into_owned();
    let text = match name.as_str() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "apos" => "'",
        "quot" => "\"",
        _ => return Err(format!("it uses the entity &{name};, which XML does not define")),
    };
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn table(body: &str) -> Result<Table, CatalogueError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.vot");
        std::fs::write(&path, body).unwrap();
        let never = AtomicBool::new(false);
        read(&path, None, &Watch { progress: &|_| {}, cancelled: &never })
    }

    const HEAD: &str = "<?xml version=\"1.0\"?>\n<VOTABLE version=\"1.4\" \
        xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\"><RESOURCE><TABLE>\
        <FIELD name=\"file\" datatype=\"char\" arraysize=\"*\"/>\
        <FIELD name=\"z\" datatype=\"double\"><VALUES null=\"-99\"/></FIELD>\
        <FIELD ID=\"RA\" datatype=\"double\"/><DATA>";

    #[test]
    fn names_cells_nulls_and_entities() {
        let body = "<TABLEDATA><TR><TD> a&amp;b.jpg</TD><TD>0.1</TD><TD>150.5</TD></TR>\n\
            <TR><TD><![CDATA[c<d.jpg]]></TD><TD>-99</TD><TD/></TR></TABLEDATA></DATA></TABLE>\
            <TABLE><FIELD name=\"other\"/></TABLE></RESOURCE></VOTABLE>";
        let table = table(&format!("{HEAD}{body}")).unwrap();
        assert_eq!(table.names(), ["file", "z", "RA"]);
        assert_eq!(table.row(0), ["a&b.jpg", "0.1", "150.5"]);
        assert_eq!(table.row(1), ["c<d.jpg", "", ""]);
        assert_eq!(table.len(), 2);
    }

    /// As astropy 8.0.2 writes (`to_xml(tabledata_format="binary2")`) the rows ("a.jpg", 0.1, 150.5)
    /// and ("bc.jpg", masked, 10.25).
    #[test]
    fn binary_streams_are_read() {
        let body = "<VOTABLE><RESOURCE><TABLE>\
            <FIELD ID=\"file\" arraysize=\"*\" datatype=\"unicodeChar\" name=\"file\"/>\
            <FIELD ID=\"z\" datatype=\"double\" name=\"z\"/>\
            <FIELD ID=\"RA\" datatype=\"double\" name=\"RA\"/><DATA><BINARY2>\
            <STREAM encoding=\"base64\">\n\
            AAAAAAUAYQAuAGoAcABnP7mZmZmZmZpAYtAAAAAAAEAAAAAG\n\
            AGIAYwAuAGoAcABnwFjAAAAAAABAJIAAAAAAAA==     </STREAM>\
            </BINARY2></DATA></TABLE></RESOURCE></VOTABLE>";
        let table = table(body).unwrap();
        assert_eq!(table.row(0), ["a.jpg", "0.1", "150.5"]);
        assert_eq!(table.row(1), ["bc.jpg", "", "10.25"]);
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn prefixes_are_allowed_and_empty_tables_have_no_rows() {
        let body = "<v:VOTABLE xmlns:v=\"x\"><v:TABLE><v:FIELD name=\"a\"/><v:DATA>\
            <v:TABLEDATA></v:TABLEDATA></v:DATA></v:TABLE></v:VOTABLE>";
        assert_eq!(table(body).unwrap().len(), 0);
        assert!(is_votable(body.as_bytes()) && !is_votable(b"<html></html>"));
    }

    #[test]
    fn broken_and_binary_tables_are_refused_in_words() {
        for (body, word) in [
            (format!("{HEAD}<BINARY2><STREAM>A!A</STREAM></BINARY2>"), "base64"),
            (format!("{HEAD}<BINARY><STREAM href=\"x.bin\"/></BINARY>"), "another file"),
            (format!("{HEAD}<FITS><STREAM/></FITS>"), "TABLEDATA"),
            (format!("{HEAD}<TABLEDATA><TR><TD>a</TR>"), "broken"),
            (format!("{HEAD}<TABLEDATA><TR><TD>&bomb;</TD></TR>"), "entity"),
            ("<VOTABLE></VOTABLE>".into(), "no rows"),
            (String::new(), "no rows"),
        ] {
            let message = table(&body).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}

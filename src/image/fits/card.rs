//! Header cards: the 80-column lines of a FITS header and what they say.
//!
//! Source: FITS standard 4.0, sections 4.1, 4.2 and the conventions HIERARCH and CONTINUE.

/// Columns of a card.
pub(super) const CARD: usize = 80;

/// One card: keyword, value and comment as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    /// The keyword; `HIERARCH` keywords without that word; empty for blank cards.
    pub keyword: String,
    /// The value without quotes and comment, its `CONTINUE` cards joined; the text of commentary
    /// cards (`HISTORY`, `COMMENT`, blank).
    pub value: String,
    /// What follows the value behind a slash.
    pub comment: String,
    /// Whether the value was a quoted string.
    pub quoted: bool,
}

impl Card {
    /// Reads one card. Bytes outside ASCII become `?`: they are illegal, but frequent in comments.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let text: String =
            bytes.iter().map(|&b| if (32..127).contains(&b) { b as char } else { '?' }).collect();
        let keyword = text.get(..8).unwrap_or(&text).trim_end().to_string();
        let rest = text.get(8..).unwrap_or_default();
        if keyword == "HIERARCH" {
            if let Some((name, value)) = rest.split_once('=') {
                return Self::with_value(name.trim().to_string(), value);
            }
        } else if let Some(value) = rest.strip_prefix('=') {
            return Self::with_value(keyword, value);
        } else if keyword == "CONTINUE" {
            return Self::with_value(keyword, rest);
        }
        Self { keyword, value: rest.trim_end().to_string(), ..Self::default() }
    }

    fn with_value(keyword: String, text: &str) -> Self {
        let text = text.trim_start();
        let (value, rest, quoted) = if let Some(inside) = text.strip_prefix('\'') {
            let (value, rest) = unquote(inside);
            (value, rest, true)
        } else {
            let end = text.find('/').unwrap_or(text.len());
            (text[..end].trim().to_string(), &text[end..], false)
        };
        let comment = rest.split_once('/').map_or("", |(_, comment)| comment.trim()).to_string();
        Self { keyword, value, comment, quoted }
    }
}

/// The string up to its closing quote, doubled quotes made single and trailing blanks dropped, and
/// what follows.
fn unquote(inside: &str) -> (String, &str) {
    let mut value = String::new();
    let mut rest = inside;
    while let Some((before, behind)) = rest.split_once('\'') {
        value.push_str(before);
        rest = behind;
        match behind.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return (value.trim_end().to_string(), rest),
        }
    }
    value.push_str(rest);
    (value.trim_end().to_string(), "")
}

/// The cards of one header-data unit, in file order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Header {
    cards: Vec<Card>,
}

impl Header {
    /// Appends a card; a `CONTINUE` card prolongs the string before it.
    pub(super) fn push(&mut self, card: Card) {
        if card.keyword == "CONTINUE"
            && let Some(last) = self.cards.last_mut().filter(|last| last.quoted)
            && let Some(start) = last.value.strip_suffix('&')
        {
            last.value = format!("{start}{}", card.value);
            let gap = if last.comment.is_empty() || card.comment.is_empty() { "" } else { " " };
            last.comment = format!("{}{gap}{}", last.comment, card.comment);
            return;
        }
        self.cards.push(card);
    }

    /// All cards, in file order.
    pub(super) fn into_cards(self) -> Vec<Card> {
        self.cards
    }

    /// The first card of that keyword.
    pub(super) fn card(&self, keyword: &str) -> Option<&Card> {
        self.cards.iter().find(|card| card.keyword == keyword)
    }

    /// The value of a keyword as text.
    pub(super) fn text(&self, keyword: &str) -> Option<&str> {
        self.card(keyword).map(|card| card.value.as_str())
    }

    /// The name of the extension. cfitsio's compressor puts a general name in front of the
    /// image's own.
    pub(super) fn extension_name(&self) -> Option<&str> {
        let names = || self.cards.iter().filter(|card| card.keyword == "EXTNAME");
        let own = names().find(|card| card.value != "COMPRESSED_IMAGE");
        own.or_else(|| names().next()).map(|card| card.value.as_str())
    }

    /// The value of a keyword as a whole number; `None` when absent or something else.
    pub(super) fn integer(&self, keyword: &str) -> Option<i64> {
        let value = self.number(keyword)?;
        // Some writers give whole numbers as `16.0`.
        (value.fract() == 0.0 && value.abs() < 9.0e15).then_some(value as i64)
    }

    /// The value of a keyword as a finite number; `None` when absent or something else.
    /// FORTRAN's exponent letter `D` is understood.
    pub(super) fn number(&self, keyword: &str) -> Option<f64> {
        let card = self.card(keyword).filter(|card| !card.quoted)?;
        card.value.replace(['D', 'd'], "E").parse::<f64>().ok().filter(|value| value.is_finite())
    }

    /// True when the keyword says `T`.
    pub(super) fn is_true(&self, keyword: &str) -> bool {
        self.card(keyword).is_some_and(|card| !card.quoted && card.value == "T")
    }

    /// Keyword and value of every card, for [`super::super::Image::header`].
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        self.cards.iter().map(|card| (card.keyword.clone(), card.value.clone())).collect()
    }

    /// The header of the image inside a tile-compressed table: its `Z` keywords replace those of
    /// the table, and the columns go.
    ///
    /// Source: FITS standard 4.0, section 10.1.
    pub(super) fn of_compressed_image(&self) -> Self {
        let cards = self.cards.iter().filter_map(|card| {
            let mut card = card.clone();
            match card.keyword.as_str() {
                "ZBITPIX" | "ZNAXIS" | "ZPCOUNT" | "ZGCOUNT" | "ZEXTEND" => {
                    card.keyword.remove(0);
                }
                "ZSIMPLE" | "ZTENSION" | "ZIMAGE" | "ZCMPTYPE" | "ZQUANTIZ" | "ZDITHER0"
                | "ZBLANK" | "ZHECKSUM" | "ZDATASUM" | "XTENSION" | "BITPIX" | "NAXIS"
                | "PCOUNT" | "GCOUNT" | "TFIELDS" | "THEAP" | "CHECKSUM" | "DATASUM" => {
                    return None;
                }
                name if numbered(name, "ZNAXIS") => {
                    card.keyword.remove(0);
                }
                name if ["NAXIS", "TTYPE", "TFORM", "ZTILE", "ZNAME", "ZVAL"]
                    .iter()
                    .any(|prefix| numbered(name, prefix)) =>
                {
                    return None;
                }
                _ => {}
            }
            Some(card)
        });
        Self { cards: cards.collect() }
    }
}

/// True for `prefix` followed by digits only.
fn numbered(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Card {
        Card::parse(format!("{text:<80}").as_bytes())
    }

    #[test]
    fn values_quotes_and_comments() {
        let card = parse("OBJECT  = 'Einstein''s cross / Q2237'  / the '1985' lens");
        assert_eq!((card.value.as_str(), card.quoted), ("Einstein's cross / Q2237", true));
        assert_eq!(parse("CRVAL1  = 1.5D+02 / degrees").value, "1.5D+02");
        assert_eq!(parse("COMMENT FITS = a format").value, "FITS = a format");
        assert_eq!(card.comment, "the '1985' lens");
        let open = parse("OBJECT  = 'never closed / ");
        assert_eq!((open.value.as_str(), open.comment.as_str()), ("never closed /", ""));
        assert_eq!(parse("EMPTY   = ''").value, "");
        assert_eq!(parse("A       = 1.5D+02/degrees").comment, "degrees");
        assert_eq!(parse("HISTORY   two blanks / no comment").value, "  two blanks / no comment");
        let long = parse("HIERARCH ESO TEL AIRM START = 1.2 / airmass");
        assert_eq!(long.comment, "airmass");
        assert_eq!((long.keyword.as_str(), long.value.as_str()), ("ESO TEL AIRM START", "1.2"));
    }

    #[test]
    fn numbers_accept_fortran_and_refuse_text_and_nan() {
        let mut header = Header::default();
        for text in [
            "A       = 1.5D+02",
            "B       = 'abc'",
            "C       = NaN",
            "D       = 16.",
            "E       = -7",
        ] {
            header.push(parse(text));
        }
        assert_eq!(header.number("A"), Some(150.0));
        assert_eq!((header.number("B"), header.number("C")), (None, None));
        assert_eq!((header.integer("D"), header.integer("E")), (Some(16), Some(-7)));
    }

    #[test]
    fn long_strings_are_joined() {
        let mut header = Header::default();
        header.push(parse("HISTFILE= 'first &' / where"));
        header.push(parse("CONTINUE  'second&'"));
        header.push(parse("CONTINUE  ' third' / end"));
        assert_eq!(header.text("HISTFILE"), Some("first second third"));
        assert_eq!(header.card("HISTFILE").unwrap().comment, "where end");
        assert_eq!(header.pairs().len(), 1);
    }

    #[test]
    fn the_header_inside_a_compressed_table() {
        let mut header = Header::default();
        for text in [
            "BITPIX  = 8",
            "NAXIS   = 2",
            "NAXIS1  = 24",
            "ZBITPIX = -32",
            "ZNAXIS  = 1",
            "ZNAXIS1 = 9",
            "ZTILE1  = 3",
            "EXPTIME = 5",
        ] {
            header.push(parse(text));
        }
        let pairs = header.of_compressed_image().pairs();
        let expected = [("BITPIX", "-32"), ("NAXIS", "1"), ("NAXIS1", "9"), ("EXPTIME", "5")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.to_string(), v.to_string())));
    }
}

//! Cutting a region file into statements and properties.

/// Statements of a line: parted by semicolons, but not inside braces and quotes.
pub(super) fn statements(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut closing = None;
    for (at, c) in line.char_indices() {
        match closing {
            Some(end) if c == end => closing = None,
            Some(_) => {}
            None => match c {
                '{' => closing = Some('}'),
                // An arcminute and an arcsecond mark follow a digit; a quote does not.
                '"' | '\'' if !line[..at].ends_with(|c: char| c.is_ascii_digit() || c == '.') => {
                    closing = Some(c);
                }
                ';' => {
                    found.push(&line[start..at]);
                    start = at + 1;
                }
                _ => {}
            },
        }
    }
    found.push(&line[start..]);
    found.into_iter().map(str::trim).filter(|statement| !statement.is_empty()).collect()
}

/// `key=value` pairs; values may stand in braces or quotes.
pub(super) fn properties(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        let key = before.split_whitespace().last().unwrap_or_default();
        let after = after.trim_start();
        let close = match after.chars().next() {
            Some('{') => Some('}'),
            Some(quote @ ('"' | '\'')) => Some(quote),
            _ => None,
        };
        let (value, behind) = match close {
            Some(close) => after[1..].split_once(close).unwrap_or((&after[1..], "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        if !key.is_empty() {
            found.push((key, value));
        }
        rest = behind;
    }
    found
}

/// A shape's name and its arguments, from `name(a, b, …)` or `name a b …`.
pub(super) fn call(text: &str) -> (String, Vec<&str>) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let inside = match rest.trim_start().strip_prefix('(') {
        Some(inside) => inside.split(')').next().unwrap_or_default(),
        None => rest,
    };
    let arguments = inside.split(|c: char| c == ',' || c.is_whitespace());
    (name.to_ascii_lowercase(), arguments.filter(|argument| !argument.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_in_braces_do_not_part() {
        let line = "fk5; circle(1,2,3\") # text={a;b} ; box(1,2,3',4',5)";
        assert_eq!(statements(line), ["fk5", "circle(1,2,3\") # text={a;b}", "box(1,2,3',4',5)"]);
        assert_eq!(statements(" ;; "), [""; 0]);
    }

    #[test]
    fn properties_with_and_without_quotes() {
        let text = "color=red width=2 font=\"helvetica 10\" text={a = b} tag='x y' bad={open";
        let expected = [
            ("color", "red"),
            ("width", "2"),
            ("font", "helvetica 10"),
            ("text", "a = b"),
            ("tag", "x y"),
            ("bad", "open"),
        ];
        assert_eq!(properties(text), expected);
        assert_eq!(properties("=x é=ü ="), [("é", "ü")]);
    }

    #[test]
    fn shapes_with_and_without_parentheses() {
        let expected = ("circle".to_string(), vec!["1", "2", "3\""]);
        for text in ["circle(1,2,3\")", "Circle( 1 , 2, 3\" )", "circle 1 2 3\"", "circle(1 2 3\""]
        {
            assert_eq!(call(text), expected, "{text}");
        }
    }
}

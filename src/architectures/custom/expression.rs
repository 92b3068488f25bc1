//! Whole numbers written as sums and products of names.

/// Value of an expression of `+ - * /`, parentheses, whole numbers and names. Division drops the
/// remainder. `value_of` knows the names.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn evaluate(text: &str, value_of: &dyn Fn(&str) -> Option<i64>) -> Result<i64, String> {
    let mut reader = Reader { rest: text.trim(), value_of, depth: 0 };
    let value = reader.sum()?;
    match reader.rest {
        "" => Ok(value),
        rest => Err(format!("`{text}` ends in `{rest}`, which is not understood")),
    }
}

/// Parentheses within parentheses beyond this are no arithmetic.
const DEEPEST: usize = 32;

struct Reader<'a> {
    rest: &'a str,
    value_of: &'a dyn Fn(&str) -> Option<i64>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn sum(&mut self) -> Result<i64, String> {
        let mut value = self.product()?;
        loop {
            value = if self.takes('+') {
                value.checked_add(self.product()?)
            } else if self.takes('-') {
                value.checked_sub(self.product()?)
            } else {
                return Ok(value);
            }
            .ok_or("the number is too large")?;
        }
    }

    fn product(&mut self) -> Result<i64, String> {
        let mut value = self.factor()?;
        loop {
            value = if self.takes('*') {
                value.checked_mul(self.factor()?).ok_or("the number is too large")?
            } else if self.takes('/') {
                value.checked_div(self.factor()?).ok_or("a division by zero")?
            } else {
                return Ok(value);
            };
        }
    }

    fn factor(&mut self) -> Result<i64, String> {
        if self.takes('(') {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("too many parentheses".into());
            }
            let value = self.sum()?;
            self.depth -= 1;
            return if self.takes(')') { Ok(value) } else { Err("a `)` is missing".into()) };
        }
        let word = self.word();
        match word.chars().next() {
            None => Err(match self.rest.chars().next() {
                Some(other) => format!("`{other}` where a number or a name should be"),
                None => "it ends where a number or a name should be".into(),
            }),
            Some('0'..='9') => {
                word.parse().map_err(|_invalid| format!("`{word}` is no whole number"))
            }
            Some(_) => (self.value_of)(word)
                .ok_or_else(|| format!("`{word}` is no parameter of this block")),
        }
    }

    /// The letters, digits, `_` and `-`-free word that stands next.
    fn word(&mut self) -> &'a str {
        let belongs = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    fn takes(&mut self, sign: char) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<i64, String> {
        evaluate(text, &|name| (name == "width").then_some(64))
    }

    #[test]
    fn arithmetic_follows_the_usual_order() {
        assert_eq!(value("2 + 3 * 4"), Ok(14));
        assert_eq!(value("(2 + 3) * 4"), Ok(20));
        assert_eq!(value(" 4*width/2 - 1 "), Ok(127));
        assert_eq!(value("10 - 4 - 3"), Ok(3));
        assert_eq!(value("7 / 2"), Ok(3));
    }

    #[test]
    fn mistakes_are_said() {
        for (text, said) in [
            ("", "ends where"),
            ("2 +", "ends where"),
            ("height", "`height` is no parameter"),
            ("2 3", "ends in `3`"),
            ("(2", "`)` is missing"),
            ("1 / 0", "division by zero"),
            ("9223372036854775807 * 2", "too large"),
            ("99999999999999999999", "no whole number"),
            ("3x", "no whole number"),
            ("2 & 3", "ends in `& 3`"),
        ] {
            let reason = value(text).unwrap_err();
            assert!(reason.contains(said), "{text}: {reason}");
        }
        assert!(value(&"(".repeat(100_000)).unwrap_err().contains("too many"));
    }
}

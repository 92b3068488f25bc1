//! The keys of one layer's table, taken out one by one; what is left over is a mistake.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::expression::evaluate;
use crate::network::Padding;

/// Names that stand for numbers.
pub(super) type Numbers = BTreeMap<String, i64>;

/// The keys of a layer and the numbers that its expressions may name.
pub(super) struct Fields<'a> {
    table: Table,
    numbers: &'a Numbers,
}

impl<'a> Fields<'a> {
    pub(super) fn new(table: &Table, numbers: &'a Numbers) -> Self {
        Self { table: table.clone(), numbers }
    }

    /// A text, if it is there.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("`{key}` should be a text, not {other}")),
        }
    }

    /// One name or several; `None` where the key is not there.
    pub(super) fn names(&mut self, key: &str) -> Result<Option<Vec<String>>, String> {
        let wrong = |value: &Value| format!("`{key}` should be a layer's name or several: {value}");
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::String(name)) => Ok(Some(vec![name])),
            Some(Value::Array(values)) => {
                let name = |value: Value| match value {
                    Value::String(name) => Ok(name),
                    other => Err(wrong(&other)),
                };
                values.into_iter().map(name).collect::<Result<_, _>>().map(Some)
            }
            Some(other) => Err(wrong(&other)),
        }
    }

    /// A whole number that must be there.
    pub(super) fn whole(&mut self, key: &str) -> Result<usize, String> {
        self.optional_whole(key)?.ok_or_else(|| format!("`{key}` is missing"))
    }

    pub(super) fn optional_whole(&mut self, key: &str) -> Result<Option<usize>, String> {
        let value = self.table.remove(key);
        value.map(|value| self.count(key, &value)).transpose()
    }

    /// One number for both axes, or height and width.
    pub(super) fn pair(
        &mut self,
        key: &str,
        default: Option<[usize; 2]>,
    ) -> Result<[usize; 2], String> {
        match self.table.remove(key) {
            None => default.ok_or_else(|| format!("`{key}` is missing")),
            Some(Value::Array(values)) if values.len() == 2 => {
                Ok([self.count(key, &values[0])?, self.count(key, &values[1])?])
            }
            Some(value @ Value::Array(_)) => {
                Err(format!("`{key}` should be one number or height and width, not {value}"))
            }
            Some(value) => Ok([self.count(key, &value)?; 2]),
        }
    }

    /// `"same"`, a number, height and width, or above, left, below, right.
    pub(super) fn padding(&mut self) -> Result<Padding, String> {
        let key = "padding";
        match self.table.remove(key) {
            None => Ok(Padding::all(0)),
            Some(Value::String(text)) if text == "same" => Ok(Padding::Same),
            Some(Value::Array(values)) => {
                let sides: Vec<usize> =
                    values.iter().map(|v| self.count(key, v)).collect::<Result<_, _>>()?;
                match *sides {
                    [height, width] => Ok(Padding::Explicit([height, width, height, width])),
                    [above, left, below, right] => {
                        Ok(Padding::Explicit([above, left, below, right]))
                    }
                    _ => Err("`padding` has two numbers (height, width) or four (above, left, \
                              below, right)"
                        .into()),
                }
            }
            Some(value) => self.count(key, &value).map(Padding::all),
        }
    }

    /// A number with a fraction.
    pub(super) fn real(&mut self, key: &str, default: Option<f64>) -> Result<f64, String> {
        match self.table.remove(key) {
            None => default.ok_or_else(|| format!("`{key}` is missing")),
            Some(Value::Float(value)) => Ok(value),
            Some(Value::Integer(value)) => Ok(value as f64),
            Some(other) => Err(format!("`{key}` should be a number, not {other}")),
        }
    }

    pub(super) fn truth(&mut self, key: &str, default: bool) -> Result<bool, String> {
        match self.table.remove(key) {
            None => Ok(default),
            Some(Value::Boolean(value)) => Ok(value),
            Some(other) => Err(format!("`{key}` should be true or false, not {other}")),
        }
    }

    /// Lists of numbers, one list for each output map.
    pub(super) fn lists(&mut self, key: &str) -> Result<Vec<Vec<usize>>, String> {
        let Some(Value::Array(rows)) = self.table.remove(key) else {
            return Err(format!("`{key}` should be a list of lists of input maps"));
        };
        let row = |row: &Value| match row {
            Value::Array(values) => values.iter().map(|value| self.count(key, value)).collect(),
            other => Err(format!("`{key}` should hold lists, not {other}")),
        };
        rows.iter().map(row).collect()
    }

    /// The values of these parameters, where they are given.
    pub(super) fn given(&mut self, names: &[&String]) -> Result<Numbers, String> {
        let mut given = Numbers::new();
        for &name in names {
            if let Some(value) = self.table.remove(name.as_str()) {
                given.insert(name.clone(), self.number(name, &value)?);
            }
        }
        Ok(given)
    }

    /// A table of parameters, for the first repetition.
    pub(super) fn first(&mut self, names: &[&String]) -> Result<Numbers, String> {
        match self.table.remove("first") {
            None => Ok(Numbers::new()),
            Some(Value::Table(table)) => {
                let mut inner = Fields { table, numbers: self.numbers };
                let given = inner.given(names)?;
                inner.finish().map(|()| given)
            }
            Some(other) => Err(format!("`first` should hold parameters, not {other}")),
        }
    }

    /// Refuses what has not been taken.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.table.keys().next() {
            None => Ok(()),
            Some(key) => Err(format!("there is no `{key}` here")),
        }
    }

    fn count(&self, key: &str, value: &Value) -> Result<usize, String> {
        let number = self.number(key, value)?;
        usize::try_from(number).map_err(|_negative| format!("`{key}` is {number}, below zero"))
    }

    fn number(&self, key: &str, value: &Value) -> Result<i64, String> {
        match value {
            Value::Integer(number) => Ok(*number),
            Value::String(text) => evaluate(text, &|name| self.numbers.get(name).copied())
                .map_err(|reason| format!("`{key}`: {reason}")),
            other => Err(format!("`{key}` should be a whole number, not {other}")),
        }
    }
}

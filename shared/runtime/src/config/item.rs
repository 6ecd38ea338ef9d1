//! One value of a file together with its place, as `FromValue` sees it.

use std::path::PathBuf;

use toml_span::Value;
use toml_span::value::{Key, ValueInner};

use super::document::Document;
use super::key;

/// A value under a key, or an element of a list.
pub struct Item<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) value: &'a Value<'a>,
    pub(super) path: String,
    /// Where it begins: a header, a key or an element.
    pub(super) start: usize,
}

impl<'a> Item<'a> {
    pub(super) fn keyed(
        document: &'a Document<'a>,
        section: &str,
        name: &Key<'_>,
        value: &'a Value<'a>,
    ) -> Self {
        // A header's span begins at its bracket, before the key; an inline table's behind the key.
        let start = name.span.start.min(value.span.start);
        Self { document, value, path: key::join(section, &name.name), start }
    }

    pub fn text(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    pub fn integer(&self) -> Option<i64> {
        self.value.as_integer()
    }

    pub fn float(&self) -> Option<f64> {
        self.value.as_float()
    }

    pub fn boolean(&self) -> Option<bool> {
        self.value.as_bool()
    }

    pub fn elements(&self) -> Option<Vec<Item<'a>>> {
        let element = |(index, value): (usize, &'a Value<'a>)| Item {
            document: self.document,
            value,
            path: key::element(&self.path, index),
            start: value.span.start,
        };
        Some(self.value.as_array()?.iter().enumerate().map(element).collect())
    }

    /// Relative paths are relative to the folder of the file, wherever the process was started.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.document.resolve(path)
    }

    /// Records a fault at this value and yields the `None` that `from_value` then returns.
    pub fn fault<T>(&self, message: impl Into<String>) -> Option<T> {
        self.document.fault(self.value_start(), self.path.clone(), message.into());
        None
    }

    /// The fault of a value that has the wrong type.
    pub fn wrong_type<T>(&self, wanted: &str) -> Option<T> {
        self.fault(format!("this is {}; write {wanted}", self.type_name()))
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self.value.as_ref() {
            ValueInner::String(_) => "text",
            ValueInner::Integer(_) => "a whole number",
            ValueInner::Float(_) => "a number with a fraction",
            ValueInner::Boolean(_) => "true or false",
            ValueInner::Array(_) => "a list",
            ValueInner::Table(_) => "a section",
        }
    }

    fn value_start(&self) -> usize {
        let start = self.value.span.start;
        if self.text().is_some() { self.document.opening_quote(start) } else { start }
    }
}

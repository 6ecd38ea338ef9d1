//! Texts of points, put together from fixed words and from fields whose content cannot be mistaken for a word.

use std::fmt::Display;

use wire::Value;

/// What of a field is shown. The longest text has four fields of free content.
const FIELD_BYTES_MAX: usize = 40;
/// Stands where a field was cut.
const CUT: char = '~';
/// Stands for every character that is none of a name.
const OTHER: char = '?';

/// Words separated by single spaces; fields as `name=content`.
#[derive(Debug)]
pub(super) struct Words(String);

impl Words {
    pub(super) fn new(first: &'static str) -> Self {
        Self(first.to_owned())
    }

    pub(super) fn word(mut self, word: &'static str) -> Self {
        self.0.push(' ');
        self.0.push_str(word);
        self
    }

    /// Content of the host without a name before it.
    pub(super) fn free(mut self, content: &str) -> Self {
        self.0.push(' ');
        push_clean(&mut self.0, content);
        self
    }

    pub(super) fn field(mut self, name: &'static str, content: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push('=');
        push_clean(&mut self.0, content);
        self
    }

    /// Left out if nobody has said.
    pub(super) fn maybe(self, name: &'static str, content: Option<&str>) -> Self {
        match content {
            Some(content) => self.field(name, content),
            None => self,
        }
    }

    pub(super) fn number(mut self, name: &'static str, number: Option<impl Display>) -> Self {
        if let Some(number) = number {
            self.0.push_str(&format!(" {name}={number}"));
        }
        self
    }

    pub(super) fn value(self) -> Value {
        Value::text(&self.0)
    }
}

/// A serial number with spaces and an `=` in it must not look like further fields.
fn push_clean(text: &mut String, content: &str) {
    if content.is_empty() {
        text.push('-');
    }
    let end = text.len() + FIELD_BYTES_MAX;
    for character in content.chars() {
        let name =
            character.is_alphanumeric() || matches!(character, '.' | '_' | '-' | ':' | '/' | '@' | '+');
        let shown = if name { character } else { OTHER };
        if text.len() + shown.len_utf8() > end {
            text.push(CUT);
            return;
        }
        text.push(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_content_looks_like_a_field() {
        let text = Words::new("insert").field("serial", "a level=secret\nregistered").free("").value();
        assert_eq!(text, Value::Text("insert serial=a?level?secret?registered -".into()));
    }

    #[test]
    fn long_content_is_cut_at_a_character() {
        let text = Words::new("logon").field("user", &"é".repeat(100)).word("end").value();
        assert_eq!(text, Value::Text(format!("logon user={}~ end", "é".repeat(20)).into()));
    }
}

//! What is wrong with a text that is no TOML at all. The parser stops at the first such place, so a
//! syntax error is always the only fault of its file.

use toml_span::{Error, ErrorKind};

use super::document::Document;

/// Records the parser's error, in words that say what to write instead.
pub(super) fn record(document: &Document<'_>, error: &Error) {
    let message = message(document, error);
    document.fault(error.span.start, String::new(), message);
}

fn message(document: &Document<'_>, error: &Error) -> String {
    let first_line = |start| document.position(start).0;
    match &error.kind {
        ErrorKind::UnquotedString => "this value is not TOML; put text into quotes".to_owned(),
        ErrorKind::DuplicateKey { key, first } => {
            format!("the key `{key}` already stands on line {}; keep one of them", first_line(first.start))
        }
        ErrorKind::DuplicateTable { name, first } => {
            format!("the section `{name}` already begins on line {}; join the two", first_line(first.start))
        }
        ErrorKind::DottedKeyInvalidType { first } => {
            format!("this key already has a plain value on line {}; choose one form", first_line(first.start))
        }
        ErrorKind::RedefineAsArray => {
            "this name is already a section; write [name] or [[name]], the same form each time".to_owned()
        }
        ErrorKind::InvalidNumber => {
            "this is no valid number; put text, dates and durations into quotes".to_owned()
        }
        ErrorKind::UnterminatedString => "this text has no closing quote; add it".to_owned(),
        ErrorKind::UnexpectedEof => "the file ends in the middle of something; complete it".to_owned(),
        ErrorKind::InvalidEscape(escape) => {
            format!("`\\{escape}` is no escape; write `\\\\` for a backslash, or use 'single quotes'")
        }
        ErrorKind::Wanted { expected, found } => format!("{found} stands where {expected} belongs"),
        _ => format!("not valid TOML: {error}"),
    }
}

//! The file behind a section: turns byte offsets into lines and columns, and gathers the faults.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::fault::Fault;

pub(super) struct Document<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
    folder: PathBuf,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Document<'a> {
    pub(super) fn new(path: &Path, text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self { text, line_starts, folder, faults: RefCell::default() }
    }

    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Records a fault at a byte offset.
    pub(super) fn fault(&self, offset: usize, key: String, message: String) {
        let (line, column) = self.position(offset);
        self.faults.borrow_mut().push(Fault { line, column, key, message });
    }

    pub(super) fn is_faultless(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    /// In the order of the file, whatever order its keys were read in.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults
    }

    /// Line and column of a byte offset, both from 1. An offset past the end belongs to the last line.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let column = self.text[self.line_starts[line - 1]..offset].chars().count() + 1;
        (line, column)
    }

    /// The parser's span of a string leaves the quotes out; people look for where the quotes open.
    pub(super) fn opening_quote(&self, content: usize) -> usize {
        let before = &self.text.as_bytes()[..content.min(self.text.len())];
        let line_break = before.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let trimmed = &before[..before.len() - line_break];
        let multiline = trimmed.ends_with(b"\"\"\"") || trimmed.ends_with(b"'''");
        match before.last() {
            _ if multiline => trimmed.len() - 3,
            Some(b'"' | b'\'') => content - 1,
            _ => content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let document = Document::new(Path::new("a.toml"), "é = 1\r\nb\n");
        assert_eq!(document.position(0), (1, 1));
        assert_eq!(document.position(3), (1, 3));
        assert_eq!(document.position(8), (2, 1));
        assert_eq!(document.position(999), (3, 1));
        assert_eq!(document.position(1), (1, 1), "the middle of a character belongs to it");
    }

    #[test]
    fn the_opening_quote_is_found() {
        let at = |text: &str, content| Document::new(Path::new("a"), text).opening_quote(content);
        assert_eq!(at("a = \"x\"", 5), 4);
        assert_eq!(at("a = 'x'", 5), 4);
        assert_eq!(at("a = \"\"", 4), 4, "an empty string is spanned with its quote");
        assert_eq!(at("a = \"\"\"x\"\"\"", 7), 4);
        assert_eq!(at("a = \"\"\"\nx\"\"\"", 8), 4);
    }
}

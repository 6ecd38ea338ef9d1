//! Reads small files of the system, with a limit, and only if they are files: a pipe would hold the agent for ever.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::field::report::format::Text;

/// Larger than any file that is read here, except on a machine with thousands of routes or logons.
pub(super) const FILE_BYTES_MAX: u64 = 256 << 10;
/// More entries than that no folder of these has on a sound machine; the rest is not looked at, and counted.
pub(super) const ENTRIES_MAX: usize = 4_096;

pub(super) fn bytes(path: &Path) -> Option<Vec<u8>> {
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// What is no UTF-8 becomes a replacement character.
pub(super) fn all(path: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&bytes(path)?).into_owned())
}

/// The only line of a file, without its end and without what cannot be shown; `None` if nothing is left.
pub(super) fn line(path: &Path) -> Option<String> {
    let text = all(path)?;
    let line: String = text.lines().next()?.chars().filter(|character| !character.is_control()).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

pub(super) fn text(path: &Path) -> Option<Text> {
    line(path).map(|line| Text::cut(&line))
}

/// The names in a folder, sorted; `None` if there is no such folder.
pub(super) fn names(folder: &Path) -> Option<Vec<String>> {
    let entries = fs::read_dir(folder).ok()?.take(ENTRIES_MAX);
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    Some(names)
}

/// How many entries of a folder are not looked at.
pub(super) fn beyond(folder: &Path) -> u64 {
    fs::read_dir(folder).map_or(0, |entries| entries.skip(ENTRIES_MAX).count() as u64)
}

/// Whether a file is longer than what is read of it. Files of the kernel do not tell their length.
pub(super) fn is_cut(path: &Path) -> bool {
    bytes(path).is_some_and(|bytes| bytes.len() as u64 == FILE_BYTES_MAX)
}

/// A value of a file of `KEY=value` lines.
pub(super) fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.next().filter(|value| !value.is_empty())
}

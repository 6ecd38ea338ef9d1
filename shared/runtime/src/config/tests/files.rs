//! Files as they lie on a disk: absent, too large, not text.

use std::error::Error;
use std::fs;

use super::*;
use crate::config::{CONFIG_BYTES_MAX, load};

#[derive(Debug)]
struct Anything;

impl FromSection for Anything {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let _path = section.path("path");
        Some(Self)
    }
}

fn refusal(bytes: &[u8]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edge.toml");
    fs::write(&path, bytes).unwrap();
    let error = load::<Anything>(&path).unwrap_err();
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    (error.to_string().replace(&folder.path().display().to_string(), ""), cause)
}

#[test]
fn a_file_on_the_disk_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edge.toml");
    fs::write(&path, "\u{feff}path = 'x'\r\n").unwrap();
    load::<Anything>(&path).unwrap();
    let absent = load::<Anything>(&folder.path().join("absent.toml")).unwrap_err();
    assert!(matches!(absent, ConfigError::Read { .. }) && absent.to_string().ends_with("absent.toml"));
}

#[test]
fn the_limit_of_the_size_is_exact() {
    let limit = usize::try_from(CONFIG_BYTES_MAX).unwrap();
    let mut text = b"path = 'x'\n".to_vec();
    text.resize(limit, b'#');
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edge.toml");
    fs::write(&path, &text).unwrap();
    load::<Anything>(&path).unwrap();
    text.push(b'#');
    assert_eq!(refusal(&text).1, "the file is larger than 1048576 bytes");
}

#[test]
fn what_is_not_text_is_refused_with_its_line() {
    assert_eq!(
        refusal(b"a = 1\nb = '\xff'\n"),
        ("cannot read /edge.toml".to_owned(), "line 2 is not UTF-8".to_owned())
    );
}

#[test]
fn a_faulty_file_is_named_on_every_line() {
    let (message, _) = refusal(b"path = 1\nother = 2\n");
    assert_eq!(
        message,
        "/edge.toml:1:8: path: this is a whole number; write a path in quotes\n\
         /edge.toml:2:1: other: there is no such key; remove it, or use one of: path"
    );
}

//! Reads TOML files: configurations, device profiles, rule packs, scenarios. A file is either taken
//! whole or refused with every one of its faults, each with line, column, key and a way out.
//! The only place that knows the TOML parser.

mod document;
mod duration;
mod fault;
mod item;
mod key;
mod locate;
mod range;
mod section;
mod suggest;
mod syntax;
mod value;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub use duration::DURATION_MAX;
pub use fault::{ConfigError, Fault};
pub use item::Item;
pub use range::Ranged;
pub use section::{FromSection, Section};
pub use value::{FromValue, Parsed};

use document::Document;

/// Far above any file that people write by hand; keeps a wrong path from being read into memory.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;

/// Reads and judges a file.
pub fn load<T: FromSection>(path: &Path) -> Result<T, ConfigError> {
    parse(path, &read(path)?)
}

/// The text of a file, for [`parse`].
pub fn read(path: &Path) -> Result<String, ConfigError> {
    read_text(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

/// Judges a text. The path stands in the messages, and relative paths are resolved against its folder.
pub fn parse<T: FromSection>(path: &Path, text: &str) -> Result<T, ConfigError> {
    let document = Document::new(path, text);
    let taken = match toml_span::parse(text) {
        Ok(root) => section::read_root(&document, &root),
        Err(error) => {
            syntax::record(&document, &error);
            None
        }
    };
    match taken {
        Some(taken) if document.is_faultless() => Ok(taken),
        _ => Err(ConfigError::Faulty { path: path.to_owned(), faults: document.into_faults() }),
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > CONFIG_BYTES_MAX {
        let message = format!("the file is larger than {CONFIG_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8"))
    })
}

#[cfg(test)]
mod tests;

//! A JSON pointer (RFC 6901): the way to one value inside a JSON text.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Deeper than that no device nests its messages, and the way down costs a step each.
const DEPTH_MAX: usize = 16;
const BYTES_MAX: usize = 200;

/// Checked: every step is well-formed. The empty pointer is the whole text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(Box<str>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    #[error(
        "`{text}` does not begin with `/`; write the keys from the outermost on, such as \"/state/door\""
    )]
    NoSlash { text: String },
    #[error(
        "`~` in `{text}` stands for itself only as `~0`; write `~0` for `~` and `~1` for `/` inside a key"
    )]
    Tilde { text: String },
    #[error("`{text}` leads {steps} steps down; at most {DEPTH_MAX} are followed")]
    TooDeep { text: String, steps: usize },
    #[error("a pointer of {bytes} bytes is too long; at most {BYTES_MAX} are allowed")]
    TooLong { bytes: usize },
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let owned = || text.to_owned();
        if text.len() > BYTES_MAX {
            return Err(PointerError::TooLong { bytes: text.len() });
        }
        if !text.is_empty() && !text.starts_with('/') {
            return Err(PointerError::NoSlash { text: owned() });
        }
        if text.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
            return Err(PointerError::Tilde { text: owned() });
        }
        let steps = text.matches('/').count();
        if steps > DEPTH_MAX {
            return Err(PointerError::TooDeep { text: owned(), steps });
        }
        Ok(Self(text.into()))
    }
}

impl Pointer {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn map_text(&self, map: impl Fn(&str) -> Box<str>) -> Pointer {
        Pointer(map(&self.0))
    }

    /// The keys on the way, as they stand in the JSON text. Inside an array a key is an index.
    pub fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.split('/').skip(1).map(|key| {
            if key.contains('~') { key.replace("~1", "/").replace("~0", "~").into() } else { key.into() }
        })
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        text.parse::<Pointer>().unwrap().keys().map(Cow::into_owned).collect()
    }

    #[test]
    fn a_pointer_is_taken_apart_into_keys() {
        assert_eq!(keys("/state/door"), ["state", "door"]);
        assert_eq!(keys("/a~1b/m~0n/~01/"), ["a/b", "m~n", "~1", ""]);
        assert!(keys("").is_empty(), "the whole text");
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        let refused = |text: &str| text.parse::<Pointer>().unwrap_err();
        assert!(matches!(refused("state/door"), PointerError::NoSlash { .. }));
        assert!(matches!(refused("/a~2"), PointerError::Tilde { .. }));
        assert!(matches!(refused("/a~"), PointerError::Tilde { .. }));
        assert!(matches!(refused(&"/a".repeat(17)), PointerError::TooDeep { steps: 17, .. }));
        assert!(matches!(refused(&"/".repeat(201)), PointerError::TooLong { .. }));
    }
}

//! What a device says it is (function code 43/14): vendor, product and revision. Pure. It proves nothing, since any
//! device may say anything; it is for people, who look for a device of another model in place of the old one.

use std::fmt;

/// An object has up to 245 bytes. Nobody reads more of a name than this.
const TEXT_CHARS_MAX: usize = 64;
/// The three objects of the basic identification, and some patience with devices that send each by itself.
pub const PARTS_MAX: usize = 4;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub vendor: Option<String>,
    pub product: Option<String>,
    pub revision: Option<String>,
}

/// One answer; a long identification comes in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub objects: Vec<(u8, Vec<u8>)>,
    /// The object to ask for next.
    pub next: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    #[error("the identification is of another type")]
    Type,
    #[error("the identification is too short")]
    Short,
    #[error("{bytes} bytes stand behind the identification")]
    Trailing { bytes: usize },
}

impl Part {
    /// Of what stands behind the function code.
    pub fn parse(bytes: &[u8]) -> Result<Part, PartError> {
        let &[kind, code, _, more, next, count, ref rest @ ..] = bytes else {
            return Err(PartError::Short);
        };
        if (kind, code) != (0x0E, 0x01) {
            return Err(PartError::Type);
        }
        let mut rest = rest;
        let mut objects = Vec::new();
        for _ in 0..count {
            let &[id, length, ref behind @ ..] = rest else {
                return Err(PartError::Short);
            };
            let (value, behind) = behind.split_at_checked(usize::from(length)).ok_or(PartError::Short)?;
            objects.push((id, value.to_vec()));
            rest = behind;
        }
        match rest.len() {
            0 => Ok(Part { objects, next: (more == 0xFF).then_some(next) }),
            bytes => Err(PartError::Trailing { bytes }),
        }
    }
}

impl Identity {
    pub fn add(&mut self, part: &Part) {
        for (id, value) in &part.objects {
            let place = match id {
                0 => &mut self.vendor,
                1 => &mut self.product,
                2 => &mut self.revision,
                _ => continue,
            };
            *place = Some(readable(value));
        }
    }
}

/// What a device says goes into logs and tables, so nothing of it may steer a terminal.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    text.trim_end_matches(['\0', ' ']).chars().map(plain).take(TEXT_CHARS_MAX).collect()
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = [&self.vendor, &self.product, &self.revision];
        let said: Vec<&str> =
            said.into_iter().flatten().map(String::as_str).filter(|text| !text.is_empty()).collect();
        if said.is_empty() { f.write_str("nameless") } else { f.write_str(&said.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_basic_objects_come_in_parts() {
        let part = Part::parse(b"\x0E\x01\x01\xFF\x02\x02\x00\x04Acme\x01\x02D\x07").unwrap();
        assert_eq!(part.next, Some(2));
        let mut identity = Identity::default();
        identity.add(&part);
        identity.add(&Part::parse(b"\x0E\x01\x01\x00\x00\x01\x02\x04v1\0\0").unwrap());
        assert_eq!(identity.to_string(), "Acme, D\u{FFFD}, v1");
        assert_eq!(Identity::default().to_string(), "nameless");
    }

    #[test]
    fn what_is_no_identification_is_refused() {
        assert_eq!(Part::parse(b"\x0E\x01\x01\x00\x00"), Err(PartError::Short));
        assert_eq!(Part::parse(b"\x0D\x01\x01\x00\x00\x00"), Err(PartError::Type));
        assert_eq!(Part::parse(b"\x0E\x01\x01\x00\x00\x01\x00\x09abc"), Err(PartError::Short));
        assert_eq!(Part::parse(b"\x0E\x01\x01\x00\x00\x00x"), Err(PartError::Trailing { bytes: 1 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_identification_or_refused(bytes in vec(any::<u8>(), 0..300)) {
            if let Ok(part) = Part::parse(&bytes) {
                let mut identity = Identity::default();
                identity.add(&part);
                prop_assert!(!identity.to_string().chars().any(char::is_control));
            }
        }
    }
}

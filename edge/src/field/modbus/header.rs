//! Judges the header of a reply: whether the device behind it is the one that was asked.

use super::plan::Place;
use super::reply::Reply;
use crate::field::profile::HeaderSpec;

/// What a matching header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub heartbeat: u16,
    pub self_test_failed: bool,
}

/// Which word of the header does not match. Its order is the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("the reply is too short for a header")]
    Missing,
    #[error("its first word is {found:#06x} and not {wanted:#06x}")]
    Magic { found: u16, wanted: u16 },
    #[error("its device type is {found} and not {wanted}")]
    DeviceType { found: u16, wanted: u16 },
    #[error("its map version is {found} and not {wanted}")]
    MapVersion { found: u16, wanted: u16 },
    #[error("it answers as unit {found} and not as {wanted}")]
    Unit { found: u16, wanted: u16 },
}

const SELF_TEST_FAILED: u16 = 1;

pub fn check(spec: &HeaderSpec, unit: u8, replies: &[Reply], place: Place) -> Result<Header, Mismatch> {
    let words = replies
        .get(place.request)
        .and_then(|reply| reply.registers(place.offset, usize::from(HeaderSpec::REGISTERS)));
    let Some(&[magic, device_type, map_version, unit_echo, heartbeat, _, _, status]) = words else {
        return Err(Mismatch::Missing);
    };
    let unit = u16::from(unit);
    if magic != spec.magic {
        return Err(Mismatch::Magic { found: magic, wanted: spec.magic });
    }
    if device_type != spec.device_type {
        return Err(Mismatch::DeviceType { found: device_type, wanted: spec.device_type });
    }
    if map_version != spec.map_version {
        return Err(Mismatch::MapVersion { found: map_version, wanted: spec.map_version });
    }
    if unit_echo != unit {
        return Err(Mismatch::Unit { found: unit_echo, wanted: unit });
    }
    Ok(Header { heartbeat, self_test_failed: status & SELF_TEST_FAILED != 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::profile::Table;

    const SPEC: HeaderSpec =
        HeaderSpec { table: Table::Input, start: 0, magic: 0x5352, device_type: 3, map_version: 1 };
    const PLACE: Place = Place { request: 0, offset: 1 };

    fn checked(words: [u16; 9]) -> Result<Header, Mismatch> {
        check(&SPEC, 7, &[Reply::Registers(words.to_vec())], PLACE)
    }

    #[test]
    fn a_matching_header_tells_heartbeat_and_self_test() {
        let header = checked([9, 0x5352, 3, 1, 7, 41, 0, 0, 2]).unwrap();
        assert_eq!(header, Header { heartbeat: 41, self_test_failed: false });
        assert!(checked([9, 0x5352, 3, 1, 7, 41, 0, 0, 1]).unwrap().self_test_failed);
    }

    #[test]
    fn every_word_is_checked() {
        assert!(matches!(checked([0, 0x5353, 3, 1, 7, 0, 0, 0, 0]), Err(Mismatch::Magic { .. })));
        assert!(matches!(checked([0, 0x5352, 4, 1, 7, 0, 0, 0, 0]), Err(Mismatch::DeviceType { .. })));
        assert!(matches!(checked([0, 0x5352, 3, 2, 7, 0, 0, 0, 0]), Err(Mismatch::MapVersion { .. })));
        assert!(matches!(
            checked([0, 0x5352, 3, 1, 8, 0, 0, 0, 0]),
            Err(Mismatch::Unit { found: 8, wanted: 7 })
        ));
        assert_eq!(check(&SPEC, 7, &[], PLACE), Err(Mismatch::Missing));
        assert_eq!(check(&SPEC, 7, &[Reply::Registers(vec![0; 8])], PLACE), Err(Mismatch::Missing));
    }
}

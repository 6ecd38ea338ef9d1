//! One line of a segment: the beginning of a SHA-256 in hexadecimal digits, a space, JSON. Pure.

use wire::Digest;

const CHECKSUM_DIGITS: usize = 16;
/// As it stands at the beginning of a line. Reports differ in their numbers, so it tells one from another.
pub(super) type Checksum = [u8; CHECKSUM_DIGITS];
/// Checksum, space and line break.
pub(super) const OVERHEAD_BYTES: u64 = CHECKSUM_DIGITS as u64 + 2;

/// `json` has no line breaks, as no JSON that a machine wrote has.
pub(super) fn line(json: &[u8]) -> Vec<u8> {
    let mut line = checksum(json).to_vec();
    line.push(b' ');
    line.extend_from_slice(json);
    line.push(b'\n');
    line
}

/// The JSON of a line without its break; `None` if it is not what was written.
pub(super) fn json(line: &[u8]) -> Option<&[u8]> {
    let (written, rest) = line.split_at_checked(CHECKSUM_DIGITS)?;
    let json = rest.strip_prefix(b" ")?;
    (checksum(json) == *written).then_some(json)
}

pub(super) fn checksum(json: &[u8]) -> Checksum {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest = Digest::of(json);
    let mut checksum = [0; CHECKSUM_DIGITS];
    for (digits, byte) in checksum.chunks_exact_mut(2).zip(digest.0) {
        digits[0] = DIGITS[usize::from(byte >> 4)];
        digits[1] = DIGITS[usize::from(byte & 0xF)];
    }
    checksum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_read_back_and_any_change_is_seen() {
        let written = line(b"{\"a\":1}");
        let bare = &written[..written.len() - 1];
        assert_eq!(json(bare), Some(b"{\"a\":1}".as_slice()));
        for place in 0..bare.len() {
            let mut damaged = bare.to_vec();
            damaged[place] ^= 1;
            assert_eq!(json(&damaged), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_no_line(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(json(&bytes), None);
        }
    }
}

//! ECDSA signatures over P-256 in their two forms: a DER sequence of two integers, as TLS and X.509 have it, and r and s one
//! behind the other, as COSE has it.

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// r and s, each of 32 bytes.
pub type FixedSignature = [u8; 64];

/// `None` if it is no such sequence, or holds a number that P-256 does not know.
pub fn ecdsa_fixed(der: &[u8]) -> Option<FixedSignature> {
    let (integers, rest) = element(der, SEQUENCE)?;
    let (r, integers) = integer(integers)?;
    let (s, integers) = integer(integers)?;
    let mut fixed = [0; 64];
    fixed[..32].copy_from_slice(&r);
    fixed[32..].copy_from_slice(&s);
    (rest.is_empty() && integers.is_empty()).then_some(fixed)
}

fn integer(der: &[u8]) -> Option<([u8; 32], &[u8])> {
    let (bytes, rest) = element(der, INTEGER)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = &bytes[zeros..];
    let mut integer = [0; 32];
    integer.get_mut(32_usize.checked_sub(significant.len())?..)?.copy_from_slice(significant);
    Some((integer, rest))
}

/// The content of an element of less than 128 bytes, as all of such a signature are, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = der.split_first_chunk::<2>()?;
    let length = usize::from(head[1]);
    (head[0] == tag && length < 128 && length <= rest.len()).then(|| rest.split_at(length))
}

pub(super) fn ecdsa_der(signature: &FixedSignature) -> Vec<u8> {
    let mut numbers = Vec::with_capacity(72);
    for number in signature.chunks_exact(32) {
        let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
        let digits = &number[zeros..];
        // A first bit that is set would read as a sign.
        let sign = usize::from(digits[0] & 0x80 != 0);
        numbers.extend([INTEGER, (digits.len() + sign) as u8]);
        numbers.extend(std::iter::repeat_n(0, sign));
        numbers.extend(digits);
    }
    let mut der = vec![SEQUENCE, numbers.len() as u8];
    der.append(&mut numbers);
    der
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let integer = |bytes: &[u8]| [&[INTEGER, bytes.len() as u8], bytes].concat();
        let integers = [integer(r), integer(s)].concat();
        [&[SEQUENCE, integers.len() as u8], integers.as_slice()].concat()
    }

    #[test]
    fn integers_get_their_full_width() {
        let mut expected = [0; 64];
        (expected[31], expected[32]) = (7, 0x80);
        let long = [&[0, 0x80], [0; 31].as_slice()].concat();
        assert_eq!(ecdsa_fixed(&der(&[7], &long)), Some(expected));
        assert_eq!(ecdsa_fixed(&der(&[7], &[1; 33])), None, "no integer of P-256 is that long");
        assert_eq!(ecdsa_fixed(&[der(&[7], &[8]), vec![0]].concat()), None);
        assert_eq!(ecdsa_fixed(&[]), None);
    }

    #[test]
    fn two_numbers_become_der_without_needless_zeros() {
        let mut signature = [0; 64];
        signature[31] = 5;
        signature[32] = 0x80;
        let der = ecdsa_der(&signature);
        assert_eq!(der[..5], [0x30, 38, 0x02, 1, 5]);
        assert_eq!(der[5..9], [0x02, 33, 0, 0x80]);
        assert_eq!(der.len(), 40);
        assert_eq!(ecdsa_der(&[0; 64]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = ecdsa_fixed(&bytes);
        }

        #[test]
        fn both_forms_say_the_same(signature: [u8; 32], other: [u8; 32]) {
            let mut fixed = [0; 64];
            fixed[..32].copy_from_slice(&signature);
            fixed[32..].copy_from_slice(&other);
            prop_assert_eq!(ecdsa_fixed(&ecdsa_der(&fixed)), Some(fixed));
        }
    }
}

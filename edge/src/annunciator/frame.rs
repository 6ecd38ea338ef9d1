//! The bytes of the one request that this edge ever writes with: Modbus function 05, a single coil. Pure.

/// MBAP header and PDU of the request, and of the answer, which repeats it.
pub(super) const FRAME_BYTES: usize = 12;
/// The shortest answer there is: a refusal.
pub(super) const REFUSAL_BYTES: usize = 9;

const WRITE_SINGLE_COIL: u8 = 0x05;
const REFUSED: u8 = WRITE_SINGLE_COIL | 0x80;
const ON: u16 = 0xFF00;
const OFF: u16 = 0x0000;

/// One coil of one unit, to be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SingleCoil {
    pub transaction: u16,
    pub unit: u8,
    pub coil: u16,
    pub on: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("the device refuses with exception {0:#04x}")]
    Refused(u8),
    #[error("the answer is not the echo of the request")]
    Foreign,
}

impl SingleCoil {
    pub(super) fn encode(&self) -> [u8; FRAME_BYTES] {
        let [transaction_high, transaction_low] = self.transaction.to_be_bytes();
        let [coil_high, coil_low] = self.coil.to_be_bytes();
        let [value_high, value_low] = if self.on { ON } else { OFF }.to_be_bytes();
        let rest = [coil_high, coil_low, value_high, value_low];
        let mut frame =
            [transaction_high, transaction_low, 0, 0, 0, 6, self.unit, WRITE_SINGLE_COIL, 0, 0, 0, 0];
        frame[8..].copy_from_slice(&rest);
        frame
    }

    /// Judges the first bytes of an answer, as many as every answer has: whether the rest of the echo follows.
    pub(super) fn judge_beginning(&self, bytes: &[u8; REFUSAL_BYTES]) -> Result<(), FrameError> {
        let request = self.encode();
        let is_ours = bytes[..4] == request[..4] && bytes[6] == self.unit;
        if is_ours && bytes[4..6] == [0, 3] && bytes[7] == REFUSED {
            return Err(FrameError::Refused(bytes[8]));
        }
        if bytes[..] == request[..REFUSAL_BYTES] { Ok(()) } else { Err(FrameError::Foreign) }
    }

    /// Judges the whole answer.
    pub(super) fn judge(&self, bytes: &[u8; FRAME_BYTES]) -> Result<(), FrameError> {
        if *bytes == self.encode() { Ok(()) } else { Err(FrameError::Foreign) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIREN: SingleCoil = SingleCoil { transaction: 0x0102, unit: 17, coil: 172, on: true };

    #[test]
    fn the_request_is_that_of_the_standard() {
        assert_eq!(SIREN.encode(), [1, 2, 0, 0, 0, 6, 17, 5, 0, 172, 0xFF, 0]);
        assert_eq!(SingleCoil { on: false, ..SIREN }.encode()[8..], [0, 172, 0, 0]);
    }

    #[test]
    fn only_the_echo_counts() {
        let echo = SIREN.encode();
        assert_eq!(SIREN.judge(&echo), Ok(()));
        for changed in [0, 6, 7, 9, 10] {
            let mut other = echo;
            other[changed] ^= 1;
            assert_eq!(SIREN.judge(&other), Err(FrameError::Foreign), "byte {changed}");
        }
        assert_eq!(SIREN.judge_beginning(&[1, 2, 0, 0, 0, 3, 17, 0x85, 2]), Err(FrameError::Refused(2)));
        assert_eq!(SIREN.judge_beginning(&[1, 3, 0, 0, 0, 3, 17, 0x85, 2]), Err(FrameError::Foreign));
    }

    proptest! {
        #[test]
        fn any_answer_is_judged(beginning: [u8; REFUSAL_BYTES], rest: [u8; FRAME_BYTES]) {
            let echo = SIREN.encode();
            prop_assert_eq!(SIREN.judge_beginning(&beginning).is_ok(), beginning[..] == echo[..REFUSAL_BYTES]);
            prop_assert_eq!(SIREN.judge(&rest).is_ok(), rest == echo);
        }
    }
}

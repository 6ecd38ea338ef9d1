//! The one frame of a bus that writes: function 05, a single coil. Pure. Only annunciators wish for it, each for the coils
//! that the configuration names; a poll has no way to say it, since a question is another type.

use super::frame::sealed;

pub const WRITE_SINGLE_COIL: u8 = 0x05;
const ON: [u8; 2] = [0xFF, 0x00];
const OFF: [u8; 2] = [0x00, 0x00];

/// One coil of one unit, to be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    pub unit: u8,
    pub coil: u16,
    pub on: bool,
}

impl Switch {
    /// What stands on the line, and comes back from a unit that has done it.
    pub fn frame(self) -> Vec<u8> {
        let [high, low] = self.coil.to_be_bytes();
        let [on, zero] = if self.on { ON } else { OFF };
        sealed(vec![self.unit, WRITE_SINGLE_COIL, high, low, on, zero])
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::field::modbus::frame::{Flaw, Heard, Hearing};

    const SIREN: Switch = Switch { unit: 17, coil: 172, on: true };

    fn heard(bytes: &[u8]) -> Heard {
        Hearing::echo(SIREN).hear(bytes)
    }

    #[test]
    fn the_frame_is_that_of_the_standard() {
        assert_eq!(SIREN.frame(), [0x11, 0x05, 0x00, 0xAC, 0xFF, 0x00, 0x4E, 0x8B]);
        assert_eq!(Switch { on: false, ..SIREN }.frame()[4..6], [0, 0]);
    }

    #[test]
    fn only_the_echo_counts() {
        let done = Heard::Answer(Vec::new());
        assert_eq!(heard(&SIREN.frame()), done);
        assert_eq!(heard(&[&[0, 0xFF], &SIREN.frame()[..], &[0]].concat()), done, "noise of a driver");
        let other = |switch: Switch| heard(&switch.frame());
        assert_eq!(other(Switch { on: false, ..SIREN }), Heard::Broken(Flaw::NoEcho));
        assert_eq!(other(Switch { coil: 173, ..SIREN }), Heard::Broken(Flaw::NoEcho));
        assert_eq!(other(Switch { unit: 18, ..SIREN }), Heard::Undecided, "another unit may be late");
        assert_eq!(heard(&sealed(vec![17, 0x85, 2])), Heard::Refusal(2));
    }

    /// An alarm does not wait until no late answer can come any more, so one may come first, from this very unit.
    #[test]
    fn a_late_answer_to_a_read_is_passed_over() {
        let late = sealed(vec![17, 4, 2, 0xFF, 0]);
        let mut hearing = Hearing::echo(SIREN);
        assert_eq!(hearing.hear(&late), Heard::Undecided);
        assert_eq!(hearing.hear(&SIREN.frame()), Heard::Answer(Vec::new()));
        assert_eq!(hearing.foreign(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in vec(any::<u8>(), 0..600), chunk in 1_usize..300) {
            let mut hearing = Hearing::echo(SIREN);
            let is_done = bytes.chunks(chunk).any(|bytes| hearing.hear(bytes) == Heard::Answer(Vec::new()));
            let echo = SIREN.frame();
            prop_assert!(!is_done || bytes.windows(echo.len()).any(|window| window == echo));
        }

        #[test]
        fn one_changed_byte_is_never_a_confirmation(at in 0_usize..8, change in 1_u8..) {
            let mut frame = SIREN.frame();
            frame[at] ^= change;
            prop_assert_ne!(heard(&frame), Heard::Answer(Vec::new()));
        }
    }
}

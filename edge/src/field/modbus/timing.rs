//! How long things take on a serial line. Pure.

use std::time::Duration;

use super::plan::Request;
use crate::config::{LineMode, Parity, StopBits};

/// The standard counts eleven bits for every character.
const CHARACTER_BITS: f64 = 11.0;
/// Between two frames the line is silent for three and a half characters …
const SILENCE_CHARACTERS: f64 = 3.5;
/// … and above this speed for a fixed time, since no program keeps such short times …
const FIXED_ABOVE_BAUD: u32 = 19_200;
const SILENCE_FIXED: Duration = Duration::from_micros(1_750);

/// Unit, function, start, count and checksum.
const REQUEST_BYTES: usize = 8;
/// Unit, function, number of bytes and checksum.
const ANSWER_BYTES: usize = 5;

/// The silence by which one frame ends and another may begin (t3.5).
pub fn silence(mode: LineMode) -> Duration {
    if mode.baud > FIXED_ABOVE_BAUD {
        SILENCE_FIXED
    } else {
        Duration::from_secs_f64(SILENCE_CHARACTERS * CHARACTER_BITS / f64::from(mode.baud))
    }
}

/// So many bytes on their way over the line.
pub fn transfer(mode: LineMode, bytes: usize) -> Duration {
    let parity_bits = if mode.parity == Parity::None { 0.0 } else { 1.0 };
    let stop_bits = if mode.stop_bits == StopBits::One { 1.0 } else { 2.0 };
    let character_bits = 1.0 + 8.0 + parity_bits + stop_bits;
    Duration::from_secs_f64(bytes as f64 * character_bits / f64::from(mode.baud))
}

/// The bytes of a sound answer.
pub fn answer_bytes(request: Request) -> usize {
    ANSWER_BYTES + payload_bytes(request)
}

/// The values of a sound answer alone.
pub fn payload_bytes(request: Request) -> usize {
    let count = usize::from(request.count);
    if request.table.is_bits() { count.div_ceil(8) } else { count * 2 }
}

/// The least that a request and its answer take, with a device that answers at once.
pub fn exchange(mode: LineMode, gap: Duration, request: Request) -> Duration {
    let frames = transfer(mode, REQUEST_BYTES + answer_bytes(request));
    frames + 2 * silence(mode) + gap
}

/// The least that it takes to switch a coil.
pub fn switching(mode: LineMode, gap: Duration) -> Duration {
    transfer(mode, 2 * REQUEST_BYTES) + 2 * silence(mode) + gap
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::profile::Table;

    fn mode(baud: u32) -> LineMode {
        LineMode { baud, ..LineMode::default() }
    }

    #[test]
    fn the_silence_between_frames_is_that_of_the_standard() {
        let silence_us = |baud| silence(mode(baud)).as_micros();
        assert_eq!((silence_us(9_600), silence_us(19_200)), (4_010, 2_005));
        assert_eq!((silence_us(38_400), silence_us(115_200)), (1_750, 1_750));
    }

    #[test]
    fn an_exchange_takes_its_bits_and_two_silences() {
        let request = Request { table: Table::Input, start: 0, count: 10 };
        assert_eq!(answer_bytes(request), 25);
        assert_eq!(exchange(mode(9_600), Duration::ZERO, request).as_millis(), 45);
        let bits = Request { table: Table::Coil, start: 0, count: 9 };
        assert_eq!(answer_bytes(bits), 7);
        let bare = LineMode { parity: Parity::None, ..mode(9_600) };
        assert_eq!(transfer(bare, 96).as_millis(), 100, "ten bits without parity and second stop bit");
    }
}

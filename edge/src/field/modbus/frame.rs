//! The frames of Modbus RTU: what is asked, and whether what was heard is the answer to it. Pure. A question asks for
//! coils, discrete inputs, holding and input registers, or for an identification, and cannot write; the echo of the one
//! frame that does (`switch.rs`) is heard here too.
//!
//! RTU has no transaction number, so everything else must fit: unit, function, number of bytes and checksum. What is
//! heard of other units is passed over, since they may answer late; the wait for the right one goes on. Where a frame
//! ends is told by its own length and never by a pause, because adapters make pauses of their own.

use super::plan::Request;
use super::switch::{Switch, WRITE_SINGLE_COIL};
use super::timing;
use crate::field::profile::Table;

/// The most that one frame may have by the standard.
pub const FRAME_BYTES_MAX: usize = 256;
/// What may be heard during one question: the answer, and late ones of other units. More is a line that babbles.
const HEARD_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX;
/// Drivers that let go of the line make up to this many bytes out of nothing; four bytes could be a frame.
const NOISE_BYTES_MAX: usize = 3;

const UNITS: std::ops::RangeInclusive<u8> = 1..=247;
const IDENTIFY: u8 = 0x2B;
const IDENTIFY_TYPE: u8 = 0x0E;
const BASIC: u8 = 0x01;
const REFUSED: u8 = 0x80;
const CHECKSUM_BYTES: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Read(Request),
    /// The basic identification, from an object on.
    Identify {
        object: u8,
    },
}

impl Question {
    fn function(self) -> u8 {
        match self {
            Question::Read(request) => match request.table {
                Table::Coil => 0x01,
                Table::Discrete => 0x02,
                Table::Holding => 0x03,
                Table::Input => 0x04,
            },
            Question::Identify { .. } => IDENTIFY,
        }
    }

    /// The bytes of the longest sound answer.
    pub fn answer_bytes(self) -> usize {
        match self {
            Question::Read(request) => timing::answer_bytes(request),
            Question::Identify { .. } => FRAME_BYTES_MAX,
        }
    }

    pub fn frame(self, unit: u8) -> Vec<u8> {
        let mut frame = vec![unit, self.function()];
        match self {
            Question::Read(Request { start, count, .. }) => {
                frame.extend(start.to_be_bytes());
                frame.extend(count.to_be_bytes());
            }
            Question::Identify { object } => frame.extend([IDENTIFY_TYPE, BASIC, object]),
        }
        sealed(frame)
    }
}

/// With the checksum behind it.
pub fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    body.extend(checksum(&body));
    body
}

/// What was made of the bytes so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing that would decide anything; go on listening.
    Undecided,
    /// What stands behind the function code, without the number of bytes.
    Answer(Vec<u8>),
    Refusal(u8),
    Broken(Flaw),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("the checksum is wrong")]
    Checksum,
    #[error("function code {found:#04x} answers a question of {wanted:#04x}")]
    Function { found: u8, wanted: u8 },
    #[error("{found} bytes of values came where {wanted} were asked for")]
    Count { found: u8, wanted: usize },
    #[error("what came is no frame")]
    Garbage,
    #[error("the answer broke off after {bytes} bytes")]
    Truncated { bytes: usize },
    #[error("{bytes} bytes came behind the answer")]
    Trailing { bytes: usize },
    #[error("more than {HEARD_BYTES_MAX} bytes came: the line babbles")]
    Flood,
    #[error("the port hears its own question: switch off the echo of the adapter")]
    Echo,
    #[error("the answer is not the echo of what was written")]
    NoEcho,
}

/// What was sent, to which an answer is awaited.
#[derive(Clone, Copy, Debug)]
enum Sent {
    Question(Question),
    Switch(Switch),
}

impl Sent {
    fn function(self) -> u8 {
        match self {
            Sent::Question(question) => question.function(),
            Sent::Switch(_) => WRITE_SINGLE_COIL,
        }
    }
}

/// One question, and what is heard after it. Made anew for each, so that nothing of an old answer is left in it.
#[derive(Clone, Debug)]
pub struct Hearing {
    unit: u8,
    sent: Sent,
    heard: usize,
    buffer: Vec<u8>,
    /// Sound frames of other units.
    foreign: u32,
}

impl Hearing {
    pub fn new(unit: u8, question: Question) -> Self {
        Self { unit, sent: Sent::Question(question), heard: 0, buffer: Vec::new(), foreign: 0 }
    }

    /// For the echo that confirms a write; the answer is then empty.
    pub fn echo(switch: Switch) -> Self {
        Self { unit: switch.unit, sent: Sent::Switch(switch), heard: 0, buffer: Vec::new(), foreign: 0 }
    }

    /// Whether others spoke meanwhile.
    pub fn foreign(&self) -> u32 {
        self.foreign
    }

    /// What is wrong if nothing more comes; `None` after plain silence.
    pub fn rest(&self) -> Option<Flaw> {
        (!self.buffer.is_empty()).then_some(Flaw::Truncated { bytes: self.buffer.len() })
    }

    pub fn hear(&mut self, bytes: &[u8]) -> Heard {
        self.heard = self.heard.saturating_add(bytes.len());
        if self.heard > HEARD_BYTES_MAX {
            return Heard::Broken(Flaw::Flood);
        }
        self.buffer.extend_from_slice(bytes);
        loop {
            self.skip_noise();
            let &[unit, function, ..] = &self.buffer[..] else {
                return Heard::Undecided;
            };
            let own = unit == self.unit && self.may_answer(function);
            if own && let Some(heard) = self.doubt(function) {
                return heard;
            }
            let length = match length(&self.buffer) {
                Length::Unknown => return Heard::Broken(Flaw::Garbage),
                Length::Growing => return Heard::Undecided,
                Length::Known(length) if length > self.buffer.len() => return Heard::Undecided,
                Length::Known(length) => length,
            };
            let (frame, behind) = self.buffer.split_at(length);
            let (body, sum) = frame.split_at(length - CHECKSUM_BYTES);
            if sum != checksum(body) {
                return Heard::Broken(Flaw::Checksum);
            }
            if own {
                return self.accept(body, behind.len());
            }
            self.foreign = self.foreign.saturating_add(1);
            self.buffer.drain(..length);
        }
    }

    /// No frame begins with what is no unit.
    fn skip_noise(&mut self) {
        let noise = self.buffer.iter().take_while(|byte| !UNITS.contains(byte)).count();
        self.buffer.drain(..noise);
    }

    /// A write goes out although an answer to a read may still come, so such a one is passed over. Before a question the
    /// line was drained.
    fn may_answer(&self, function: u8) -> bool {
        matches!(self.sent, Sent::Question(_)) || function & !REFUSED == WRITE_SINGLE_COIL
    }

    /// What can be said against a frame of the right unit before it is whole.
    fn doubt(&self, function: u8) -> Option<Heard> {
        let wanted = self.sent.function();
        if function & !REFUSED != wanted {
            return Some(Heard::Broken(Flaw::Function { found: function, wanted }));
        }
        let (Sent::Question(question @ Question::Read(request)), true) = (self.sent, function == wanted)
        else {
            return None;
        };
        let (found, wanted) = (*self.buffer.get(2)?, timing::payload_bytes(request));
        if usize::from(found) == wanted {
            return None;
        }
        let asked = question.frame(self.unit);
        let common = asked.iter().zip(&self.buffer).take_while(|(asked, heard)| asked == heard).count();
        Some(match common {
            common if common == asked.len() => Heard::Broken(Flaw::Echo),
            common if common == self.buffer.len() => Heard::Undecided,
            _ => Heard::Broken(Flaw::Count { found, wanted }),
        })
    }

    fn accept(&self, body: &[u8], trailing: usize) -> Heard {
        if trailing > NOISE_BYTES_MAX {
            return Heard::Broken(Flaw::Trailing { bytes: trailing });
        }
        match (body, self.sent) {
            (&[_, function, code], _) if function & REFUSED != 0 => Heard::Refusal(code),
            (body, Sent::Question(Question::Read(_))) => Heard::Answer(body[3..].to_vec()),
            (body, Sent::Question(Question::Identify { .. })) => Heard::Answer(body[2..].to_vec()),
            (body, Sent::Switch(switch)) if switch.frame().starts_with(body) => Heard::Answer(Vec::new()),
            (_, Sent::Switch(_)) => Heard::Broken(Flaw::NoEcho),
        }
    }
}

enum Length {
    Growing,
    Known(usize),
    Unknown,
}

/// How long the frame at the beginning of the bytes is, with its checksum.
fn length(bytes: &[u8]) -> Length {
    let &[_, function, ref rest @ ..] = bytes else {
        return Length::Growing;
    };
    let length = match function {
        REFUSED.. => Some(5),
        0x01..=0x04 => match rest.first() {
            Some(count) => Some(5 + usize::from(*count)),
            None => return Length::Growing,
        },
        // What other masters may have written.
        0x05 | 0x06 | 0x0F | 0x10 => Some(8),
        IDENTIFY => match identification_length(bytes) {
            Some(length) => Some(length),
            None => return Length::Growing,
        },
        _ => None,
    };
    match length {
        Some(length) if length <= FRAME_BYTES_MAX => Length::Known(length),
        _ => Length::Unknown,
    }
}

/// Unit, function, type, code, conformity, more, next, number of objects; then each with its id and its length.
fn identification_length(bytes: &[u8]) -> Option<usize> {
    const HEAD: usize = 8;
    let objects = *bytes.get(HEAD - 1)?;
    let mut end = HEAD;
    for _ in 0..objects {
        end += 2 + usize::from(*bytes.get(end + 1)?);
    }
    Some(end + CHECKSUM_BYTES)
}

/// CRC-16 with the reversed polynomial 0xA001, low byte first.
fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut sum = 0xFFFF_u16;
    for byte in bytes {
        sum ^= u16::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xA001 } else { sum >> 1 };
        }
    }
    sum.to_le_bytes()
}

#[cfg(test)]
mod tests;

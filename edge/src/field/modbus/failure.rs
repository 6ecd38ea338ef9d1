//! Why a poll brought nothing. Each reason has its own consequence for the device's link: see `detect/link.rs`.

use std::io;

use super::header::Mismatch;

#[derive(Debug, thiserror::Error)]
pub enum ScanFailure {
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    #[error("no connection within {waited_ms} ms")]
    ConnectTimeout { waited_ms: u64 },
    #[error("no answer within {waited_ms} ms")]
    Timeout { waited_ms: u64 },
    #[error("the connection broke")]
    Closed(#[source] io::Error),
    /// The reply belongs to another request or breaks the protocol.
    #[error("the answer breaks the protocol: {detail}")]
    Protocol { detail: String },
    /// Another device answers in this one's place.
    #[error("the answer comes from a foreign device: {0}")]
    Foreign(Mismatch),
    #[error("the device refuses with exception {0:#04x} ({name})", name = exception_name(*.0))]
    Exception(u8),
    /// The serial port cannot be opened or went away, and with it every unit of its bus.
    #[error("the serial port of the bus cannot be used")]
    Port(#[source] io::Error),
    #[error("the device answers, but its heartbeat has stood still for {still_ms} ms")]
    Still { still_ms: u64 },
    #[error("the device is frozen: its heartbeat has stood still for {still_ms} ms")]
    Frozen { still_ms: u64 },
    /// A device that speaks by itself said that it goes, or its will says so.
    #[error("the device is gone: it said so, or its will did")]
    Gone,
    /// A device that speaks by itself has hung up.
    #[error("the device has closed its connection")]
    Disconnected,
    /// A device that speaks by itself has connected again after its connection broke.
    #[error("the device is connected again and has not spoken yet")]
    Returned,
}

impl ScanFailure {
    /// A short word for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            ScanFailure::Connect(_) | ScanFailure::ConnectTimeout { .. } => "connect",
            ScanFailure::Timeout { .. } => "timeout",
            ScanFailure::Closed(_) => "closed",
            ScanFailure::Protocol { .. } => "protocol",
            ScanFailure::Foreign(_) => "foreign",
            ScanFailure::Exception(_) => "exception",
            ScanFailure::Gone => "gone",
            ScanFailure::Port(_) => "port",
            ScanFailure::Still { .. } => "still",
            ScanFailure::Frozen { .. } => "frozen",
            ScanFailure::Disconnected => "disconnected",
            ScanFailure::Returned => "returned",
        }
    }

    /// What a person might ask about a failure of a device that never answered. One that does not know the unit keeps
    /// silent, or the gateway before it finds nobody.
    pub fn question(&self, has_answered: bool) -> &'static str {
        match self {
            ScanFailure::Timeout { .. } | ScanFailure::Exception(0x0A | 0x0B) if !has_answered => {
                "; it has never answered: is the unit right?"
            }
            _ => "",
        }
    }

    /// What the failure says about the device.
    pub fn verdict(&self) -> Verdict {
        match self {
            ScanFailure::Foreign(_) => Verdict::Foreign,
            ScanFailure::Still { .. } => Verdict::Still,
            ScanFailure::Frozen { .. } => Verdict::Frozen,
            ScanFailure::Disconnected => Verdict::Disconnected,
            ScanFailure::Returned => Verdict::Returned,
            ScanFailure::Exception(0x01..=0x03) => Verdict::Misconfigured,
            ScanFailure::Exception(0x04 | 0x08) => Verdict::Defective,
            // Busy, a gateway that reaches nothing, and whatever nobody has defined: the device may come back.
            ScanFailure::Exception(_)
            | ScanFailure::Connect(_)
            | ScanFailure::ConnectTimeout { .. }
            | ScanFailure::Timeout { .. }
            | ScanFailure::Closed(_)
            | ScanFailure::Port(_)
            | ScanFailure::Protocol { .. } => Verdict::Unreached,
            ScanFailure::Gone => Verdict::Gone,
        }
    }

    /// Whether the same question may get a better answer at once. A refusal is an answer; who could not be connected to
    /// has not been asked.
    pub fn may_be_noise(&self) -> bool {
        matches!(self, ScanFailure::Timeout { .. } | ScanFailure::Closed(_) | ScanFailure::Protocol { .. })
    }
}

/// What a failed poll says about its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was heard. One such poll says little, several in a row that the device is lost.
    Unreached,
    /// The device is known to be gone: there is nothing to wait for.
    Gone,
    /// The device does not have what the profile asks for.
    Misconfigured,
    /// The device says that it cannot measure.
    Defective,
    Foreign,
    /// It answers, but nothing tells whether its values are new.
    Still,
    Frozen,
    /// Nothing more is heard of it until it comes back: one such scan says as much as many failed polls.
    Disconnected,
    /// It is there again, and how it stands it has to say: whether it does is a matter of its silence.
    Returned,
}

fn exception_name(code: u8) -> &'static str {
    match code {
        0x01 => "illegal function",
        0x02 => "illegal address",
        0x03 => "illegal value",
        0x04 => "device failure",
        0x05 => "acknowledged, still working",
        0x06 => "busy",
        0x08 => "memory parity error",
        0x0A => "gateway path unavailable",
        0x0B => "gateway target does not respond",
        _ => "not defined by the standard",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_only_doubted_while_nothing_has_answered_to_it() {
        let silent = ScanFailure::Timeout { waited_ms: 1 };
        assert!(silent.question(false).contains("unit"));
        assert_eq!(silent.question(true), "");
        assert!(ScanFailure::Exception(0x0B).question(false).contains("unit"));
        assert_eq!(ScanFailure::ConnectTimeout { waited_ms: 1 }.question(false), "");
    }
}

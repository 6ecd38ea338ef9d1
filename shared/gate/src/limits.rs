//! Every limit of a gate, with its reason. The defaults are the hub's.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bounds descriptors and memory, authenticated or not. Four times a large site.
    pub connections_max: usize,
    /// One address may not take all places. High, because a whole site may sit behind one address.
    pub connections_per_address_max: usize,
    /// Handshakes of one address in the long run. Each takes the processor about a millisecond, so that a flood costs a
    /// twentieth of a core.
    pub handshakes_per_address_per_s: u32,
    /// Handshakes of one address at once. A thousand edges may sit behind one address and come back together when the hub
    /// starts again: all get in at the first try, and a second time within half a minute.
    pub handshakes_per_address_burst: u32,
    /// A silent socket or half a handshake costs a place for this long. A slow link needs about 2 s.
    pub handshake_timeout: Duration,
    /// From the end of the handshake to a whole CONNECT. An honest client sends it at once.
    pub connect_timeout: Duration,
    /// A client that promises less than this would be missed too late; CONNECT is refused.
    pub keep_alive_max: Duration,
    /// Judged by the fixed header, before anything is buffered. Four full envelopes.
    pub packet_bytes_max: usize,
    /// Publishes of one session that the consumer has not confirmed yet. Covers a 2,000/s client over a
    /// commit of 100 ms.
    pub in_flight_messages_max: usize,
    /// The same in bytes, so that large packets do not multiply with the count.
    pub in_flight_bytes_max: usize,
    /// The same over all sessions: the gate's share of the memory of its process.
    pub in_flight_bytes_total: usize,
    /// A client subscribes to its commands, and to little else.
    pub subscriptions_max: usize,
    /// A client that takes nothing for this long is cut: what waits for it costs memory.
    pub write_timeout: Duration,
    /// Commands that wait for a client or for its PUBACK. Commands are states that are sent again on
    /// connect, so cutting a client that lags behind this loses nothing.
    pub outbound_queue_max: usize,
    /// The same in bytes, with all other answers: a client could ask for answers and never read them.
    pub outbound_queue_bytes_max: usize,
    /// How long a shutdown waits for PUBACKs of what was already handed over.
    pub drain_timeout: Duration,
    /// Log lines per reason and second; the rest is summed up, so that nobody can flood the log.
    pub refusals_logged_per_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            connections_per_address_max: 2_048,
            handshakes_per_address_per_s: 50,
            handshakes_per_address_burst: 1_024,
            handshake_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            keep_alive_max: Duration::from_secs(600),
            packet_bytes_max: 16 * KIB,
            in_flight_messages_max: 256,
            in_flight_bytes_max: 256 * KIB,
            in_flight_bytes_total: 64 * MIB,
            subscriptions_max: 8,
            write_timeout: Duration::from_secs(20),
            outbound_queue_max: 64,
            outbound_queue_bytes_max: 256 * KIB,
            drain_timeout: Duration::from_secs(2),
            refusals_logged_per_s: 10,
        }
    }
}

/// What each unconfirmed publish costs beside its topic and payload: the arrival, the slot, the handles.
pub(crate) const MESSAGE_OVERHEAD_BYTES: usize = 256;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    #[error("the limit {name} must not be zero")]
    Zero { name: &'static str },
    #[error(
        "the limit {smaller} must leave room for one packet of {larger} and its overhead of {overhead} bytes"
    )]
    NoRoom { smaller: &'static str, larger: &'static str, overhead: usize },
    #[error("the limit {name} must be at most {max}")]
    TooLarge { name: &'static str, max: usize },
}

impl Limits {
    /// A packet that could never be admitted would stall its session for ever.
    pub fn check(&self) -> Result<(), LimitsError> {
        for (name, value) in [
            ("connections_max", self.connections_max),
            ("connections_per_address_max", self.connections_per_address_max),
            ("in_flight_messages_max", self.in_flight_messages_max),
            ("packet_bytes_max", self.packet_bytes_max),
            ("outbound_queue_max", self.outbound_queue_max),
        ] {
            if value == 0 {
                return Err(LimitsError::Zero { name });
            }
        }
        let packet = self.packet_bytes_max.saturating_add(MESSAGE_OVERHEAD_BYTES);
        for (smaller, value) in [
            ("in_flight_bytes_max", self.in_flight_bytes_max),
            ("in_flight_bytes_total", self.in_flight_bytes_total),
            ("outbound_queue_bytes_max", self.outbound_queue_bytes_max),
        ] {
            if value < packet {
                let larger = "packet_bytes_max";
                return Err(LimitsError::NoRoom { smaller, larger, overhead: MESSAGE_OVERHEAD_BYTES });
            }
        }
        for (name, value, max) in [
            ("connections_max", self.connections_max, PLACES_MAX),
            ("in_flight_bytes_total", self.in_flight_bytes_total, PLACES_MAX),
            ("in_flight_bytes_max", self.in_flight_bytes_max, PLACES_MAX),
            ("outbound_queue_max", self.outbound_queue_max, PACKET_IDS),
        ] {
            if value > max {
                return Err(LimitsError::TooLarge { name, max });
            }
        }
        Ok(())
    }
}

/// What a semaphore can count.
const PLACES_MAX: usize = (u32::MAX >> 3) as usize;

/// A command keeps its packet id until its PUBACK, so no more can be under way at once.
const PACKET_IDS: usize = u16::MAX as usize;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_fit_together() {
        assert_eq!(Limits::default().check(), Ok(()));
    }

    #[test]
    fn a_packet_that_could_never_be_admitted_is_refused_at_the_start() {
        let limits = Limits { in_flight_bytes_max: 16 * KIB, ..Limits::default() };
        assert!(matches!(limits.check(), Err(LimitsError::NoRoom { smaller: "in_flight_bytes_max", .. })));
        let limits = Limits { in_flight_messages_max: 0, ..Limits::default() };
        assert_eq!(limits.check(), Err(LimitsError::Zero { name: "in_flight_messages_max" }));
        let limits = Limits { outbound_queue_max: 70_000, ..Limits::default() };
        assert!(matches!(limits.check(), Err(LimitsError::TooLarge { .. })));
    }
}

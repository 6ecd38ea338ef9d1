//! What the gate counts. The handles are looked up once; only refusals and ends, which are rare, are
//! looked up by their reason.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

pub(crate) struct Metrics {
    pub(crate) connections: Counter,
    pub(crate) sessions: Gauge,
    pub(crate) published: Counter,
    pub(crate) published_bytes: Counter,
    pub(crate) confirmed: Counter,
    pub(crate) in_flight_bytes: Gauge,
    /// A session had to stop reading until its consumer confirmed something.
    pub(crate) paused: Counter,
    /// A session was not read for a while because its client is faster than its pace.
    pub(crate) throttled: Counter,
    pub(crate) wills: Counter,
    pub(crate) commands_sent: Counter,
    /// No session had subscribed to the command's topic. Commands are sent again on connect.
    pub(crate) commands_unheard: Counter,
    pub(crate) accept_failed: Counter,
    pub(crate) unexpected_pubacks: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        describe();
        Self {
            connections: counter!("gate_connections_total"),
            sessions: gauge!("gate_sessions"),
            published: counter!("gate_published_total"),
            published_bytes: counter!("gate_published_bytes_total"),
            confirmed: counter!("gate_confirmed_total"),
            in_flight_bytes: gauge!("gate_in_flight_bytes"),
            paused: counter!("gate_paused_total"),
            throttled: counter!("gate_throttled_total"),
            wills: counter!("gate_wills_total"),
            commands_sent: counter!("gate_commands_sent_total"),
            commands_unheard: counter!("gate_commands_unheard_total"),
            accept_failed: counter!("gate_accept_failed_total"),
            unexpected_pubacks: counter!("gate_unexpected_pubacks_total"),
        }
    }
}

pub(crate) fn count_end(reason: &'static str) {
    counter!("gate_disconnected_total", "reason" => reason).increment(1);
}

fn describe() {
    describe_counter!("gate_connections_total", "TCP connections accepted, before any check");
    describe_counter!(
        "gate_refused_total",
        "Connections, publishes and subscriptions refused, and sessions cut"
    );
    describe_counter!("gate_disconnected_total", "Sessions that ended, by reason");
    describe_gauge!("gate_sessions", "Sessions that are connected now");
    describe_counter!("gate_published_total", "Publishes handed to the consumer");
    describe_counter!("gate_published_bytes_total", "Payload bytes handed to the consumer");
    describe_counter!("gate_confirmed_total", "PUBACKs written: publishes that are durable");
    describe_gauge!("gate_in_flight_bytes", "Bytes handed to the consumer and not yet confirmed");
    describe_counter!("gate_paused_total", "Times a session was not read because too much was in flight");
    describe_counter!(
        "gate_throttled_total",
        "Publishes that waited because their client is faster than its pace"
    );
    describe_counter!("gate_wills_total", "Wills handed to the consumer");
    describe_counter!("gate_commands_sent_total", "Commands queued to sessions");
    describe_counter!("gate_commands_unheard_total", "Commands to topics without any subscribed session");
    describe_counter!("gate_accept_failed_total", "Failed attempts to accept a connection");
    describe_counter!("gate_unexpected_pubacks_total", "PUBACKs of clients for nothing that was under way");
}

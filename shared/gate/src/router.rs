//! Commands on their way from this process to its clients, over rumqttd as in-process router: no listener,
//! no socket. The only file that knows rumqttd.
//!
//! The whole gate is one link of the router, and the switchboard carries its commands to the sessions. A link
//! per session was measured and left: the router's queues grow to about 150 KiB per link as clients come and
//! go, and it never forgets a client id or a filter, while links here are as many as gates.

use std::str;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rumqttd::local::{LinkError, LinkRx, LinkTx};
use rumqttd::{Broker, Config, Notification, RouterConfig};

use crate::codec;

/// The router overwrites what was not read in time, but always keeps the last whole segment. So nothing is
/// lost as long as no more than this is under way, and beyond it `command` says that it is busy.
const SEGMENT_BYTES: usize = 256 * 1024;

/// The segment that is being filled and the whole one before it.
const SEGMENTS: usize = 2;

/// The gate itself; more links do not exist.
const LINKS_MAX: usize = 1;

/// Commands that the router hands over at once.
const HANDOVER_MAX: u64 = 100;

/// What the router adds to a command when it measures a segment.
const ROUTER_OVERHEAD_BYTES: usize = 4;

/// The router's name for the gate.
const LINK: &str = "gate";

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Beyond ASCII the router's matching is not safe.
    #[error("the topic {topic:?} of a command must be printable ASCII without wildcards")]
    Topic { topic: String },
    #[error("a command of {bytes} bytes is larger than {bytes_max}")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("too many commands are under way")]
    Busy,
    #[error("the gate has ended")]
    Ended,
    #[error("this gate sends nothing to its clients")]
    NotCarried,
}

#[derive(Debug, thiserror::Error)]
#[error("the in-process router does not answer")]
pub struct RouterError {
    /// The router's errors carry whole packets.
    #[source]
    source: Box<LinkError>,
}

/// A topic and its payload, out of the router.
pub(crate) struct Command {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
}

/// Where commands go in.
pub(crate) struct Commands {
    link: Mutex<LinkTx>,
    under_way: Arc<UnderWay>,
    payload_bytes_max: usize,
}

/// Where they come out again.
pub(crate) struct Trunk {
    link: LinkRx,
    under_way: Arc<UnderWay>,
}

/// Starts the router. It runs on a thread of its own for as long as the process.
pub(crate) fn start(payload_bytes_max: usize) -> Result<(Commands, Trunk), RouterError> {
    let router = RouterConfig {
        max_connections: LINKS_MAX,
        max_outgoing_packet_count: HANDOVER_MAX,
        max_segment_size: SEGMENT_BYTES,
        max_segment_count: SEGMENTS,
        ..RouterConfig::default()
    };
    let broker = Broker::new(Config { router, ..Config::default() });
    let (mut sending, receiving) = broker.link(LINK).map_err(router_error)?;
    sending.try_subscribe("#").map_err(router_error)?;
    let under_way = Arc::new(UnderWay::default());
    let commands =
        Commands { link: Mutex::new(sending), under_way: Arc::clone(&under_way), payload_bytes_max };
    Ok((commands, Trunk { link: receiving, under_way }))
}

impl Commands {
    /// Never blocks.
    pub(crate) fn send(&self, topic: &str, payload: Bytes) -> Result<(), CommandError> {
        if !codec::topic_is_valid(topic)
            || topic.starts_with('$')
            || !topic.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(CommandError::Topic { topic: topic.to_owned() });
        }
        if payload.len() > self.payload_bytes_max {
            return Err(CommandError::TooLarge { bytes: payload.len(), bytes_max: self.payload_bytes_max });
        }
        let size = size(topic, &payload);
        self.under_way.enter(size)?;
        self.pass_on(topic, payload).inspect_err(|_| self.under_way.leave(size))
    }

    fn pass_on(&self, topic: &str, payload: Bytes) -> Result<(), CommandError> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if link.try_publish(topic.to_owned(), payload).is_ok() {
            return Ok(());
        }
        // The link keeps what it could not announce, and would send it with the next command. If it is no
        // longer there, the router has taken it together with an earlier one, and all is well.
        match link.buffer().pop_back() {
            Some(_) => Err(CommandError::Busy),
            None => Ok(()),
        }
    }
}

impl Trunk {
    /// The next command. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Command, RouterError> {
        loop {
            match self.link.next().await.map_err(router_error)? {
                Some(Notification::Forward(forward)) => {
                    let payload = forward.publish.payload;
                    let Ok(topic) = str::from_utf8(&forward.publish.topic) else { continue };
                    self.under_way.leave(size(topic, &payload));
                    return Ok(Command { topic: topic.to_owned(), payload });
                }
                // Without this the router would never send anything again.
                Some(Notification::Unschedule) => self.link.wake().await.map_err(router_error)?,
                _ => {}
            }
        }
    }
}

impl Drop for Trunk {
    fn drop(&mut self) {
        self.under_way.ended.store(true, Ordering::Relaxed);
    }
}

/// The commands between `send` and `next`.
#[derive(Default)]
struct UnderWay {
    bytes: AtomicUsize,
    ended: AtomicBool,
}

impl UnderWay {
    fn enter(&self, size: usize) -> Result<(), CommandError> {
        if self.ended.load(Ordering::Relaxed) {
            return Err(CommandError::Ended);
        }
        let fits = |bytes: usize| (bytes + size <= SEGMENT_BYTES).then_some(bytes + size);
        let entered = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        entered.map(drop).map_err(|_| CommandError::Busy)
    }

    fn leave(&self, size: usize) {
        self.bytes.fetch_sub(size, Ordering::Relaxed);
    }
}

fn size(topic: &str, payload: &Bytes) -> usize {
    ROUTER_OVERHEAD_BYTES + topic.len() + payload.len()
}

fn router_error(source: LinkError) -> RouterError {
    RouterError { source: Box::new(source) }
}

//! The task that brings reports to the edge, in order, and says which ones it has. What is under way and not confirmed is
//! sent again on the next connection, so nothing has to be asked for twice.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use runtime::backoff::Backoff;
use runtime::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::buffer::Position;
use super::config::EdgeConfig;
use super::failing::Failing;
use super::link::{Link, LinkError};
use super::reporter::sent_now;
use crate::field::message::OwnTopics;
use crate::field::report::TOPIC_SUFFIX;
use crate::field::report::format::{Boot, Sent};

/// Reports on their way to the edge. It confirms several at once, every two seconds or so.
pub(super) const WINDOW: usize = 32;
const RECONNECT_FIRST: Duration = Duration::from_millis(500);
const RECONNECT_MAX: Duration = Duration::from_secs(30);

/// The last reports are brought away within this time after the shutdown, or after the next start.
const GOODBYE_WAIT: Duration = Duration::from_secs(3);

/// A report that is to be sent, as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) position: Position,
    pub(super) json: Vec<u8>,
}

/// What tells the present moment in this boot.
pub(super) type Now = fn(Boot) -> Sent;

pub(super) struct Sender {
    edge: EdgeConfig,
    device: String,
    topic: String,
    boot: Boot,
    now: Now,
    queue: mpsc::Receiver<Outgoing>,
    confirmed: mpsc::UnboundedSender<Position>,
    /// Taken from the queue and not confirmed, oldest first.
    under_way: VecDeque<Outgoing>,
    failing: Failing,
    word: Word,
}

/// Whether the log says that the edge takes reports.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Said,
    Owed,
}

/// Whether anything more may come out of the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Handing {
    GoesOn,
    Over,
}

impl Sender {
    /// The confirmed positions never outnumber the reports that were handed over.
    pub(super) fn new(
        edge: EdgeConfig,
        device: String,
        boot: Boot,
        now: Now,
        queue: mpsc::Receiver<Outgoing>,
    ) -> (Self, mpsc::UnboundedReceiver<Position>) {
        let (confirmed, confirms) = mpsc::unbounded_channel();
        let topic = OwnTopics::below(&device, TOPIC_SUFFIX);
        let under_way = VecDeque::new();
        (
            Self {
                edge,
                device,
                topic,
                boot,
                now,
                queue,
                confirmed,
                under_way,
                failing: Failing::default(),
                word: Word::Owed,
            },
            confirms,
        )
    }

    /// Until everything that was handed over is confirmed and nobody hands over any more, or for a moment after the
    /// shutdown began: the last word of an agent is worth a wait, and it is on the disk in any case.
    pub(super) async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        let time_is_over = async {
            shutdown.wait().await;
            sleep(GOODBYE_WAIT).await;
        };
        tokio::select! {
            () = time_is_over => {}
            () = self.bring() => {}
        }
        Ok(())
    }

    async fn bring(&mut self) {
        let mut backoff = Backoff::new(RECONNECT_FIRST, RECONNECT_MAX);
        loop {
            match Link::connect(&self.edge, &self.device).await {
                Ok(mut link) => {
                    debug!(edge = %self.edge.address, "connected to the edge");
                    match self.converse(&mut link, &mut backoff).await {
                        Ok(()) => return link.close().await,
                        Err(error) => self.failed(&error),
                    }
                }
                Err(error) => self.failed(&error),
            }
            sleep(backoff.next_delay()).await;
        }
    }

    /// Ends well when there is nothing left to bring, ever.
    async fn converse(&mut self, link: &mut Link, backoff: &mut Backoff) -> Result<(), LinkError> {
        let mut sent = 0_u16;
        let mut owed: VecDeque<u16> = VecDeque::new();
        for place in 0..self.under_way.len() {
            let report = self.under_way[place].clone();
            self.send(link, &report, &mut sent, &mut owed).await?;
        }
        let mut handed_over = Handing::GoesOn;
        while handed_over == Handing::GoesOn || !owed.is_empty() {
            tokio::select! {
                puback = link.puback() => {
                    // PUBACKs come in the order of the publishes.
                    if owed.pop_front() != Some(puback?) {
                        return Err(LinkError::Unexpected);
                    }
                    backoff.reset();
                    // Not sooner: an edge may let an agent in and throw it out for what it says.
                    if self.failing.is_over() || self.word == Word::Owed {
                        self.word = Word::Said;
                        info!(edge = %self.edge.address, "the edge takes reports");
                    }
                    if let Some(report) = self.under_way.pop_front() {
                        // If nobody listens any more, the agent stops.
                        let _ = self.confirmed.send(report.position);
                    }
                }
                report = self.queue.recv(), if handed_over == Handing::GoesOn && owed.len() < WINDOW => {
                    let Some(report) = report else {
                        handed_over = Handing::Over;
                        continue;
                    };
                    self.under_way.push_back(report.clone());
                    self.send(link, &report, &mut sent, &mut owed).await?;
                }
            }
        }
        Ok(())
    }

    async fn send(
        &self,
        link: &mut Link,
        report: &Outgoing,
        sent: &mut u16,
        owed: &mut VecDeque<u16>,
    ) -> Result<(), LinkError> {
        // Packet ids are never zero.
        *sent = sent.checked_add(1).unwrap_or(1);
        owed.push_back(*sent);
        // What is no report any more is left to the edge to refuse: it must not stand in the way.
        let payload = sent_now(&report.json, (self.now)(self.boot)).unwrap_or_else(|| report.json.clone());
        link.publish(&self.topic, *sent, Bytes::from(payload)).await
    }

    fn failed(&mut self, error: &LinkError) {
        if let Some(failure) = self.failing.news(error) {
            warn!(edge = %self.edge.address, "no way to the edge: {failure}");
        }
    }
}

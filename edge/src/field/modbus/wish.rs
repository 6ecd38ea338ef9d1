//! What annunciators wish of a bus, on its way from their tasks to the bus, which alone may speak on its line. A wish waits
//! with the others until it is granted, and is answered by what came of it.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::failure::ScanFailure;
use super::precedence::{Granted, Precedence};
use super::switch::Switch;
use super::turns::Spent;
use crate::config::{BusConfig, BusId};

/// Each annunciator has one wish at a time, and there are not more of them.
const WISHES_MAX: usize = 16;

#[derive(Debug)]
pub(super) struct Wish {
    pub(super) want: Want,
    answer: oneshot::Sender<Result<(), ScanFailure>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Whether the unit is there: its coil is read. Also tells an adapter that hears itself, whose echo of a write would be
    /// taken for the unit's.
    Knock {
        unit: u8,
        coil: u16,
    },
    Switch(Switch),
}

impl Want {
    pub(super) fn unit(self) -> u8 {
        match self {
            Want::Knock { unit, .. } | Want::Switch(Switch { unit, .. }) => unit,
        }
    }
}

impl Wish {
    /// Who wished may be gone meanwhile.
    pub(super) fn answer(self, outcome: Result<(), ScanFailure>) {
        let _ = self.answer.send(outcome);
    }
}

/// Where wishes for one bus are put.
#[derive(Clone, Debug)]
pub struct Wishing(mpsc::Sender<Wish>);

#[derive(Debug, thiserror::Error)]
pub enum WishError {
    #[error(transparent)]
    Failed(ScanFailure),
    #[error("the bus is not served")]
    BusGone,
}

impl Wishing {
    /// Waits until the bus has granted it. Whoever stops waiting takes the wish back, unless it is being granted.
    pub async fn grant(&self, want: Want) -> Result<(), WishError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Wish { want, answer }).await.map_err(|_| WishError::BusGone)?;
        answered.await.map_err(|_| WishError::BusGone)?.map_err(WishError::Failed)
    }
}

/// The wishes of all buses, for the field stage.
#[derive(Debug, Default)]
pub struct BusWishes(BTreeMap<BusId, mpsc::Receiver<Wish>>);

/// A way to wish for each of these buses.
pub fn wishes(buses: &[BusConfig]) -> (BTreeMap<BusId, Wishing>, BusWishes) {
    let (mut senders, mut receivers) = (BTreeMap::new(), BTreeMap::new());
    for bus in buses {
        let (sender, receiver) = mpsc::channel(WISHES_MAX);
        senders.insert(bus.id.clone(), Wishing(sender));
        receivers.insert(bus.id.clone(), receiver);
    }
    (senders, BusWishes(receivers))
}

impl BusWishes {
    /// Those for one bus; of a bus that nobody wishes anything of, none will ever come.
    pub(in crate::field) fn take(&mut self, bus: &BusId) -> Wishes {
        Wishes::new(self.0.remove(bus))
    }
}

/// The side of the bus.
#[derive(Debug)]
pub(in crate::field) struct Wishes {
    coming: Option<mpsc::Receiver<Wish>>,
    /// In the order in which they came.
    waiting: Vec<Wish>,
    precedence: Precedence,
    start: Instant,
}

impl Wishes {
    pub(super) fn new(coming: Option<mpsc::Receiver<Wish>>) -> Self {
        Self { coming, waiting: Vec::new(), precedence: Precedence::default(), start: Instant::now() }
    }

    /// The next one, as soon as it may be granted. Nothing is lost if nobody waits for it any more.
    pub(super) async fn next(&mut self) -> Wish {
        loop {
            self.gather();
            let Some(Granted { place, at }) = self.first() else {
                self.come().await;
                continue;
            };
            let at = self.start + at;
            if at <= Instant::now() {
                return self.waiting.remove(place);
            }
            tokio::select! {
                () = sleep_until(at) => {}
                () = self.come() => {}
            }
        }
    }

    /// One that may be granted now.
    pub(super) fn ready(&mut self) -> Option<Wish> {
        self.gather();
        let first = self.first().filter(|first| first.at <= self.start.elapsed());
        first.map(|first| self.waiting.remove(first.place))
    }

    /// How many wait, whether or not they may be granted now.
    pub(super) fn waiting(&mut self) -> usize {
        self.gather();
        self.waiting.len()
    }

    pub(super) fn is_deaf(&self, unit: u8) -> bool {
        self.precedence.is_deaf(unit)
    }

    pub(super) fn granted(&mut self, unit: u8, from: Instant, obeyed: bool) {
        if obeyed {
            self.precedence.obeyed(unit);
        } else {
            let from = from.saturating_duration_since(self.start);
            self.precedence.failed(unit, Spent { from, to: self.start.elapsed() });
        }
    }

    /// While the port is not there: refuses whatever is wished, for so long.
    pub(super) async fn refuse(&mut self, cause: impl Fn() -> io::Error, span: Duration) {
        let until = Instant::now() + span;
        loop {
            self.gather();
            for wish in self.waiting.drain(..) {
                wish.answer(Err(ScanFailure::Port(cause())));
            }
            tokio::select! {
                () = sleep_until(until) => return,
                () = self.come() => {}
            }
        }
    }

    fn first(&self) -> Option<Granted> {
        self.precedence.next(self.waiting.iter().map(|wish| wish.want.unit()))
    }

    /// Takes what has come, and gives up what nobody waits for any more.
    fn gather(&mut self) {
        while let Some(wish) = self.coming.as_mut().and_then(|coming| coming.try_recv().ok()) {
            self.waiting.push(wish);
        }
        self.waiting.retain(|wish| !wish.answer.is_closed());
    }

    /// Waits for one more.
    async fn come(&mut self) {
        match &mut self.coming {
            Some(coming) => match coming.recv().await {
                Some(wish) => self.waiting.push(wish),
                None => self.coming = None,
            },
            None => std::future::pending().await,
        }
    }
}

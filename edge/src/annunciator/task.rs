//! The task of one annunciator: switches its coils as decided, writes them again every few seconds, and tries until the
//! device has said that it did.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use metrics::{Counter, counter};
use runtime::shutdown::Shutdown;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};

use super::before::Before;
use super::coil::{CoilError, Coils, Way};
use super::decide::{Decision, Want};
use super::map::Slots;
use super::standing::{CoilStanding, Light, Standing};
use crate::config::{AnnunciatorConfig, BusId, CoilsPlace};
use crate::field::modbus::wish::Wishing;

/// A device that was started anew is as it should be after this time.
pub(crate) const REFRESH: Duration = Duration::from_secs(5);
/// One that is away is tried again after this time, then after twice as long, and at least as often as one that is there.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// One lost packet is no fault; a device that was away for so many attempts is.
const FAILED_IN_A_ROW: u32 = 3;

pub struct Annunciator {
    config: AnnunciatorConfig,
    way: Way,
    /// Its place among all annunciators.
    place: usize,
    slots: watch::Receiver<Slots>,
    standings: watch::Sender<Vec<Standing>>,
    started: Instant,
    coils: Vec<Coil>,
    connection: Option<Coils>,
    failed: u32,
    writes: Counter,
    failures: Counter,
}

struct Coil {
    decision: Decision,
    confirmed: Light,
}

fn retry_after(failed_before: u32) -> Duration {
    RETRY_FIRST.saturating_mul(2_u32.saturating_pow(failed_before)).min(REFRESH)
}

fn way(config: &AnnunciatorConfig, buses: &BTreeMap<BusId, Wishing>) -> Way {
    let unit = config.unit;
    match &config.place {
        CoilsPlace::Address(address) => Way::Tcp { address: address.clone(), unit },
        CoilsPlace::Bus(bus) => {
            let wishing = buses.get(bus).expect("an annunciator names a bus of its site").clone();
            let first = config.coils.first().map_or(0, |coil| coil.coil);
            Way::Bus { wishing, unit, first }
        }
    }
}

impl Annunciator {
    /// `standings` has an entry for each annunciator, and this one fills its own. `buses` are those of its site.
    pub fn new(
        config: AnnunciatorConfig,
        place: usize,
        buses: &BTreeMap<BusId, Wishing>,
        slots: watch::Receiver<Slots>,
        standings: watch::Sender<Vec<Standing>>,
    ) -> Self {
        let coil = |min_on: Duration, max_on: Duration| Coil {
            decision: Decision::new(min_on.as_millis() as u64, max_on.as_millis() as u64, 0),
            confirmed: Light::Unknown,
        };
        let id = config.id.clone();
        Self {
            way: way(&config, buses),
            coils: config.coils.iter().map(|config| coil(config.min_on, config.max_on)).collect(),
            config,
            place,
            slots,
            standings,
            started: Instant::now(),
            connection: None,
            failed: 0,
            writes: counter!("annunciator_writes_total", "annunciator" => id.clone()),
            failures: counter!("annunciator_failures_total", "annunciator" => id),
        }
    }

    /// Goes on where the one of the same name stood before a reload.
    #[must_use]
    pub fn after(mut self, before: &Before) -> Self {
        let known = before.coils(&self.config.id);
        let earliest = known.iter().filter_map(|coil| coil.on_since).min();
        self.started = earliest.map_or(self.started, |earliest| earliest.min(self.started));
        let (started, now_ms) = (self.started, self.started.elapsed().as_millis() as u64);
        let slots = self.slots.borrow();
        for (place, (coil, config)) in self.coils.iter_mut().zip(&self.config.coils).enumerate() {
            let Some(known) = known.iter().find(|known| known.name == config.name) else { continue };
            let on_since_ms = known.on_since.map(|since| (since - started).as_millis() as u64);
            coil.decision.go_on(on_since_ms, known.raised, &slots[self.place][place], now_ms);
        }
        drop(slots);
        self
    }

    /// Runs until the shutdown begins, and leaves the coils as they are.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        let mut refresh = self.started;
        loop {
            let (wants, again) = self.decide();
            let is_due = Instant::now() >= refresh;
            let outcome = tokio::select! {
                () = shutdown.wait() => return Ok(()),
                outcome = self.write(&wants, is_due) => outcome,
            };
            let next = if outcome.is_ok() { REFRESH } else { retry_after(self.failed) };
            if is_due || outcome.is_err() {
                refresh = Instant::now() + next;
            }
            self.judge(outcome, &wants);
            let until = again.map_or(refresh, |again| again.min(refresh));
            // While the device is away, news do not hurry the attempts.
            let listens = self.failed == 0;
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = sleep_until(until) => {}
                Ok(()) = self.slots.changed(), if listens => {}
            }
        }
    }

    /// What is wanted of each coil, and when that may change by itself.
    fn decide(&mut self) -> (Vec<Want>, Option<Instant>) {
        let now_ms = self.started.elapsed().as_millis() as u64;
        let slots = self.slots.borrow_and_update();
        let answers = self.coils.iter_mut().zip(&slots[self.place]);
        let answers: Vec<_> = answers.map(|(coil, slots)| coil.decision.ask(slots, now_ms)).collect();
        let again = answers.iter().filter_map(|answer| answer.again_ms).min();
        let again = again.map(|again_ms| self.started + Duration::from_millis(again_ms));
        (answers.iter().map(|answer| answer.want).collect(), again)
    }

    /// Writes what is not as wanted, and everything if `all`. Safe to drop half-way: the connection goes with it.
    async fn write(&mut self, wants: &[Want], all: bool) -> Result<(), CoilError> {
        // Those that are to be on come first: a siren does not wait for a lamp.
        let mut order: Vec<usize> = (0..wants.len()).collect();
        let is_news = |place: usize| Light::from(wants[place]) != self.coils[place].confirmed;
        order.sort_by_key(|place| (!is_news(*place), wants[*place] != Want::On));
        for place in order {
            let (want, coil) = (Light::from(wants[place]), &self.config.coils[place]);
            let is_news = want != self.coils[place].confirmed;
            if want == Light::Unknown || !is_news && !all {
                continue;
            }
            if !is_news && self.slots.has_changed().unwrap_or(false) {
                // Neither does an alarm wait until all is said again that was said before.
                break;
            }
            let connection = match self.connection.take() {
                Some(connection) => connection,
                None => Coils::connect(&self.way).await?,
            };
            self.connection = Some(connection.write(coil.coil, want == Light::On).await?);
            self.writes.increment(1);
            if self.coils[place].confirmed != want {
                info!(annunciator = self.config.id, coil = coil.name, number = coil.coil, state = %want, "coil is switched");
            }
            self.coils[place].confirmed = want;
        }
        if self.connection.is_none() {
            // One that is needed one day is better found missing today.
            self.connection = Some(Coils::connect(&self.way).await?);
        }
        Ok(())
    }

    fn judge(&mut self, outcome: Result<(), CoilError>, wants: &[Want]) {
        let failure = outcome.as_ref().err().map(ToString::to_string);
        let id = &self.config.id;
        match outcome {
            Ok(()) if self.failed >= FAILED_IN_A_ROW => info!(annunciator = id, "annunciator answers again"),
            Ok(()) => {}
            Err(error) => {
                self.failures.increment(1);
                self.coils.iter_mut().for_each(|coil| coil.confirmed = Light::Unknown);
                match self.failed + 1 {
                    1 => warn!(annunciator = id, "annunciator failed, and is tried again: {error}"),
                    FAILED_IN_A_ROW => {
                        error!(
                            annunciator = id,
                            "annunciator does not work; it is tried again until it does: {error}"
                        );
                    }
                    _ => {}
                }
            }
        }
        self.failed = if failure.is_some() { self.failed.saturating_add(1) } else { 0 };
        let coils = self.config.coils.iter().zip(&self.coils).zip(wants);
        let coils = coils.map(|((config, coil), want)| {
            let (on_since_ms, raised) = coil.decision.stands();
            CoilStanding {
                name: config.name.clone(),
                wanted: (*want).into(),
                confirmed: coil.confirmed,
                on_since: on_since_ms.map(|since_ms| self.started + Duration::from_millis(since_ms)),
                raised,
            }
        });
        let well = self.failed < FAILED_IN_A_ROW;
        let standing = Standing { id: id.clone(), coils: coils.collect(), well, failure };
        self.standings.send_if_modified(|standings| {
            let changed = standings[self.place] != standing;
            standings[self.place] = standing;
            changed
        });
    }
}

//! The running site: the devices behind one lock, the clock they live by, and what is told about them. The lock is held
//! for a few microseconds and never across an await; whoever asks or changes a device brings it up to date first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runtime::clock;
use runtime::shutdown::Shutdown;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::config::SiteFile;
use crate::device::conduct::Link;
use crate::device::question::{Answer, Question};
use crate::device::{Device, Moment, Row};
use crate::narrate::{Line, Narrator};
use crate::roster::{Happening, Roster, RosterError};

/// How often devices are brought up to date when nobody asks them, so that what happens is told when it happens.
const TICK: Duration = Duration::from_millis(100);

/// A device as it is shown to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub name: String,
    pub class: &'static str,
    pub unit: u8,
    pub conduct: String,
    pub rows: Vec<Row>,
}

pub struct Site {
    roster: Mutex<Roster>,
    links: BTreeMap<String, watch::Sender<Link>>,
    narrator: Narrator,
    started: Instant,
    started_unix_ms: i64,
}

impl Site {
    /// The clock starts now.
    pub fn new(file: &SiteFile, narrator: Narrator) -> Self {
        let links = file.devices.keys().map(|name| (name.clone(), watch::Sender::new(Link::Up))).collect();
        Self {
            roster: Mutex::new(Roster::new(file)),
            links,
            narrator,
            started: Instant::now(),
            started_unix_ms: clock::wall_ms(),
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The instant at which so much time has passed on the site.
    pub fn instant_of(&self, elapsed: Duration) -> Instant {
        self.started + elapsed
    }

    fn now(&self) -> Moment {
        let elapsed = self.elapsed();
        let unix_s = self.started_unix_ms / 1_000 + i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX / 2);
        Moment { elapsed, unix_s: u32::try_from(unix_s).unwrap_or(u32::MAX) }
    }

    /// The devices and the time. The time is taken under the lock, so that no device ever sees it go back. A panic of
    /// another task while it held the lock left registers that can still be read and set.
    fn lock(&self) -> (MutexGuard<'_, Roster>, Moment) {
        let roster = self.roster.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        (roster, now)
    }

    /// Works on the devices and tells what happened, still under the lock, so that lines come in the order of events.
    fn work<T>(&self, work: impl FnOnce(&mut Roster, Moment, &mut Vec<Happening>) -> T) -> T {
        let (mut roster, now) = self.lock();
        let mut happened = Vec::new();
        let outcome = work(&mut roster, now, &mut happened);
        for Happening { device, says } in happened {
            self.narrator.tell(Line::of(device, now.elapsed, says));
        }
        outcome
    }

    /// Lets the time that has passed act on every device.
    fn catch_up(&self) {
        self.work(|roster, now, happened| happened.extend(roster.advance(now)));
    }

    pub fn tell_note(&self, note: &str) {
        self.narrator.tell(Line::note(self.elapsed(), note));
    }

    pub fn tell_of(&self, device: &str, says: impl Into<String>) {
        self.narrator.tell(Line::of(device, self.elapsed(), says));
    }

    /// A request from the bus. Devices that do not exist do not answer.
    pub fn answer(&self, device: &str, question: Question) -> Answer {
        self.work(|roster, now, happened| {
            let Ok(mut named) = roster.get_mut(device) else {
                return Answer::Silence;
            };
            happened.extend(named.advance(now));
            named.device.answer(question)
        })
    }

    /// Sets values by hand, `DEVICE.SIGNAL` and value each: all of them, or none when one makes no sense.
    pub fn set(&self, settings: &[(String, String)]) -> Result<Vec<Happening>, RosterError> {
        self.change(|roster, now| {
            let understood: Result<Vec<_>, _> =
                settings.iter().map(|(target, value)| roster.resolve(target, value)).collect();
            Ok(roster.set(&understood?, now))
        })
    }

    /// The same for `DEVICE.SIGNAL=VALUE` as it is typed.
    pub fn assign(&self, assignments: &[String]) -> Result<Vec<Happening>, RosterError> {
        self.change(|roster, now| {
            let understood: Result<Vec<_>, _> =
                assignments.iter().map(|text| roster.understand(text)).collect();
            Ok(roster.set(&understood?, now))
        })
    }

    /// Makes a device do something, such as `grant 4711`.
    pub fn act(&self, device: &str, action: &str) -> Result<Vec<Happening>, RosterError> {
        self.change(|roster, now| roster.get_mut(device)?.act(action, now))
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Roster, Moment) -> Result<Vec<Happening>, RosterError>,
    ) -> Result<Vec<Happening>, RosterError> {
        self.work(|roster, now, happened| {
            let done = change(roster, now)?;
            happened.extend(done.iter().cloned());
            for (name, device) in roster.iter() {
                self.show_link(name, device.link());
            }
            Ok(done)
        })
    }

    fn show_link(&self, device: &str, link: Link) {
        if let Some(shown) = self.links.get(device) {
            shown.send_if_modified(|last| std::mem::replace(last, link) != link);
        }
    }

    /// Whether the port of a device shall be open. `None`: there is no such device.
    pub fn link(&self, device: &str) -> Option<watch::Receiver<Link>> {
        self.links.get(device).map(watch::Sender::subscribe)
    }

    /// One device, or all of them, as the bus sees them now.
    pub fn pictures(&self, device: Option<&str>) -> Result<Vec<Picture>, RosterError> {
        self.work(|roster, now, happened| {
            if let Some(name) = device {
                roster.get(name)?;
            }
            happened.extend(roster.advance(now));
            let wanted = roster.iter().filter(|(name, _)| device.is_none_or(|wanted| wanted == *name));
            Ok(wanted.map(|(name, device)| picture(name, device)).collect())
        })
    }
}

fn picture(name: &str, device: &Device) -> Picture {
    Picture {
        name: name.to_owned(),
        class: device.class().name,
        unit: device.unit(),
        conduct: device.conduct(),
        rows: device.rows(),
    }
}

/// The task that lets time pass for devices that nobody asks.
pub struct Ticker {
    site: Arc<Site>,
}

impl Ticker {
    pub fn new(site: Arc<Site>) -> Self {
        Self { site }
    }

    pub async fn run(self, shutdown: Shutdown) -> Result<(), std::convert::Infallible> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = shutdown.wait() => return Ok(()),
            }
            self.site.catch_up();
        }
    }
}

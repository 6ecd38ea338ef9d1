//! How a device behaves towards the bus, whatever it is: whether its program runs, whether it answers, whether it can be
//! reached. These are the faults of the device itself, not of what it watches.

use std::time::Duration;

use super::action::{Action, ActionError, ActionHelp};
use super::register_map::RegisterMap;

pub static ACTIONS: &[ActionHelp] = &[
    ActionHelp::new("freeze", "", "its program stops: it answers, but nothing moves, the heartbeat neither"),
    ActionHelp::new("silence", "", "it accepts connections and never answers"),
    ActionHelp::new("busy", "", "it answers every request with exception 06"),
    ActionHelp::new("disconnect", "", "its port is closed and all connections are cut"),
    ActionHelp::new("restore", "", "ends all of these and lets go of every value held by hand"),
    ActionHelp::new("cover", "on|off", "its cover is open (on) or shut (off)"),
];

/// Whether requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    Normally,
    Silent,
    Busy,
}

/// Whether the device's port is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Up,
    Cut,
}

#[derive(Debug)]
struct Frozen {
    since: Duration,
    picture: RegisterMap,
}

#[derive(Debug)]
pub struct Conduct {
    pub answering: Answering,
    pub link: Link,
    frozen: Option<Frozen>,
    /// How long earlier freezes lasted altogether.
    stood_still: Duration,
}

impl Conduct {
    pub(super) fn normal() -> Self {
        Self { answering: Answering::Normally, link: Link::Up, frozen: None, stood_still: Duration::ZERO }
    }

    /// The registers as the bus sees them: those of the moment of freezing while the program stands still.
    pub(super) fn seen<'a>(&'a self, map: &'a RegisterMap) -> &'a RegisterMap {
        self.frozen.as_ref().map_or(map, |frozen| &frozen.picture)
    }

    /// How long the device's program has run.
    pub(super) fn running(&self, elapsed: Duration) -> Duration {
        let stopped_at = self.frozen.as_ref().map_or(elapsed, |frozen| frozen.since);
        stopped_at.saturating_sub(self.stood_still)
    }

    pub fn describe(&self) -> String {
        let mut words = Vec::new();
        if self.frozen.is_some() {
            words.push("frozen");
        }
        match self.answering {
            Answering::Normally => {}
            Answering::Silent => words.push("silent"),
            Answering::Busy => words.push("busy"),
        }
        if self.link == Link::Cut {
            words.push("disconnected");
        }
        if words.is_empty() { "runs".to_owned() } else { words.join(", ") }
    }

    /// Does what `action` says when it is one of the common ones; `None` leaves it to the device's class.
    pub(super) fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        elapsed: Duration,
    ) -> Option<Result<String, ActionError>> {
        let says: fn(&mut Self, &mut RegisterMap, Duration) -> String = match action.word {
            "freeze" => Self::freeze,
            "silence" => |conduct, _, _| {
                conduct.answering = Answering::Silent;
                "silent: requests get no answer".into()
            },
            "busy" => |conduct, _, _| {
                conduct.answering = Answering::Busy;
                "busy: requests get exception 06".into()
            },
            "disconnect" => |conduct, _, _| {
                conduct.link = Link::Cut;
                "disconnected".into()
            },
            "restore" => Self::restore,
            _ => return None,
        };
        Some(action.without_argument().map(|()| says(self, map, elapsed)))
    }

    fn freeze(&mut self, map: &mut RegisterMap, elapsed: Duration) -> String {
        if self.frozen.is_none() {
            self.frozen = Some(Frozen { since: elapsed, picture: map.clone() });
        }
        "frozen: the heartbeat stands still".into()
    }

    fn restore(&mut self, map: &mut RegisterMap, elapsed: Duration) -> String {
        if let Some(frozen) = self.frozen.take() {
            self.stood_still += elapsed.saturating_sub(frozen.since);
        }
        (self.answering, self.link) = (Answering::Normally, Link::Up);
        map.release_all();
        "restored: runs normally".into()
    }
}

//! Door controller: a leaf with a contact, a lock, a reader outside and one inside, a button to leave. The contact
//! belongs to the room: however it opens, by an action or set by hand, the program judges it the same way.

use std::time::Duration;

use runtime::config::Section;

use super::action::{Action, ActionError, ActionHelp};
use super::choices::choices;
use super::register_map::RegisterMap;
use super::signal::{Signal, signals};
use super::{Behaviour, Class, Moment, seconds};

choices!(Contact { Closed = "closed", Open = "open", Shorted = "shorted", Cut = "cut" });
choices!(Lock { Locked = "locked", Unlocked = "unlocked", Fault = "fault" });
choices!(DoorState { Closed = "closed", Open = "open", Forced = "forced", Held = "held" });
choices!(Mode {
    Normal = "normal",
    Locked = "locked",
    Unlocked = "unlocked",
    Blocked = "blocked",
    Emergency = "emergency",
});
choices!(Verdict {
    None = "none",
    Granted = "granted",
    DeniedUnknown = "denied_unknown",
    DeniedTime = "denied_time",
    DeniedSecondPerson = "denied_second_person",
    Duress = "duress",
    AntiPassback = "anti_passback",
});

signals! {
    CONTACT = Signal::choice("contact", 8, Contact::NAMES).world();
    LOCK_STATE = Signal::choice("lock_state", 9, Lock::NAMES);
    LOCK_CMD = Signal::bit("lock_cmd", 10, 0);
    REX = Signal::bit("rex", 10, 1);
    HANDLE = Signal::bit("handle", 10, 2).world();
    FIRE_RELEASE = Signal::bit("fire_release", 10, 3).world();
    CLOSER_FAULT = Signal::bit("closer_fault", 10, 4).world();
    COVER_TAMPER = Signal::bit("cover_tamper", 10, 5).world();
    DOOR_STATE = Signal::choice("door_state", 11, DoorState::NAMES);
    MODE = Signal::choice("mode", 12, Mode::NAMES).world();
    UNLOCK_TIME = Signal::u16("unlock_time_s", 13).scaled(0, "s").world();
    HELD_LIMIT = Signal::u16("held_limit_s", 14).scaled(0, "s").world();
    OPEN_TIME = Signal::u16("open_time_s", 15).scaled(0, "s");
    OCCUPANCY = Signal::u16("occupancy", 16).world();
    LOCK_CURRENT = Signal::u16("lock_current_ma", 17).scaled(0, "mA");
    PSU = Signal::u16("psu_v", 18).scaled(-2, "V");
    REX_COUNT = Signal::u16("rex_count", 19).world();
    READER_ONLINE = Signal::bit("reader[].online", 24, 0).repeated(READERS, 8).world();
    READER_TAMPER = Signal::bit("reader[].tamper", 24, 1).repeated(READERS, 8).world();
    READER_SECURE = Signal::bit("reader[].secure_channel", 24, 2).repeated(READERS, 8).world();
    READER_CREDENTIAL = Signal::u32("reader[].last_credential_hash", 25).repeated(READERS, 8).world();
    READER_RESULT = Signal::choice("reader[].last_result", 27, Verdict::NAMES).repeated(READERS, 8).world();
    READER_COUNT = Signal::u32("reader[].read_count", 28).repeated(READERS, 8).world();
    READER_RESERVED_6 = Signal::reserved("reader[].reserved_6", 30).repeated(READERS, 8);
    READER_RESERVED_7 = Signal::reserved("reader[].reserved_7", 31).repeated(READERS, 8);
}

const READERS: u16 = 2;
const OUTSIDE: u16 = 0;
const INSIDE: u16 = 1;

/// How long a pressed button to leave reads as pressed.
const REX_PRESSED: Duration = Duration::from_secs(1);
/// The credential that is presented when the action names none.
const USUAL_CREDENTIAL: u32 = 0x5EED_0001;
const DENIALS: &[(&str, Verdict)] = &[
    ("unknown", Verdict::DeniedUnknown),
    ("time", Verdict::DeniedTime),
    ("second-person", Verdict::DeniedSecondPerson),
    ("anti-passback", Verdict::AntiPassback),
];

pub(super) static CLASS: Class = Class {
    name: "door",
    device_type: 3,
    signals: SIGNALS,
    cover: COVER_TAMPER,
    actions: &[
        ActionHelp::new(
            "grant",
            "[CREDENTIAL]",
            "a credential is accepted outside, the lock opens for a while",
        ),
        ActionHelp::new("leave", "[CREDENTIAL]", "a credential is accepted inside"),
        ActionHelp::new(
            "deny",
            "WHY",
            "a credential is refused: unknown, time, second-person or anti-passback",
        ),
        ActionHelp::new("duress", "[CREDENTIAL]", "a credential is accepted under duress"),
        ActionHelp::new("rex", "", "the button to leave is pressed inside"),
        ActionHelp::new("open", "", "somebody opens the door; a locked one stays shut"),
        ActionHelp::new("force", "", "somebody opens the door, locked or not"),
        ActionHelp::new("close", "", "the door falls shut"),
    ],
    configure,
};

fn configure(section: &mut Section<'_>) -> Option<Box<dyn Behaviour>> {
    // 99 s and 999 s are the longest times that door controllers offer in their menus.
    let unlock = seconds::configured(section, "unlock_time", 5, 1..=99);
    let held = seconds::configured(section, "held_limit", 30, 1..=999);
    Some(Box::new(Door::new(unlock, held)))
}

#[derive(Clone, Copy, Debug)]
enum Leaf {
    Shut,
    Open { since: Duration, state: DoorState },
}

/// Who is on the way through the door, to count the people inside when it opens.
#[derive(Clone, Copy, Debug)]
enum Passage {
    Nobody,
    In,
    Out,
}

#[derive(Debug)]
struct Door {
    unlock_time_s: u16,
    held_limit_s: u16,
    leaf: Leaf,
    passage: Passage,
    unlocked_until: Duration,
    rex_until: Duration,
}

impl Door {
    fn new(unlock_time_s: u16, held_limit_s: u16) -> Self {
        let (unlocked_until, rex_until) = (Duration::ZERO, Duration::ZERO);
        let (leaf, passage) = (Leaf::Shut, Passage::Nobody);
        Self { unlock_time_s, held_limit_s, leaf, passage, unlocked_until, rex_until }
    }

    fn may_be_opened(&self, map: &RegisterMap, now: Moment) -> bool {
        map.is_on(FIRE_RELEASE)
            || map.shows(MODE, Mode::Unlocked)
            || map.shows(MODE, Mode::Emergency)
            || now.elapsed < self.unlocked_until
    }

    /// Sets the lock to what mode, fire release and the running unlock time ask for.
    fn move_lock(&self, map: &mut RegisterMap, now: Moment) -> Option<String> {
        let free = self.may_be_opened(map, now);
        let was_unlocked = map.shows(LOCK_STATE, Lock::Unlocked);
        map.put(LOCK_CMD, !free);
        map.put(LOCK_STATE, if free { Lock::Unlocked } else { Lock::Locked });
        map.measure(LOCK_CURRENT, 0, if free { 452.0 } else { 21.0 }, 4.0, now);
        match (was_unlocked, map.shows(LOCK_STATE, Lock::Unlocked)) {
            (true, false) => Some("locked again".into()),
            (false, true) => Some("unlocked".into()),
            _ => None,
        }
    }

    /// Follows the contact. A shorted or cut contact says nothing about the leaf, so the leaf stays as it was.
    fn move_leaf(&mut self, map: &mut RegisterMap, now: Moment) -> Option<String> {
        let (next, happened) = match self.leaf {
            Leaf::Shut if map.shows(CONTACT, Contact::Open) => self.opened(map, now),
            Leaf::Open { .. } if map.shows(CONTACT, Contact::Closed) => (Leaf::Shut, Some("closed".into())),
            Leaf::Open { since, state: DoorState::Open } if self.held_since(map, since, now) => {
                let limit = map.get(HELD_LIMIT);
                (
                    Leaf::Open { since, state: DoorState::Held },
                    Some(format!("held open for more than {limit} s")),
                )
            }
            unmoved => (unmoved, None),
        };
        self.leaf = next;
        let (state, open_for) = match next {
            Leaf::Shut => (DoorState::Closed, Duration::ZERO),
            Leaf::Open { since, state } => (state, now.elapsed.saturating_sub(since)),
        };
        map.put(DOOR_STATE, state);
        map.put(OPEN_TIME, u16::try_from(open_for.as_secs()).unwrap_or(u16::MAX));
        happened
    }

    fn opened(&mut self, map: &mut RegisterMap, now: Moment) -> (Leaf, Option<String>) {
        let since = now.elapsed;
        if !self.may_be_opened(map, now) {
            return (Leaf::Open { since, state: DoorState::Forced }, Some("forced open".into()));
        }
        let inside = map.get(OCCUPANCY);
        match std::mem::replace(&mut self.passage, Passage::Nobody) {
            Passage::In => map.put(OCCUPANCY, (inside + 1).min(OCCUPANCY.high)),
            Passage::Out => map.put(OCCUPANCY, (inside - 1).max(0)),
            Passage::Nobody => {}
        }
        (Leaf::Open { since, state: DoorState::Open }, Some("opened".into()))
    }

    fn held_since(&self, map: &RegisterMap, since: Duration, now: Moment) -> bool {
        let open_s = now.elapsed.saturating_sub(since).as_secs();
        i64::try_from(open_s).is_ok_and(|open_s| open_s >= map.get(HELD_LIMIT))
    }

    fn unlock(&mut self, map: &mut RegisterMap, passage: Passage, now: Moment) {
        let seconds = u64::try_from(map.get(UNLOCK_TIME)).unwrap_or_default();
        self.unlocked_until = now.elapsed + Duration::from_secs(seconds);
        self.passage = passage;
        self.move_lock(map, now);
    }

    /// A credential is presented and judged; a good one unlocks unless the door is closed to everybody.
    fn present(
        &mut self,
        map: &mut RegisterMap,
        reader: u16,
        credential: u32,
        wanted: Verdict,
        now: Moment,
    ) -> String {
        let shut_to_all = map.shows(MODE, Mode::Locked) || map.shows(MODE, Mode::Blocked);
        let good = matches!(wanted, Verdict::Granted | Verdict::Duress);
        let verdict = if good && shut_to_all { Verdict::DeniedTime } else { wanted };
        map.put_at(READER_CREDENTIAL, reader, credential);
        map.put_at(READER_RESULT, reader, verdict);
        map.count_up(READER_COUNT, reader);
        let side = if reader == OUTSIDE { "outside" } else { "inside" };
        let verdict_name = verdict.name();
        if good && !shut_to_all {
            let passage = if reader == OUTSIDE { Passage::In } else { Passage::Out };
            self.unlock(map, passage, now);
            return format!(
                "credential {credential} {side}: {verdict_name}, unlocked for {} s",
                map.get(UNLOCK_TIME)
            );
        }
        format!("credential {credential} {side}: {verdict_name}")
    }

    fn press_rex(&mut self, map: &mut RegisterMap, now: Moment) -> String {
        map.put(REX, true);
        map.count_up(REX_COUNT, 0);
        self.rex_until = now.elapsed + REX_PRESSED;
        if map.shows(MODE, Mode::Blocked) {
            return "button to leave pressed, but the door is blocked".into();
        }
        self.unlock(map, Passage::Out, now);
        format!("button to leave pressed, unlocked for {} s", map.get(UNLOCK_TIME))
    }

    fn pull_open(&mut self, map: &mut RegisterMap, now: Moment) -> String {
        match self.leaf {
            Leaf::Open { .. } => return "is open already".into(),
            Leaf::Shut => map.put(CONTACT, Contact::Open),
        }
        self.move_leaf(map, now).unwrap_or_else(|| "opened".into())
    }

    fn fall_shut(&mut self, map: &mut RegisterMap, now: Moment) -> String {
        map.put(CONTACT, Contact::Closed);
        self.move_leaf(map, now).unwrap_or_else(|| "is closed already".into())
    }
}

impl Behaviour for Door {
    fn fresh(&self) -> Box<dyn Behaviour> {
        Box::new(Self::new(self.unlock_time_s, self.held_limit_s))
    }

    fn start(&mut self, map: &mut RegisterMap) {
        map.put(LOCK_CMD, true);
        map.put(UNLOCK_TIME, self.unlock_time_s);
        map.put(HELD_LIMIT, self.held_limit_s);
        for reader in [OUTSIDE, INSIDE] {
            map.put_at(READER_ONLINE, reader, true);
            map.put_at(READER_SECURE, reader, true);
        }
    }

    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String> {
        if now.elapsed >= self.rex_until {
            map.put(REX, false);
        }
        map.measure(PSU, 0, 2_724.0, 6.0, now);
        // The lock moves first: an emergency that unlocks and an opening in the same moment is no forced door.
        [self.move_lock(map, now), self.move_leaf(map, now)].into_iter().flatten().collect()
    }

    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        now: Moment,
    ) -> Option<Result<String, ActionError>> {
        let credential = || action.number_or(USUAL_CREDENTIAL, 0..=u32::MAX);
        let bare = || action.without_argument();
        Some(match action.word {
            "grant" => credential().map(|card| self.present(map, OUTSIDE, card, Verdict::Granted, now)),
            "leave" => credential().map(|card| self.present(map, INSIDE, card, Verdict::Granted, now)),
            "duress" => credential().map(|card| self.present(map, OUTSIDE, card, Verdict::Duress, now)),
            "deny" => {
                let words: Vec<&str> = DENIALS.iter().map(|(word, _)| *word).collect();
                action
                    .choice(&words)
                    .map(|at| self.present(map, OUTSIDE, USUAL_CREDENTIAL, DENIALS[at].1, now))
            }
            "rex" => bare().map(|()| self.press_rex(map, now)),
            "open" => bare().map(|()| match self.leaf {
                Leaf::Shut if !self.may_be_opened(map, now) => "stays shut: it is locked".into(),
                _ => self.pull_open(map, now),
            }),
            "force" => bare().map(|()| self.pull_open(map, now)),
            "close" => bare().map(|()| self.fall_shut(map, now)),
            _ => return None,
        })
    }
}

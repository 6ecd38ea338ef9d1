//! How things stand on the host, as far as its last report says. What it does not say becomes no sample.

use wire::{ClockState, Kind, Stamp, Value};

use super::Out;
use super::format::{Antivirus, Event, Incoming};
use super::happened::count;
use crate::field::sample::Novelty;

pub(super) fn samples(report: &Incoming, events: &[Event], now: Stamp, out: &mut Out<'_>) {
    // Whoever has just said goodbye is not online because he said it.
    let leaves = |event: &Event| matches!(event, Event::AgentStop | Event::AgentUninstall | Event::Shutdown);
    if !events.iter().any(leaves) {
        out.state(Kind::HostAgent, "online", Novelty::Level);
        out.stands(Kind::HostPower, Value::Flag(true));
    }
    let state = &report.state;
    if let Some(locked) = state.screen_locked {
        out.stands(Kind::HostScreenLocked, Value::Flag(locked));
    }
    if let Some(days) = state.patch_age_days {
        out.stands(Kind::HostPatchAge, count(u64::from(days)));
    }
    if let Some(antivirus) = state.antivirus {
        let name = match antivirus {
            Antivirus::Active => "active",
            Antivirus::Outdated => "outdated",
            Antivirus::Off => "off",
            Antivirus::Absent => "absent",
        };
        out.state(Kind::HostAntivirus, name, Novelty::Level);
    }
    // A clock that was never set says nothing about another one.
    if now.clock != ClockState::Unset {
        let apart_ms = report.sent.wall_ms.abs_diff(now.wall_ms);
        out.stands(Kind::HostClock, count(apart_ms / 1_000));
    }
}

/// Carries the marks that say so.
pub(super) fn something_is_missing(out: &mut Out<'_>) {
    out.state(Kind::HostAgent, "online", Novelty::Happened);
}

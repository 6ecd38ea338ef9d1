//! The panel's own log: a ring of slots in its registers, the oldest overwritten first. Codes and qualifiers are those of
//! the Contact ID protocol.

use super::{
    EVENT_CODE, EVENT_NEWEST, EVENT_NUMBER, EVENT_PARTITION, EVENT_QUALIFIER, EVENT_SEQ, EVENT_TS,
    EVENTS_KEPT, Zone,
};
use crate::device::Moment;
use crate::device::register_map::RegisterMap;

/// What happened, as a code; what it is about is a zone or a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) code: u16,
    pub(super) qualifier: Qualifier,
    /// Sectors count from 0, partitions from 1; 0 is the whole panel.
    pub(super) partition: u16,
    pub(super) number: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Qualifier {
    Event = 1,
    Restore = 3,
}

pub(super) const MAINS: u16 = 301;
pub(super) const CLOSED_BY_USER: u16 = 401;
pub(super) const CLOSED_STAY: u16 = 441;
pub(super) const CANCELLED: u16 = 406;
pub(super) const WRONG_CODE: u16 = 461;
pub(super) const BYPASSED: u16 = 570;
pub(super) const PROGRAMMING: u16 = 627;
pub(super) const PROGRAMMED: u16 = 628;

impl Entry {
    /// Something that concerns the whole panel.
    pub(super) fn new(code: u16, qualifier: Qualifier, number: u16) -> Self {
        Self { code, qualifier, partition: 0, number }
    }

    /// A zone that is in another state than before; `None` for states that are told elsewhere.
    pub(super) fn of_zone(zone: u16, sector: u16, before: i64, now: i64) -> Option<Self> {
        let restored = now == i64::from(Zone::Normal);
        let code = code_of(if restored { before } else { now })?;
        let qualifier = if restored { Qualifier::Restore } else { Qualifier::Event };
        Some(Self { code, qualifier, partition: sector + 1, number: zone })
    }
}

/// Burglary, tamper of a detector, trouble of a detector, a zone out of service.
fn code_of(state: i64) -> Option<u16> {
    let is = |zone: Zone| state == i64::from(zone);
    if is(Zone::Alarm) {
        Some(130)
    } else if is(Zone::TamperOpen) || is(Zone::TamperShort) {
        Some(144)
    } else if is(Zone::Mask) || is(Zone::Trouble) {
        Some(380)
    } else if is(Zone::Bypassed) {
        Some(BYPASSED)
    } else {
        None
    }
}

/// Writes the slot first and raises the number of the newest entry after it, so that no reader takes half an entry.
pub(super) fn write(map: &mut RegisterMap, entry: Entry, now: Moment) {
    let number = map.get(EVENT_NEWEST) + 1;
    let number = if number > EVENT_NEWEST.high { 1 } else { number };
    // Below the number of slots, so it fits.
    let slot = (number % i64::from(EVENTS_KEPT)) as u16;
    map.put_at(EVENT_TS, slot, now.unix_s);
    map.put_at(EVENT_CODE, slot, entry.code);
    map.put_at(EVENT_PARTITION, slot, entry.partition);
    map.put_at(EVENT_NUMBER, slot, entry.number);
    map.put_at(EVENT_QUALIFIER, slot, entry.qualifier as u16);
    map.put_at(EVENT_SEQ, slot, number);
    map.put(EVENT_NEWEST, number);
}

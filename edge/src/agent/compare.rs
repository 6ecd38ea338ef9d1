//! What happened between two observations. Pure.

use crate::field::report::format::{AudioVideo, Event, Interface, Logon, Media, Radio, Route, State};

/// Whether both observations are of one boot of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    OneBoot,
    /// Whoever was logged on before a boot is not any more, and nobody logged off.
    Boots,
}

/// A class that was not observed on either side tells nothing.
pub fn events(before: &State, now: &State, between: Between) -> Vec<Event> {
    let mut events = Vec::new();
    radios(before.radios.as_deref(), now.radios.as_deref(), &mut events);
    interfaces(before.interfaces.as_deref(), now.interfaces.as_deref(), &mut events);
    let routes = (before.routes.as_deref(), now.routes.as_deref());
    came_and_went(routes, same::<Route>, Event::RouteNew, Event::RouteGone, &mut events);
    let media = (before.media.as_deref(), now.media.as_deref());
    came_and_went(media, same_media, Event::MediaInsert, Event::MediaRemove, &mut events);
    let devices = (before.audio_video.as_deref(), now.audio_video.as_deref());
    came_and_went(devices, same::<AudioVideo>, Event::AudioVideoFound, Event::AudioVideoGone, &mut events);
    let none = before.sessions.as_ref().map(|_| [].as_slice());
    let earlier = if between == Between::OneBoot { before.sessions.as_deref() } else { none };
    let sessions = (earlier, now.sessions.as_deref());
    came_and_went(sessions, same::<Logon>, Event::Logon, Event::Logoff, &mut events);
    match (before.screen_locked, now.screen_locked) {
        (Some(false), Some(true)) => events.push(Event::ScreenLocked),
        (Some(true), Some(false)) => events.push(Event::ScreenUnlocked),
        _ => {}
    }
    events
}

/// A difference between lists in which a thing may stand more than once.
fn came_and_went<T: Clone>(
    (before, now): (Option<&[T]>, Option<&[T]>),
    same: fn(&T, &T) -> bool,
    came: fn(T) -> Event,
    went: fn(T) -> Event,
    events: &mut Vec<Event>,
) {
    let (Some(before), Some(now)) = (before, now) else { return };
    let missing_in = |items: &[T], others: &[T]| {
        let mut others: Vec<&T> = others.iter().collect();
        let mut missing = Vec::new();
        for item in items {
            match others.iter().position(|other| same(item, other)) {
                Some(place) => drop(others.swap_remove(place)),
                None => missing.push(item.clone()),
            }
        }
        missing
    };
    events.extend(missing_in(before, now).into_iter().map(went));
    events.extend(missing_in(now, before).into_iter().map(came));
}

fn same<T: PartialEq>(one: &T, other: &T) -> bool {
    one == other
}

/// Also after the register of media has changed.
fn same_media(one: &Media, other: &Media) -> bool {
    (&one.bus, &one.vendor, &one.product, &one.serial)
        == (&other.bus, &other.vendor, &other.product, &other.serial)
}

fn interfaces(before: Option<&[Interface]>, now: Option<&[Interface]>, events: &mut Vec<Event>) {
    let (Some(before), Some(now)) = (before, now) else { return };
    // Another address under an old name is another interface.
    let same = |one: &Interface, other: &Interface| one.name == other.name && one.address == other.address;
    let gone = before.iter().filter(|one| !now.iter().any(|other| same(one, other)));
    events.extend(gone.cloned().map(Event::InterfaceGone));
    for interface in now {
        match before.iter().find(|one| same(one, interface)).map(|known| known.up) {
            None => events.push(Event::InterfaceNew(interface.clone())),
            Some(up) if up == interface.up => {}
            Some(_) if interface.up == Some(true) => events.push(Event::InterfaceUp(interface.clone())),
            Some(_) if interface.up == Some(false) => events.push(Event::InterfaceDown(interface.clone())),
            Some(_) => {}
        }
    }
}

fn radios(before: Option<&[Radio]>, now: Option<&[Radio]>, events: &mut Vec<Event>) {
    let (Some(before), Some(now)) = (before, now) else { return };
    let same = |one: &Radio, other: &Radio| one.radio == other.radio && one.name == other.name;
    let gone = before.iter().filter(|one| !now.iter().any(|other| same(one, other)));
    events.extend(gone.cloned().map(Event::RadioGone));
    for radio in now {
        match before.iter().find(|one| same(one, radio)).map(|known| known.on) {
            None => events.push(Event::RadioFound(radio.clone())),
            Some(on) if on == radio.on => {}
            Some(_) if radio.on == Some(true) => events.push(Event::RadioOn(radio.clone())),
            Some(_) if radio.on == Some(false) => events.push(Event::RadioOff(radio.clone())),
            Some(_) => {}
        }
    }
}

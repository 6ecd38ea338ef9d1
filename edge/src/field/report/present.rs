//! What is plugged in, switched on and logged on at a host. An agent tells when that changes; what was there before the
//! edge first heard of the host, or changed unseen, is told as *present*.

use std::collections::BTreeSet;

use wire::{Kind, Value};

use super::Out;
use super::format::{Event, State};
use super::happened::{audio_video, interface, logon, media, radio, route};
use super::parse::ITEMS_MAX;
use super::words::Words;

const CLASSES: [Kind; 5] =
    [Kind::HostInterface, Kind::HostRadio, Kind::HostMedia, Kind::HostAudioVideo, Kind::HostLogon];
const WORD: &str = "present";

/// By class, the texts of what is known to be there.
#[derive(Debug, Default)]
pub(super) struct Present([BTreeSet<String>; CLASSES.len()]);

impl Present {
    /// What an event tells needs not be told again when the state shows it.
    pub(super) fn happened(&mut self, event: &Event) {
        match event {
            Event::InterfaceNew(item) | Event::InterfaceUp(item) => {
                self.came(Kind::HostInterface, interface(WORD, item))
            }
            Event::RouteNew(item) => self.came(Kind::HostInterface, route("present-route", item)),
            Event::RadioFound(item) | Event::RadioOn(item) => self.came(Kind::HostRadio, radio(WORD, item)),
            Event::MediaInsert(item) | Event::MediaBlocked(item) => {
                self.came(Kind::HostMedia, media(WORD, item))
            }
            Event::AudioVideoFound(item) => self.came(Kind::HostAudioVideo, audio_video(WORD, item)),
            Event::Logon(who) => self.came(Kind::HostLogon, logon(WORD, who)),
            _ => {}
        }
    }

    /// Tells what is there and was not known to be, and forgets what is gone. How much is there that nobody lists is told
    /// in the same way: each time that it is another number.
    pub(super) fn compare(&mut self, state: &State, out: &mut Out<'_>) {
        let more = &state.unlisted;
        let interfaces = texts(&state.interfaces, |item| interface(WORD, item), "unlisted", more.interfaces);
        let routes =
            texts(&state.routes, |item| route("present-route", item), "unlisted-routes", more.routes);
        let both = match (interfaces, routes) {
            (None, None) => None,
            (one, other) => Some(one.into_iter().chain(other).flatten().collect()),
        };
        let shown = [
            both,
            texts(&state.radios, |item| radio(WORD, item), "unlisted", more.radios),
            texts(&state.media, |item| media(WORD, item), "unlisted", more.media),
            texts(&state.audio_video, |item| audio_video(WORD, item), "unlisted", more.audio_video),
            texts(&state.sessions, |who| logon(WORD, who), "unlisted", more.sessions),
        ];
        for ((kind, known), shown) in CLASSES.into_iter().zip(&mut self.0).zip(shown) {
            let Some(there) = shown else { continue };
            for new in there.difference(known) {
                out.happened(kind, Value::text(new));
            }
            *known = there;
        }
    }

    fn came(&mut self, kind: Kind, text: Value) {
        let known = CLASSES.iter().position(|class| *class == kind).and_then(|place| self.0.get_mut(place));
        if let Some(known) = known.filter(|known| known.len() < ITEMS_MAX) {
            known.insert(text.to_string());
        }
    }
}

/// `None` if nothing was observed.
fn texts<T>(
    items: &Option<Vec<T>>,
    text: impl Fn(&T) -> Value,
    unlisted: &'static str,
    more: u64,
) -> Option<BTreeSet<String>> {
    let listed = items.as_deref().unwrap_or_default();
    let more = more.saturating_add(listed.len().saturating_sub(ITEMS_MAX) as u64);
    let crowd = (more > 0).then(|| Words::new(unlisted).number("count", Some(more)).value());
    let there = listed.iter().take(ITEMS_MAX).map(text).chain(crowd);
    (items.is_some() || more > 0).then(|| there.map(|text| text.to_string()).collect())
}

//! From events to samples. Each kind of text has its own grammar, told in `docs/host-report.md`; rules read it.

use wire::{Kind, Value};

use super::Out;
use super::format::{
    AudioVideo, Copied, Direction, Event, Hardware, HardwareChange, Import, Interface, Job, Logon, Media,
    Outreach, Radio, Route, Text,
};
use super::words::Words;
use crate::field::sample::Novelty;

/// What of a hash is shown: enough to find the file that somebody holds.
const HASH_DIGITS: usize = 16;

pub(super) fn samples(event: &Event, out: &mut Out<'_>) {
    match event {
        Event::OutreachBlocked(reached) => out.happened(Kind::HostOutreachBlocked, outreach(reached)),
        Event::Outreach(reached) => out.happened(Kind::HostOutreach, outreach(reached)),
        Event::InterfaceNew(item) => out.happened(Kind::HostInterface, interface("new", item)),
        Event::InterfaceUp(item) => out.happened(Kind::HostInterface, interface("up", item)),
        Event::InterfaceDown(item) => out.happened(Kind::HostInterface, interface("down", item)),
        Event::InterfaceGone(item) => out.happened(Kind::HostInterface, interface("gone", item)),
        Event::RouteNew(item) => out.happened(Kind::HostInterface, route("route", item)),
        Event::RouteGone(item) => out.happened(Kind::HostInterface, route("no-route", item)),
        Event::RadioFound(item) => out.happened(Kind::HostRadio, radio("found", item)),
        Event::RadioOn(item) => out.happened(Kind::HostRadio, radio("on", item)),
        Event::RadioOff(item) => out.happened(Kind::HostRadio, radio("off", item)),
        Event::RadioGone(item) => out.happened(Kind::HostRadio, radio("gone", item)),
        Event::MediaInsert(item) => out.happened(Kind::HostMedia, media("insert", item)),
        Event::MediaBlocked(item) => out.happened(Kind::HostMedia, media("blocked", item)),
        Event::MediaRemove(item) => out.happened(Kind::HostMedia, media("remove", item)),
        Event::MediaCopy(done) => copied(done, out),
        Event::Import(done) => out.happened(Kind::HostImport, import(done)),
        Event::ReverseFlow(flow) => out.happened(Kind::HostReverseFlow, count(flow.bytes)),
        Event::Print(done) => out.happened(Kind::HostPrint, job("print", done)),
        Event::Burn(done) => out.happened(Kind::HostBurn, job("burn", done)),
        Event::AudioVideoFound(item) => out.happened(Kind::HostAudioVideo, audio_video("found", item)),
        Event::AudioVideoGone(item) => out.happened(Kind::HostAudioVideo, audio_video("gone", item)),
        Event::Logon(who) => out.happened(Kind::HostLogon, logon("logon", who)),
        Event::LogonFailed(who) => out.happened(Kind::HostLogon, logon("failed", who)),
        Event::Logoff(who) => out.happened(Kind::HostLogon, logon("logoff", who)),
        Event::HardwareChange(change) => out.happened(Kind::HostHardware, hardware(change)),
        Event::AgentStart => out.state(Kind::HostAgent, "online", Novelty::Happened),
        Event::AgentStop => out.state(Kind::HostAgent, "lost", Novelty::Happened),
        Event::AgentUninstall => {
            out.happened(Kind::HostAgentTamper, Words::new("uninstall").value());
            out.state(Kind::HostAgent, "lost", Novelty::Happened);
        }
        Event::PolicyTamper { what } => {
            let text = Words::new("policy").field("what", what.as_str());
            out.happened(Kind::HostAgentTamper, text.value());
        }
        Event::ClockChange { seconds } => out.happened(Kind::HostClock, count(seconds.unsigned_abs())),
        Event::Boot => out.happened(Kind::HostPower, Value::Flag(true)),
        Event::Shutdown => {
            out.happened(Kind::HostPower, Value::Flag(false));
            out.state(Kind::HostAgent, "lost", Novelty::Happened);
        }
        Event::ScreenLocked => out.happened(Kind::HostScreenLocked, Value::Flag(true)),
        Event::ScreenUnlocked => out.happened(Kind::HostScreenLocked, Value::Flag(false)),
        // Told by the mark that something is missing.
        Event::BufferDropped { .. } => {}
    }
}

/// The same device calls itself by another name: it may be another machine.
pub(super) fn renamed(before: &str, now: &str, out: &mut Out<'_>) {
    let text = Words::new("changed").free("host").field("was", before).field("is", now);
    out.happened(Kind::HostHardware, text.value());
}

/// What is larger than a value can be is as bad as the largest.
pub(super) fn count(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn interface(word: &'static str, item: &Interface) -> Value {
    let text = Words::new(word).free(item.name.as_str());
    text.maybe("type", shown(&item.interface_type)).maybe("address", shown(&item.address)).value()
}

pub(super) fn route(word: &'static str, item: &Route) -> Value {
    Words::new(word).free(item.interface.as_str()).maybe("via", shown(&item.gateway)).value()
}

pub(super) fn radio(word: &'static str, item: &Radio) -> Value {
    Words::new(word).word(item.radio.name()).free(item.name.as_str()).value()
}

pub(super) fn media(word: &'static str, item: &Media) -> Value {
    described(Words::new(word), item).value()
}

pub(super) fn audio_video(word: &'static str, item: &AudioVideo) -> Value {
    Words::new(word).free(item.device.as_str()).free(item.name.as_str()).value()
}

pub(super) fn logon(word: &'static str, who: &Logon) -> Value {
    let text = Words::new(word).field("user", who.user.as_str()).field("method", who.method.as_str());
    text.maybe("place", shown(&who.place)).value()
}

fn shown(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::as_str)
}

fn outreach(reached: &Outreach) -> Value {
    let text = Words::new("to").free(reached.peer.as_str()).field("protocol", reached.protocol.as_str());
    text.maybe("interface", shown(&reached.interface)).value()
}

fn described(words: Words, item: &Media) -> Words {
    let mut words = words.free(item.bus.as_str());
    if item.vendor.is_some() || item.product.is_some() {
        let part = |part: &Option<Text>| shown(part).unwrap_or("-").to_owned();
        words = words.free(&format!("{}:{}", part(&item.vendor), part(&item.product)));
    }
    words = words.maybe("serial", shown(&item.serial));
    words = match item.registered {
        Some(true) => words.word("registered"),
        Some(false) => words.word("unregistered"),
        None => words,
    };
    words.maybe("level", item.level.map(|level| level.name()))
}

/// Twice: the direction for rules, the rest for people.
fn copied(done: &Copied, out: &mut Out<'_>) {
    let direction = match done.direction {
        Direction::Read => "read",
        Direction::Write => "write",
    };
    out.state(Kind::HostMediaCopy, direction, Novelty::Happened);
    let text = described(Words::new(direction), &done.media);
    let text = text.number("files", Some(done.files)).number("bytes", Some(done.bytes));
    let hash = done.hashes.first().map(|hash| hash.as_str().chars().take(HASH_DIGITS).collect::<String>());
    out.happened(Kind::HostMedia, text.maybe("sha256", hash.as_deref()).value());
}

fn import(done: &Import) -> Value {
    let text = Words::new("import").field("session", done.session.as_str());
    let text = text.number("bytes", Some(done.bytes)).number("files", done.files);
    text.word(if done.confirmed { "confirmed" } else { "unconfirmed" }).value()
}

fn job(word: &'static str, done: &Job) -> Value {
    let text = Words::new(word).field("job", done.job.as_str()).number("copies", Some(done.copies));
    let text = text.number("pages", done.pages).number("bytes", done.bytes);
    text.maybe("level", done.level.map(|level| level.name())).maybe("user", shown(&done.user)).value()
}

fn hardware(changed: &Hardware) -> Value {
    let word = match changed.change {
        HardwareChange::Added => "added",
        HardwareChange::Removed => "removed",
        HardwareChange::Changed => "changed",
    };
    Words::new(word).free(changed.component.as_str()).maybe("id", shown(&changed.id)).value()
}

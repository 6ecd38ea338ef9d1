//! How a device that speaks by itself is let in: at which listener, by which proof of its identity, in which topics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gate::Identity;
use runtime::config::{FromSection, FromValue, Item, Parsed, Section};
use wire::DeviceId;

use super::device::Draft;
use super::listener::ListenerConfig;
use crate::field::listener::TokenDigest;
use crate::field::message::{OwnTopics, SparkplugNode, TOPICS_MAX};
use crate::field::profile::{Profile, Protocol, REPORT_INTERVALS};

/// Ten times what the busiest device of a room has to say.
const MESSAGES_PER_SECOND_DEFAULT: u32 = 50;
/// What a device has kept while it was not connected, a few minutes of it.
const BURST_DEFAULT: u32 = 200;
const MESSAGES_PER_SECOND_MAX: u32 = 10_000;
const BURST_MAX: u32 = 100_000;

#[derive(Clone, Debug)]
pub struct SenderConfig {
    /// The name of the listener.
    pub listener: String,
    pub credential: Credential,
    /// If the device may only connect by this name. It proves nothing.
    pub client_id: Option<String>,
    pub topics: OwnTopics,
    /// How often the device speaks at least.
    pub report_interval: Duration,
    pub retain: Retain,
    pub messages_per_second: u32,
    pub burst: u32,
}

/// How a device proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    Certificate(Identity),
    /// Sent as the password; the user is the id of the device.
    Token(TokenDigest),
}

/// What becomes of a publish that is to be kept for later subscribers. There are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retain {
    #[default]
    Refuse,
    /// For devices that cannot do without: taken like any other.
    Ignore,
}

/// What an entry says about its sending, before it is seen beside the others.
pub(super) struct SenderDraft {
    pub(super) listener: Option<String>,
    credential: Option<Credential>,
    client_id: Option<String>,
    topics: Option<Vec<String>>,
    sparkplug: Option<SparkplugNode>,
    report_interval: Option<Duration>,
    retain: Retain,
    messages_per_second: u32,
    burst: u32,
}

impl SenderDraft {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let listener = section.required("listener");
        let certificate = section.optional("certificate_id").map(|Parsed(identity)| identity);
        let token = section.optional("token_sha256").map(|Parsed(digest)| digest);
        let credential = match (section.has("certificate_id"), section.has("token_sha256")) {
            (true, true) => {
                let message = "a device has a certificate or a token; remove one of them";
                section.fault("token_sha256", message);
                None
            }
            (true, false) => certificate.map(Credential::Certificate),
            (false, true) => token.map(Credential::Token),
            (false, false) => {
                let message = "add `certificate_id`, the name in the device's certificate, or `token_sha256`, as \
                               `strongroom-edge token DEVICE-ID` prints it";
                section.fault("listener", message);
                None
            }
        };
        let topics: Option<Vec<String>> = section.optional("topics");
        check_topics(section, topics.as_deref().unwrap_or_default());
        Self {
            listener,
            credential,
            client_id: section.optional("client_id"),
            topics,
            sparkplug: section.optional_table("sparkplug"),
            report_interval: section.optional_within("report_interval", REPORT_INTERVALS),
            retain: section.optional("retain").unwrap_or_default(),
            messages_per_second: section.within(
                "messages_per_second",
                MESSAGES_PER_SECOND_DEFAULT,
                1..=MESSAGES_PER_SECOND_MAX,
            ),
            burst: section.within("burst", BURST_DEFAULT, 1..=BURST_MAX),
        }
    }

    /// `None` if it has faults.
    pub(super) fn complete(&self, id: &DeviceId, profile: &Profile) -> Option<SenderConfig> {
        Some(SenderConfig {
            listener: self.listener.clone()?,
            credential: self.credential.clone()?,
            client_id: self.client_id.clone(),
            topics: self.own_topics(id, profile)?,
            report_interval: self.report_interval.unwrap_or(profile.report_interval),
            retain: self.retain,
            messages_per_second: self.messages_per_second,
            burst: self.burst,
        })
    }

    fn own_topics(&self, id: &DeviceId, profile: &Profile) -> Option<OwnTopics> {
        match (&self.sparkplug, &self.topics) {
            (Some(node), _) => Some(OwnTopics::Sparkplug(node.clone())),
            (None, Some(topics)) => OwnTopics::listed(topics, profile).ok(),
            (None, None) => Some(OwnTopics::of_device(id)),
        }
    }
}

fn check_topics(section: &mut Section<'_>, topics: &[String]) {
    if section.has("topics") && topics.is_empty() {
        section
            .fault("topics", "the list is empty; remove it, and the device speaks below sr/field/<its id>/");
    }
    if topics.len() > TOPICS_MAX {
        let message = format!("{} topics are too many; write up to {TOPICS_MAX}", topics.len());
        section.fault("topics", message);
    }
    for (place, topic) in topics.iter().enumerate() {
        if let Err(error) = OwnTopics::check_listed(topic) {
            section.fault(&format!("topics[{place}]"), error.to_string());
        }
    }
}

/// Records what does not fit between an entry, its profile and the listeners, and between two entries.
pub(super) fn check(
    section: &mut Section<'_>,
    drafts: &[Draft],
    profiles: &[Option<Arc<Profile>>],
    listeners: &[ListenerConfig],
) {
    let mut owners = Owners::default();
    for (place, draft) in drafts.iter().enumerate() {
        let profile = profiles.get(place).and_then(Option::as_deref);
        let protocol = profile.map(|profile| profile.protocol);
        match (&draft.sender, protocol) {
            (Some(sender), protocol) => {
                check_protocol(section, place, sender, protocol);
                check_names(section, place, sender, profile);
                check_listener(section, place, sender, listeners);
                owners.enter(section, place, sender);
            }
            (None, Some(protocol)) if !protocol.is_polled() => {
                let message =
                    format!("a {protocol} device is not asked, it speaks; write `listener` instead");
                section.fault(&format!("devices[{place}].address"), message);
            }
            (None, _) => {}
        }
    }
}

fn check_protocol(section: &mut Section<'_>, place: usize, sender: &SenderDraft, protocol: Option<Protocol>) {
    let Some(protocol) = protocol else { return };
    let mut fault = |key: &str, message: String| section.fault(&format!("devices[{place}].{key}"), message);
    if protocol.is_polled() {
        fault(
            "listener",
            format!("a {protocol} device does not speak by itself; write `address` and `unit`"),
        );
    }
    match (protocol == Protocol::Sparkplug, &sender.sparkplug) {
        (true, None) => fault(
            "profile",
            "a sparkplug device has topics of its own; add sparkplug = { group = \"…\", node = \"…\" }"
                .to_owned(),
        ),
        (false, Some(_)) => {
            fault("sparkplug", format!("a {protocol} device is no node of Sparkplug; remove it"))
        }
        (true, Some(_)) if sender.topics.is_some() => {
            fault("topics", "the topics of a node of Sparkplug follow from its name; remove them".to_owned());
        }
        _ => {}
    }
}

/// Records listed topics of which the profile knows nothing, or cannot tell one from another.
fn check_names(section: &mut Section<'_>, place: usize, sender: &SenderDraft, profile: Option<&Profile>) {
    let spoken = profile
        .filter(|profile| matches!(profile.protocol, Protocol::Json | Protocol::Plain | Protocol::Report));
    let topics = sender
        .topics
        .as_ref()
        .filter(|topics| topics.iter().all(|topic| OwnTopics::check_listed(topic).is_ok()));
    let (Some(profile), Some(topics)) = (spoken, topics) else { return };
    for (number, error) in OwnTopics::listed(topics, profile).err().unwrap_or_default() {
        section.fault(&format!("devices[{place}].topics[{number}]"), error.to_string());
    }
}

fn check_listener(
    section: &mut Section<'_>,
    place: usize,
    sender: &SenderDraft,
    listeners: &[ListenerConfig],
) {
    let Some(name) = &sender.listener else { return };
    let Some(listener) = listeners.iter().find(|listener| listener.name == *name) else {
        let message = format!("there is no listener `{name}`; write the name of one of the [[listeners]]");
        section.fault(&format!("devices[{place}].listener"), message);
        return;
    };
    if matches!(sender.credential, Some(Credential::Certificate(_))) && listener.files.clients.is_none() {
        let message = format!("the listener `{name}` asks for no certificates; add `ca` to it");
        section.fault(&format!("devices[{place}].certificate_id"), message);
    }
}

/// What only one device may have, and who has it.
#[derive(Default)]
struct Owners {
    owners: BTreeMap<String, usize>,
}

impl Owners {
    fn enter(&mut self, section: &mut Section<'_>, place: usize, sender: &SenderDraft) {
        match &sender.credential {
            Some(Credential::Certificate(identity)) => {
                self.claim(section, place, "certificate_id", identity.to_string());
            }
            Some(Credential::Token(digest)) => self.claim(section, place, "token_sha256", digest.to_string()),
            None => {}
        }
        for (number, topic) in sender.topics.iter().flatten().enumerate() {
            self.claim(section, place, &format!("topics[{number}]"), format!("topic {topic}"));
        }
        if let Some(SparkplugNode { group, node, .. }) = &sender.sparkplug {
            self.claim(section, place, "sparkplug", format!("node {node} of group {group}"));
        }
    }

    fn claim(&mut self, section: &mut Section<'_>, place: usize, key: &str, what: String) {
        if let Some(owner) = self.owners.get(&what) {
            let message = format!("devices[{owner}] already has this; no two devices share it");
            section.fault(&format!("devices[{place}].{key}"), message);
            return;
        }
        self.owners.insert(what, place);
    }
}

impl FromSection for SparkplugNode {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let parts =
            [section.required("group"), section.required("node"), section.optional::<String>("device")];
        for (key, part) in ["group", "node", "device"].into_iter().zip(&parts) {
            if let Some(Err(error)) = part.as_deref().map(OwnTopics::check_part) {
                section.fault(key, error.to_string());
            }
        }
        let [group, node, device] = parts.map(|part| part.map(String::into_boxed_str));
        Some(Self { group: group?, node: node?, device })
    }
}

impl FromValue for Retain {
    fn wanted() -> String {
        "\"refuse\" or \"ignore\"".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        match item.text() {
            Some("refuse") => Some(Self::Refuse),
            Some("ignore") => Some(Self::Ignore),
            _ => item.fault(format!("write {}", Self::wanted())),
        }
    }
}

//! What a field device may do at its listener: be itself, and speak in its own topics. Nothing is ever sent to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use gate::{
    Admitted, Caller, Certificate, ConnectRequest, Identity, Login, OpenPolicy, Pace, Peer, PublishRequest,
    Qos, Refusal,
};
use tokio::sync::watch;
use wire::DeviceId;

use super::guesses::Guesses;
use super::standing::{self, Standing};
use super::token::TokenDigest;
use crate::config::{Credential, Retain, SenderConfig};
use crate::field::message::OwnTopics;

/// The site and the class in the identity that a session of a device gets, whatever its certificate says: so two devices
/// never share one.
const SITE: &str = "field";
const CLASS: &str = "device";

pub(super) struct FieldPolicy {
    members: HashMap<Box<str>, Member>,
    by_certificate: HashMap<Identity, Box<str>>,
    guesses: Mutex<Guesses>,
    standing: Arc<watch::Sender<Standing>>,
}

struct Member {
    token: Option<TokenDigest>,
    client_id: Option<String>,
    topics: OwnTopics,
    retain: Retain,
    pace: Arc<Pace>,
}

impl FieldPolicy {
    pub(super) fn new<'a>(
        devices: impl IntoIterator<Item = (&'a DeviceId, &'a SenderConfig)>,
        standing: Arc<watch::Sender<Standing>>,
    ) -> Self {
        let (mut members, mut by_certificate) = (HashMap::new(), HashMap::new());
        for (id, sender) in devices {
            let id: Box<str> = id.as_str().into();
            let token = match &sender.credential {
                Credential::Token(digest) => Some(*digest),
                Credential::Certificate(identity) => {
                    by_certificate.insert(identity.clone(), id.clone());
                    None
                }
            };
            let member = Member {
                token,
                client_id: sender.client_id.clone(),
                topics: sender.topics.clone(),
                retain: sender.retain,
                pace: Arc::new(Pace::new(sender.messages_per_second, sender.burst)),
            };
            members.insert(id, member);
        }
        Self { members, by_certificate, guesses: Mutex::default(), standing }
    }

    /// How fast a device of this listener may be, and how often it was faster.
    pub(super) fn pace(&self, id: &DeviceId) -> Option<Arc<Pace>> {
        self.members.get(id.as_str()).map(|member| Arc::clone(&member.pace))
    }

    fn counted<T>(&self, judged: Result<T, Refusal>) -> Result<T, Refusal> {
        judged.inspect_err(|refusal| standing::refused(&self.standing, refusal.reason))
    }

    fn admit(&self, caller: &Caller, request: &ConnectRequest<'_>) -> Result<Admitted, Refusal> {
        let (id, member) = match (&caller.certificate, request.login) {
            (Some(certificate), _) => self.certified(certificate)?,
            (None, Some(login)) => self.logged_in(caller, login)?,
            (None, None) => {
                return Err(Refusal::new("login_missing", "neither a certificate nor a login was shown"));
            }
        };
        if let Some(expected) = &member.client_id
            && request.client_id != expected
        {
            let detail =
                format!("the client id of {id} is {:?}, expected {expected:?}", shown(request.client_id));
            return Err(Refusal::new("client_id", detail));
        }
        let identity = Identity { site: SITE.into(), class: CLASS.into(), id: id.to_owned() };
        Ok(Admitted { identity, pace: Some(Arc::clone(&member.pace)) })
    }

    fn take(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal> {
        let member = self.member(peer)?;
        if !member.topics.own(request.topic) {
            return Err(Refusal::new("foreign_topic", format!("topic {:?}", shown(request.topic))));
        }
        if request.qos == Qos::AtMostOnce {
            // Taken like any other, but lost if anything goes wrong: its sender waits for nothing.
            metrics::counter!("edge_messages_unconfirmed_total", "device" => peer.identity.id.clone())
                .increment(1);
        }
        if request.retain && member.retain == Retain::Refuse {
            let detail =
                "a retained publish; nothing is kept here, so write retain = \"ignore\" or switch it off";
            return Err(Refusal::new("retained", detail));
        }
        Ok(())
    }

    fn certified(&self, certificate: &Certificate) -> Result<(&str, &Member), Refusal> {
        let named = self.by_certificate.get(&certificate.identity);
        let member = named.and_then(|id| Some((&**id, self.members.get(id)?)));
        member.ok_or_else(|| {
            let detail =
                format!("no device of this listener has the certificate of {}", certificate.identity);
            Refusal::new("unknown_certificate", detail)
        })
    }

    fn logged_in(&self, caller: &Caller, login: Login<'_>) -> Result<(&str, &Member), Refusal> {
        let (address, now) = (caller.address.ip(), Instant::now());
        let user = shown(login.user);
        let mut guesses = self.guesses();
        if let Some(wait) = guesses.wait(address, &user, now) {
            let detail = format!("{user:?} has to wait {} s after wrong logins", wait.as_secs() + 1);
            return Err(Refusal::new("login_too_soon", detail));
        }
        let member = self
            .members
            .get_key_value(login.user)
            .filter(|(_, member)| member.token.as_ref().is_some_and(|token| token.matches(login.password)));
        match member {
            Some((id, member)) => {
                guesses.right(address, &user);
                Ok((id, member))
            }
            None => {
                guesses.wrong(address, &user, now);
                let detail = format!("no device of this listener has the id {user:?} and this token");
                Err(Refusal::new("login_wrong", detail))
            }
        }
    }

    fn member(&self, peer: &Peer) -> Result<&Member, Refusal> {
        let member = self.members.get(&*peer.identity.id);
        member.ok_or_else(|| Refusal::new("unknown_device", format!("{} is no device here", peer.identity)))
    }

    fn guesses(&self) -> MutexGuard<'_, Guesses> {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenPolicy for FieldPolicy {
    fn connect(&self, caller: &Caller, request: &ConnectRequest<'_>) -> Result<Admitted, Refusal> {
        self.counted(self.admit(caller, request))
    }

    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal> {
        self.counted(self.take(peer, request))
    }

    /// A node of Sparkplug insists on listening to its commands. None ever comes.
    fn subscribe(&self, peer: &Peer, filter: &str) -> Result<(), Refusal> {
        if self.member(peer)?.topics.own_commands(filter) {
            return Ok(());
        }
        Err(Refusal::new("subscription", format!("nothing is sent to devices; filter {:?}", shown(filter))))
    }
}

/// Strangers choose these texts.
fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 64;
    text.chars().take(CHARACTERS_MAX).collect()
}

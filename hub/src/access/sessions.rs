//! Browser sessions of the page: a random cookie, kept as its SHA-256, bound to the principal of the token that opened
//! it. In memory only: after a restart people sign in again. Pure: time is an argument, in seconds of any clock that
//! does not run backwards (the time since boot), because a corrected wall clock must not lengthen a session.

use std::collections::HashMap;

use super::error::AccessError;
use super::secret::{Fingerprint, Secret, looks_like_secret};
use super::tokens::Principal;

/// A screen that nobody touches for half an hour is signed out.
pub const IDLE_MAX_S: i64 = 30 * 60;
/// One long shift; then the token is asked for again.
pub const LIFE_MAX_S: i64 = 12 * 3_600;
/// Memory stays bounded whoever signs in how often.
pub const SESSIONS_MAX: usize = 1_000;
/// One token that signs in again and again displaces its own sessions, not those of others.
pub const SESSIONS_PER_TOKEN_MAX: usize = 20;

#[derive(Debug)]
struct Session {
    principal: Principal,
    /// Tells the oldest one when several were opened in the same second.
    order: u64,
    opened_s: i64,
    seen_s: i64,
}

impl Session {
    fn ended(&self, now_s: i64) -> Option<End> {
        if now_s.saturating_sub(self.opened_s) >= LIFE_MAX_S {
            Some(End::LifeOver)
        } else if now_s.saturating_sub(self.seen_s) >= IDLE_MAX_S {
            Some(End::Idle)
        } else {
            None
        }
    }
}

/// Why a session ended; the label of `access_sessions_ended_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nobody used it.
    Idle,
    /// It reached its longest life.
    LifeOver,
    /// The person signed out.
    SignedOut,
    /// A newer session needed its place.
    Displaced,
    /// The token behind it is no longer good.
    TokenEnded,
}

impl End {
    /// The metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::LifeOver => "life_over",
            Self::SignedOut => "signed_out",
            Self::Displaced => "displaced",
            Self::TokenEnded => "token_ended",
        }
    }
}

/// All open sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    open: HashMap<Fingerprint, Session>,
    opened: u64,
}

impl Sessions {
    /// None open.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a session whose cookie is `secret.text()`. Returns whose session had to leave for it, if any.
    pub fn open(&mut self, secret: &Secret, principal: Principal, now_s: i64) -> Option<Principal> {
        self.sweep(now_s);
        let displaced = self.in_the_way(&principal).and_then(|cookie| self.end(&cookie, End::Displaced));
        self.opened += 1;
        let session = Session { principal, order: self.opened, opened_s: now_s, seen_s: now_s };
        self.open.insert(Fingerprint::of(&secret.text()), session);
        self.show_count();
        displaced
    }

    /// Whose session the cookie is; asking keeps it from going idle. Refusals are counted here, as those of tokens are.
    pub fn find(&mut self, cookie: &str, now_s: i64) -> Result<&Principal, AccessError> {
        let outcome = self.judge(cookie, now_s);
        if let Err(refusal) = &outcome {
            metrics::counter!("access_refused_total", "reason" => refusal.reason()).increment(1);
        }
        outcome
    }

    /// Ends the session of this cookie. Whether there was one is nobody's business but the log's.
    pub fn sign_out(&mut self, cookie: &str) -> Option<Principal> {
        self.end(&fingerprint(cookie).ok()?, End::SignedOut)
    }

    /// Ends sessions that nobody used or that are too old; for a timer.
    pub fn sweep(&mut self, now_s: i64) -> usize {
        self.end_where(|session| session.ended(now_s))
    }

    /// Ends the sessions whose principal is no longer vouched for; for every reload of the tokens, and for a timer,
    /// since tokens also expire.
    pub fn keep_only(&mut self, vouched_for: impl Fn(&Principal) -> bool) -> usize {
        self.end_where(|session| (!vouched_for(&session.principal)).then_some(End::TokenEnded))
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn judge(&mut self, cookie: &str, now_s: i64) -> Result<&Principal, AccessError> {
        let fingerprint = fingerprint(cookie)?;
        let ended = self.open.get(&fingerprint).and_then(|session| session.ended(now_s));
        if let Some(end) = ended {
            self.end(&fingerprint, end);
        }
        let session = self.open.get_mut(&fingerprint).ok_or(AccessError::NoSession)?;
        session.seen_s = session.seen_s.max(now_s);
        Ok(&session.principal)
    }

    /// The session that has to leave before one more of this principal's may be opened.
    fn in_the_way(&self, principal: &Principal) -> Option<Fingerprint> {
        let own = |session: &&Session| session.principal.token_id == principal.token_id;
        if self.open.values().filter(own).count() >= SESSIONS_PER_TOKEN_MAX {
            self.oldest(|session| own(&session))
        } else if self.open.len() >= SESSIONS_MAX {
            self.oldest(|_| true)
        } else {
            None
        }
    }

    fn oldest(&self, among: impl Fn(&Session) -> bool) -> Option<Fingerprint> {
        let candidates = self.open.iter().filter(|(_, session)| among(session));
        candidates.min_by_key(|(_, session)| session.order).map(|(fingerprint, _)| *fingerprint)
    }

    fn end_where(&mut self, judge: impl Fn(&Session) -> Option<End>) -> usize {
        let ended: Vec<_> =
            self.open.iter().filter_map(|(cookie, session)| Some((*cookie, judge(session)?))).collect();
        for (cookie, end) in &ended {
            self.end(cookie, *end);
        }
        ended.len()
    }

    fn end(&mut self, cookie: &Fingerprint, end: End) -> Option<Principal> {
        let session = self.open.remove(cookie)?;
        metrics::counter!("access_sessions_ended_total", "reason" => end.as_str()).increment(1);
        self.show_count();
        Some(session.principal)
    }

    fn show_count(&self) {
        metrics::gauge!("access_sessions").set(self.open.len() as f64);
    }
}

fn fingerprint(cookie: &str) -> Result<Fingerprint, AccessError> {
    if looks_like_secret(cookie) { Ok(Fingerprint::of(cookie)) } else { Err(AccessError::Malformed) }
}

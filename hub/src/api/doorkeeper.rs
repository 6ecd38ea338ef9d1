//! The only place of the API that knows how access is judged: tokens, sessions and the brake on guessing.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use runtime::clock;
use runtime::shutdown::Shutdown;
use tracing::{info, warn};
use wire::PersonId;

use super::caller::{Caller, Credential};
use super::cookie;
use super::problem::{Kind, Problem};
use crate::access::sessions::Sessions;
use crate::access::throttle::{Attempt, SignInThrottle};
use crate::access::{AccessError, Principal, Reload, Role, Secret, StoreError, Tokens};

/// How soon a revoked token stops working, and its sessions with it.
const REFRESH_EVERY: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Doorkeeper(Arc<Inside>);

struct Inside {
    tokens: RwLock<Tokens>,
    sessions: Mutex<Sessions>,
    throttle: Mutex<SignInThrottle>,
}

impl Doorkeeper {
    /// Reads the token file; a missing one is an error that says how to make the first token.
    pub fn load(tokens: &Path) -> Result<Self, StoreError> {
        Ok(Self(Arc::new(Inside {
            tokens: RwLock::new(Tokens::load(tokens)?),
            sessions: Mutex::new(Sessions::new()),
            throttle: Mutex::new(SignInThrottle::new()),
        })))
    }

    /// Follows the token file: revoked and expired tokens lose their sessions within seconds.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), std::convert::Infallible> {
        loop {
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = tokio::time::sleep(REFRESH_EVERY) => self.refresh().await,
            }
        }
    }

    /// Who asks. A bearer token wins over a cookie, so that a program in a browser's session is judged as what it says.
    pub fn identify(&self, headers: &HeaderMap, address: IpAddr) -> Result<Caller, Problem> {
        if let Some(authorization) = headers.get(AUTHORIZATION) {
            let token = authorization.to_str().ok().and_then(bearer).unwrap_or_default();
            let principal = self.judge(token, address)?;
            return caller(&principal, Credential::Token(principal.clone()));
        }
        match cookie::session(headers.get_all(COOKIE)) {
            Some(session) => self.of_session(session),
            None => Err(not_signed_in("this needs a sign-in")),
        }
    }

    /// Trades a token for a session; the result is the cookie's value.
    pub fn sign_in(&self, token: &str, address: IpAddr) -> Result<String, Problem> {
        let principal = self.judge(token, address)?;
        let secret = Secret::generate().map_err(|_| Problem::broken("the system gives random numbers"))?;
        info!(person = %principal.person, role = %principal.role, %address, "signed in");
        if let Some(displaced) = self.sessions().open(&secret, principal, now_s()) {
            info!(person = %displaced.person, "a session ended because a newer one needed its place");
        }
        Ok(secret.text())
    }

    pub fn sign_out(&self, headers: &HeaderMap) {
        let ended =
            cookie::session(headers.get_all(COOKIE)).and_then(|session| self.sessions().sign_out(session));
        if let Some(principal) = ended {
            info!(person = %principal.person, "signed out");
        }
    }

    /// Whether a caller who was let in may stay: for streams, which outlive the moment of their check.
    pub fn still_good(&self, credential: &Credential) -> bool {
        match credential {
            Credential::Token(principal) => self.vouches_for(principal),
            Credential::Session(session) => self.of_session(session).is_ok(),
        }
    }

    fn of_session(&self, session: &str) -> Result<Caller, Problem> {
        let found = self.sessions().find(session, now_s()).cloned();
        match found {
            Ok(principal) if self.vouches_for(&principal) => {
                caller(&principal, Credential::Session(session.to_owned()))
            }
            Ok(_) | Err(_) => Err(not_signed_in("the session has ended")),
        }
    }

    fn judge(&self, token: &str, address: IpAddr) -> Result<Principal, Problem> {
        // Judged before the brake is asked: a good token must not suffer for a wrong one behind the same address.
        let judged = self.tokens().authenticate(token, clock::wall_ms() / 1_000);
        judged.map_err(|refusal| self.refused(&refusal, address))
    }

    fn refused(&self, refusal: &AccessError, address: IpAddr) -> Problem {
        let mut throttle = self.throttle();
        if let Attempt::Wait { seconds } = throttle.ask(address, now_s()) {
            let detail = format!(
                "the token is not valid, and too many sign-ins from this address have failed; wait {seconds} s, or use a valid token"
            );
            return Problem::new(Kind::TooManyAttempts, detail).retry_after(seconds);
        }
        throttle.failed(address, now_s());
        drop(throttle);
        warn!(%address, reason = refusal.reason(), "a sign-in was refused");
        not_signed_in("the token is not valid")
    }

    async fn refresh(&self) {
        let doorkeeper = self.clone();
        // A panic in there has been logged by the panic hook, and the next round tries again.
        drop(tokio::task::spawn_blocking(move || doorkeeper.refresh_now()).await);
    }

    /// Reads the token file if it changed, and ends the sessions that nothing vouches for any more.
    pub fn refresh_now(&self) {
        let outcome = self.0.tokens.write().unwrap_or_else(PoisonError::into_inner).reload_if_changed();
        match outcome {
            Ok(Reload::Unchanged) => {}
            Ok(Reload::Reloaded { tokens }) => info!(tokens, "the token file was read again"),
            Err(error) => {
                metrics::counter!("api_token_reload_failed_total").increment(1);
                warn!(
                    error = &error as &dyn std::error::Error,
                    "the token file cannot be read; the tokens from before stay"
                );
            }
        }
        let now = clock::wall_ms() / 1_000;
        let tokens = self.tokens();
        let mut sessions = self.sessions();
        sessions.keep_only(|principal| tokens.vouches_for(principal, now));
        sessions.sweep(now_s());
    }

    fn vouches_for(&self, principal: &Principal) -> bool {
        self.tokens().vouches_for(principal, clock::wall_ms() / 1_000)
    }

    // None of the three can be half changed when a holder panics: each change is one insertion or removal.
    fn tokens(&self) -> std::sync::RwLockReadGuard<'_, Tokens> {
        self.0.tokens.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn throttle(&self) -> MutexGuard<'_, SignInThrottle> {
        self.0.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sessions and the brake are timed by a clock that nobody sets.
fn now_s() -> i64 {
    i64::try_from(clock::boottime_ms() / 1_000).unwrap_or(i64::MAX)
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn not_signed_in(detail: &str) -> Problem {
    Problem::new(Kind::NotSignedIn, detail)
        .then("send `Authorization: Bearer srt_…`, or sign in on the page at `/`; `strongroom-hub token issue` makes a token")
}

fn caller(principal: &Principal, credential: Credential) -> Result<Caller, Problem> {
    // Journals know persons by a stricter id than token files do.
    let person = PersonId::parse(principal.person.as_str()).map_err(|error| {
        warn!(person = %principal.person, %error, "a token names a person that the journal cannot name");
        Problem::new(Kind::NotPermitted, "the person id of this token cannot be used")
            .then("issue a new token")
    })?;
    Ok(Caller { person, role: role(principal.role), credential })
}

fn role(role: Role) -> super::caller::Role {
    super::caller::Role {
        name: role.as_str(),
        may_acknowledge: role.may_acknowledge(),
        may_close: role.may_close(),
    }
}

//! The person or program behind a request, once the doorkeeper has let it in, and what it may do.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use wire::PersonId;

use super::Peer;
use super::problem::{Kind, Problem};
use super::state::ApiState;
use crate::access::Principal;

#[derive(Clone, Debug)]
pub struct Caller {
    pub person: PersonId,
    pub role: Role,
    pub credential: Credential,
}

/// What let the caller in; streams ask again whether it still does.
#[derive(Clone)]
pub enum Credential {
    Token(Principal),
    Session(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Credential::Token(_) => "Token(..)",
            Credential::Session(_) => "Session(..)",
        })
    }
}

/// The permissions of a role, as pages and handlers ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    pub name: &'static str,
    pub may_acknowledge: bool,
    pub may_close: bool,
}

impl Caller {
    pub fn may_acknowledge(&self) -> Result<(), Problem> {
        self.permitted(self.role.may_acknowledge, "acknowledge")
    }

    pub fn may_close(&self) -> Result<(), Problem> {
        self.permitted(self.role.may_close, "close")
    }

    fn permitted(&self, permitted: bool, what: &str) -> Result<(), Problem> {
        if permitted {
            return Ok(());
        }
        metrics::counter!("api_not_permitted_total", "action" => what.to_owned()).increment(1);
        let detail =
            format!("your role is {}; to {what} incidents takes the role supervisor", self.role.name);
        Err(Problem::new(Kind::NotPermitted, detail).then("sign in with a supervisor's token"))
    }
}

/// The layer before every route that needs a sign-in; without it, extracting a [`Caller`] fails.
pub(super) async fn require(
    State(state): State<ApiState>,
    peer: Peer,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = state.doorkeeper.identify(request.headers(), peer.address)?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller
            .ok_or_else(|| Problem::broken("a handler asks for its caller on a route that needs no sign-in"))
    }
}

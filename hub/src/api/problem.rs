//! What a client is told when something is refused or fails: RFC 9457 problem details. The only file that decides a
//! status. The sentences say what to do next and never what the inside of the hub looks like.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use tracing::error;

use super::dto::problem as dto;

pub const CONTENT: &str = "application/problem+json";

/// The kinds of refusal. The name in `type` is stable; programs may rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    BadParameter,
    BadBody,
    BadRequest,
    NotSignedIn,
    NotPermitted,
    ForeignOrigin,
    NotFound,
    NoSuchRoute,
    MethodNotAllowed,
    BodyTooSlow,
    NotInThisState,
    BodyTooLarge,
    UnsupportedBody,
    WrongHost,
    TooManyAttempts,
    Failed,
    Busy,
    Uncertain,
    NotReady,
}

impl Kind {
    pub const ALL: &[Kind] = &[
        Kind::BadParameter,
        Kind::BadBody,
        Kind::BadRequest,
        Kind::NotSignedIn,
        Kind::NotPermitted,
        Kind::ForeignOrigin,
        Kind::NotFound,
        Kind::NoSuchRoute,
        Kind::MethodNotAllowed,
        Kind::BodyTooSlow,
        Kind::NotInThisState,
        Kind::BodyTooLarge,
        Kind::UnsupportedBody,
        Kind::WrongHost,
        Kind::TooManyAttempts,
        Kind::Failed,
        Kind::Busy,
        Kind::Uncertain,
        Kind::NotReady,
    ];

    pub fn status(self) -> StatusCode {
        match self {
            Kind::BadParameter | Kind::BadBody | Kind::BadRequest => StatusCode::BAD_REQUEST,
            Kind::NotSignedIn => StatusCode::UNAUTHORIZED,
            Kind::NotPermitted | Kind::ForeignOrigin => StatusCode::FORBIDDEN,
            Kind::NotFound | Kind::NoSuchRoute => StatusCode::NOT_FOUND,
            Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Kind::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Kind::NotInThisState => StatusCode::CONFLICT,
            Kind::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::UnsupportedBody => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Kind::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Kind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Busy | Kind::Uncertain | Kind::NotReady => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn name_and_title(self) -> (&'static str, &'static str) {
        match self {
            Kind::BadParameter => ("bad-parameter", "A parameter cannot be used"),
            Kind::BadBody => ("bad-body", "The body of the request cannot be used"),
            Kind::BadRequest => ("bad-request", "The request cannot be understood"),
            Kind::NotSignedIn => ("not-signed-in", "Not signed in"),
            Kind::NotPermitted => ("not-permitted", "Your role does not permit this"),
            Kind::ForeignOrigin => ("foreign-origin", "The request comes from another site"),
            Kind::NotFound => ("not-found", "There is no such thing"),
            Kind::NoSuchRoute => ("no-such-route", "There is nothing at this address"),
            Kind::MethodNotAllowed => ("method-not-allowed", "This address does not know the method"),
            Kind::BodyTooSlow => ("body-too-slow", "The body of the request came too slowly"),
            Kind::NotInThisState => ("not-in-this-state", "The incident's state does not allow this"),
            Kind::BodyTooLarge => ("body-too-large", "The body of the request is too large"),
            Kind::UnsupportedBody => ("unsupported-body", "The body is of a type that is not read here"),
            Kind::WrongHost => ("wrong-host", "The request names another host"),
            Kind::TooManyAttempts => ("too-many-attempts", "Too many failed sign-ins"),
            Kind::Failed => ("failed", "The hub failed"),
            Kind::Busy => ("busy", "The hub is busy"),
            Kind::Uncertain => ("uncertain", "It is not known whether this happened"),
            Kind::NotReady => ("not-ready", "The hub is not ready"),
        }
    }

    /// A URN: it names the kind, nothing has to be reachable behind it.
    pub fn uri(self) -> String {
        format!("urn:strongroom:problem:{}", self.name_and_title().0)
    }
}

/// A refusal on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: Kind,
    pub detail: String,
    hints: Box<Hints>,
}

#[derive(Clone, Debug, Default)]
struct Hints {
    parameter: Option<String>,
    allowed: Vec<String>,
    next: Option<String>,
    retry_after_s: Option<u32>,
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), hints: Box::default() }
    }

    /// A parameter of the query that cannot be used.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::new(Kind::BadParameter, detail).blaming(name)
    }

    /// A field of the body that cannot be used.
    pub fn field(name: &str, detail: impl Into<String>) -> Self {
        Self::new(Kind::BadBody, detail).blaming(name)
    }

    /// One of our own invariants does not hold: the log gets the sentence, the client does not.
    pub fn broken(invariant: &'static str) -> Self {
        error!(invariant, "an invariant of the API does not hold");
        Self::new(Kind::Failed, "the hub made a mistake; its log says more")
    }

    fn blaming(mut self, name: &str) -> Self {
        self.hints.parameter = Some(name.to_owned());
        self
    }

    #[must_use]
    pub fn allowing<T: ToString>(mut self, allowed: impl IntoIterator<Item = T>) -> Self {
        self.hints.allowed = allowed.into_iter().map(|word| word.to_string()).collect();
        self
    }

    #[must_use]
    pub fn then(mut self, next: impl Into<String>) -> Self {
        self.hints.next = Some(next.into());
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.hints.retry_after_s = Some(seconds);
        self
    }

    pub fn title(&self) -> &'static str {
        self.kind.name_and_title().1
    }

    pub fn next(&self) -> Option<&str> {
        self.hints.next.as_deref()
    }

    pub fn retry_after_s(&self) -> Option<u32> {
        self.hints.retry_after_s
    }

    /// For refusals that are told as a page.
    pub fn retry_after_header(&self) -> Option<(HeaderName, HeaderValue)> {
        self.hints.retry_after_s.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds)))
    }
}

impl From<Problem> for dto::Problem {
    fn from(problem: Problem) -> Self {
        let (title, hints) = (problem.title(), *problem.hints);
        Self {
            uri: problem.kind.uri(),
            title,
            status: problem.kind.status().as_u16(),
            detail: problem.detail,
            parameter: hints.parameter,
            allowed: hints.allowed,
            next: hints.next,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (kind, retry_after) = (self.kind, self.retry_after_header());
        let mut response = (kind.status(), Json(dto::Problem::from(self))).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT));
        if kind == Kind::NotSignedIn {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"strongroom\""));
        }
        headers.extend(retry_after);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_its_own_stable_name_and_an_error_status() {
        let names: HashSet<String> = Kind::ALL.iter().map(|kind| kind.uri()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{kind:?}");
            assert!(!kind.name_and_title().1.is_empty());
        }
    }
}

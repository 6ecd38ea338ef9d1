//! The description of the API (OpenAPI 3.1), made from the handlers and types themselves. Public: it holds no secret.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::Ref;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToResponse};

use super::cookie;
use super::dto::problem::Problem;
use super::resource::{edges, events, health, incidents, kinds, metrics, parts, points, stream};
use crate::web::sign_in;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strongroom supervision API",
        description = "Reads what the hub knows and lets supervisors acknowledge and close incidents.\n\n\
            Times are RFC 3339 in UTC with milliseconds. Lists are pages: give `next` back as `cursor`. \
            Every refusal is `application/problem+json` (RFC 9457) with a stable `type`. \
            An unknown query parameter is refused, so that a mistyped filter never looks like an empty result. \
            Anybody may also get 404, 405, 408 and 421 as problems from any address."
    ),
    tags(
        (name = "incidents", description = "What people have to handle."),
        (name = "parts", description = "Key parts, their devices and points."),
        (name = "events", description = "What the journal holds."),
        (name = "edges", description = "Edge gateways."),
        (name = "stream", description = "Changes as they happen."),
        (name = "kinds", description = "What points can mean."),
        (name = "session", description = "The page's session."),
        (name = "hub", description = "The hub itself.")
    ),
    paths(
        parts::list, parts::one, points::history, events::list,
        incidents::list, incidents::one, incidents::acknowledge, incidents::close,
        edges::list, edges::heartbeat, edges::quarantine, kinds::list, stream::follow,
        health::live, health::ready, metrics::scrape, document,
        sign_in::sign_in, sign_in::sign_out,
    ),
    components(
        schemas(Problem, stream::PartChange),
        responses(
            BadParameter, BadBody, NotSignedIn, NotPermitted, NotFound, NotInThisState, BodyTooLarge,
            UnsupportedBody, TooManyAttempts, HubFailed, NotReady
        )
    ),
    modifiers(&SignIn, &Brake),
    security(("token" = []), ("session" = []))
)]
struct Api;

struct SignIn;

impl Modify for SignIn {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("srt_…");
        let token = token.description(Some("A token that `strongroom-hub token issue` made."));
        let session = ApiKey::Cookie(ApiKeyValue::with_description(
            cookie::NAME,
            "The page's session. Changes made with it must come from the hub's own origin.",
        ));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
        openapi.info.version = env!("CARGO_PKG_VERSION").to_owned();
    }
}

/// Whatever may answer that nobody is signed in may also answer that too many have tried.
struct Brake;

impl Modify for Brake {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for path in openapi.paths.paths.values_mut() {
            for operation in [&mut path.get, &mut path.post].into_iter().flatten() {
                let responses = &mut operation.responses.responses;
                if responses.contains_key("401") {
                    let braked = || Ref::from_response_name("TooManyAttempts").into();
                    responses.entry("429".to_owned()).or_insert_with(braked);
                }
            }
        }
    }
}

macro_rules! problems {
    ($($name:ident = $description:literal;)*) => { $(
        #[derive(ToResponse)]
        #[response(description = $description, content_type = "application/problem+json")]
        #[allow(dead_code, reason = "it only describes")]
        pub struct $name(Problem);
    )* };
}

problems! {
    BadParameter = "A query parameter is unknown, given twice or cannot be used; `parameter` names it.";
    BadBody = "The body cannot be used; the detail says where.";
    NotSignedIn = "No token, or one that is not valid.";
    NotPermitted = "The role does not permit it, or the request comes from another site.";
    NotFound = "There is no such thing.";
    NotInThisState = "The incident's state does not allow it; `allowed` says what it does allow.";
    BodyTooLarge = "More than 64 KiB.";
    UnsupportedBody = "The body is not `application/json`.";
    TooManyAttempts = "The token is not valid, and too many before it were not either; see `Retry-After`. A valid one is never refused for that.";
    HubFailed = "500: the hub failed, its log says why. 503: it is busy, or gave no answer in time; `next` says what to do.";
    NotReady = "The detail says why.";
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    Api::openapi().to_pretty_json().expect("the description of the API is plain data and always serialises")
});

/// This description
#[utoipa::path(get, path = "/api/openapi.json", operation_id = "getDescription", tag = "hub", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value)))]
pub async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

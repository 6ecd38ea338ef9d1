//! The session cookie: its name, its attributes, and how it is found among others.

use axum::http::HeaderValue;

use super::Transport;
use crate::access::sessions::LIFE_MAX_S;

pub const NAME: &str = "strongroom_session";

/// `Secure` is left out on the loopback listener alone: there a browser would not send the cookie back.
pub fn set(session: &str, transport: Transport) -> String {
    format!("{NAME}={session}; Path=/; HttpOnly; SameSite=Strict; Max-Age={LIFE_MAX_S}{}", secure(transport))
}

pub fn clear(transport: Transport) -> String {
    format!("{NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}", secure(transport))
}

fn secure(transport: Transport) -> &'static str {
    match transport {
        Transport::Https => "; Secure",
        Transport::Loopback { .. } => "",
    }
}

/// The first cookie of our name.
pub fn session<'a>(cookies: impl IntoIterator<Item = &'a HeaderValue>) -> Option<&'a str> {
    cookies
        .into_iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME && !value.is_empty()).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let headers = [HeaderValue::from_static("a=1; strongroom_session=xyz; b=2")];
        assert_eq!(session(&headers), Some("xyz"));
        assert_eq!(session(&[HeaderValue::from_static("not_strongroom_session=xyz")]), None);
        assert_eq!(session(&[HeaderValue::from_static("strongroom_session=")]), None);
    }

    #[test]
    fn only_the_loopback_listener_leaves_secure_out() {
        assert!(set("x", Transport::Https).ends_with("; Secure"));
        assert!(!set("x", Transport::Loopback { port: 80 }).contains("Secure"));
        assert!(clear(Transport::Https).contains("Max-Age=0"));
    }
}

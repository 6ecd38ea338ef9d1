//! Where a request comes from. Two attacks end here: a foreign page that posts with the person's cookie, and a foreign
//! name that resolves to our loopback address (DNS rebinding).

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::problem::{Kind, Problem};
use super::{Peer, Transport};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(super) async fn check(peer: Peer, request: Request, next: Next) -> Result<Response, Problem> {
    match judge(peer.transport, request.method(), request.headers()) {
        Ok(()) => Ok(next.run(request).await),
        Err(problem) => {
            let reason = if problem.kind == Kind::ForeignOrigin { "origin" } else { "host" };
            metrics::counter!("api_origin_refused_total", "reason" => reason).increment(1);
            tracing::warn!(address = %peer.address, reason, "a request from another site was refused");
            Err(problem)
        }
    }
}

/// Pure: everything is in the request's head.
pub fn judge(transport: Transport, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let host = host(headers)?;
    if let Transport::Loopback { port } = transport
        && !names_loopback(host, port)
    {
        let detail = format!("this listener answers to `localhost:{port}` and loopback addresses only");
        return Err(Problem::new(Kind::WrongHost, detail)
            .allowing([format!("localhost:{port}"), format!("127.0.0.1:{port}")]));
    }
    if changes_state(method) { same_origin(transport, host, headers) } else { Ok(()) }
}

fn host(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next().map(|host| host.to_str()), hosts.next()) {
        (Some(Ok(host)), None) => Ok(host),
        // Two of them are how a proxy and a server are made to disagree.
        _ => Err(Problem::new(Kind::BadRequest, "a request names exactly one host")),
    }
}

fn changes_state(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// `localhost` or a loopback address, with the port that the listener has.
fn names_loopback(host: &str, port: u16) -> bool {
    let (name, named_port) = match host.rsplit_once(':') {
        // A bare IPv6 address in brackets holds colons too.
        Some((name, digits)) if !digits.ends_with(']') => (name, digits.parse().ok()),
        _ => (host, Some(80)),
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let local = name.eq_ignore_ascii_case("localhost")
        || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    local && named_port == Some(port)
}

/// A browser names the origin of every post. A program need not, but then it must carry its token itself: a browser would
/// send only the cookie on its own.
fn same_origin(transport: Transport, host: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let own = format!("{}://{host}", transport.scheme());
    let same = match headers.get(ORIGIN) {
        Some(origin) => origin.to_str().is_ok_and(|origin| origin.eq_ignore_ascii_case(&own)),
        None => {
            headers.contains_key(AUTHORIZATION)
                || headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "same-origin")
        }
    };
    if same {
        return Ok(());
    }
    let detail =
        "a change must come from this site's own page (`Origin`), or carry its token in `Authorization`";
    Err(Problem::new(Kind::ForeignOrigin, detail).allowing([own]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: Transport = Transport::Loopback { port: 8080 };

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn kind(transport: Transport, method: Method, pairs: &[(&'static str, &str)]) -> Option<Kind> {
        judge(transport, &method, &headers(pairs)).err().map(|problem| problem.kind)
    }

    #[test]
    fn the_loopback_listener_answers_to_loopback_names_with_its_port() {
        for host in ["localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "127.1.2.3:8080", "[::1]:8080"] {
            assert_eq!(kind(LOOPBACK, Method::GET, &[("host", host)]), None, "{host}");
        }
        for host in
            ["attacker.example:8080", "localhost:8081", "localhost", "10.0.0.1:8080", "[::2]:8080", "[::1]"]
        {
            assert_eq!(kind(LOOPBACK, Method::GET, &[("host", host)]), Some(Kind::WrongHost), "{host}");
        }
        assert_eq!(kind(Transport::Loopback { port: 80 }, Method::GET, &[("host", "[::1]")]), None);
        assert_eq!(kind(Transport::Https, Method::GET, &[("host", "hub.site")]), None);
    }

    #[test]
    fn a_request_names_exactly_one_host() {
        assert_eq!(kind(Transport::Https, Method::GET, &[]), Some(Kind::BadRequest));
        let twice = [("host", "localhost:8080"), ("host", "localhost:8080")];
        assert_eq!(kind(LOOPBACK, Method::GET, &twice), Some(Kind::BadRequest));
    }

    #[test]
    fn a_change_needs_the_own_origin_or_a_token_of_its_own() {
        let host = ("host", "hub.site");
        let post =
            |more: &[(&'static str, &str)]| kind(Transport::Https, Method::POST, &[&[host], more].concat());
        assert_eq!(post(&[("origin", "https://hub.site")]), None);
        assert_eq!(post(&[("sec-fetch-site", "same-origin")]), None);
        assert_eq!(post(&[("authorization", "Bearer srt_x")]), None);
        for foreign in ["http://hub.site", "https://evil.site", "https://hub.site.evil.site", "null"] {
            let authorized = [("origin", foreign), ("authorization", "Bearer srt_x")];
            assert_eq!(post(&[("origin", foreign)]), Some(Kind::ForeignOrigin), "{foreign}");
            assert_eq!(post(&authorized), Some(Kind::ForeignOrigin), "{foreign}");
        }
        assert_eq!(post(&[("sec-fetch-site", "same-site")]), Some(Kind::ForeignOrigin));
        assert_eq!(post(&[]), Some(Kind::ForeignOrigin));
        assert_eq!(kind(Transport::Https, Method::GET, &[host, ("origin", "https://evil.site")]), None);
    }
}

//! Asks the router without a socket, as the server would hand it a request.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::Value;
use strongroom_hub::api::{self, Peer, Transport};
use tower::ServiceExt;

use crate::site::Site;

pub(crate) const HTTPS: Peer = Peer {
    address: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7)),
    transport: Transport::Https,
};
pub(crate) const LOOPBACK: Peer = Peer {
    address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
    transport: Transport::Loopback { port: 8080 },
};

pub(crate) struct Ask {
    router: Router,
    peer: Peer,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Site {
    /// Over HTTPS, from elsewhere, without a sign-in.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask {
        Ask {
            router: api::router(self.state.clone()),
            peer: HTTPS,
            method,
            path: path.to_owned(),
            headers: vec![("host".to_owned(), "hub.test".to_owned())],
            body: String::new(),
        }
    }

    /// As a supervisor with a token.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).token(&self.supervisor).send().await
    }

    pub(crate) async fn post(&self, path: &str, json: &str) -> Answer {
        self.ask(Method::POST, path).token(&self.supervisor).json(json).send().await
    }

    /// The value of a fresh session cookie.
    pub(crate) async fn session(&self, token: &str) -> String {
        let answer = self.sign_in(token).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let cookie = answer.header("set-cookie");
        cookie.split_once(';').unwrap().0.to_owned()
    }

    pub(crate) async fn sign_in(&self, token: &str) -> Answer {
        let form = self.ask(Method::POST, "/signin").header("origin", "https://hub.test");
        form.form(&format!("token={token}")).send().await
    }
}

impl Ask {
    pub(crate) fn peer(mut self, peer: Peer) -> Self {
        self.peer = peer;
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Replaces a header of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(mut self, json: &str) -> Self {
        self.body = json.to_owned();
        self.header("content-type", "application/json")
    }

    pub(crate) fn form(mut self, form: &str) -> Self {
        self.body = form.to_owned();
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) async fn open(self) -> Response {
        let mut request = Request::builder().method(self.method).uri(self.path).extension(self.peer);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        self.router.oneshot(request.body(Body::from(self.body)).unwrap()).await.unwrap()
    }

    pub(crate) async fn send(self) -> Answer {
        let (head, body) = self.open().await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The answer is a problem of this status and kind.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:strongroom:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        problem
    }
}

//! One connection from its handshake to its end. The only file that knows hyper.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::shutdown::Shutdown;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tracing::debug;

use super::admission::Place;
use super::patience::{Patient, WRITE_STALL_MAX};
use crate::api::Peer;

/// A handshake takes two round trips; whoever needs longer is no client of ours.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// Also the longest pause between two requests of one connection.
const HEAD_WAIT_MAX: Duration = Duration::from_secs(10);
/// Browsers send about twenty.
const HEADERS_MAX: usize = 64;
/// Request head and read buffer: longer heads are refused with 431.
const BUFFER_BYTES_MAX: usize = 16 * 1024;

pub(super) struct Connection {
    pub(super) peer: Peer,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) router: Router,
    pub(super) shutdown: Shutdown,
    pub(super) _place: Place,
}

impl Connection {
    pub(super) async fn serve(mut self, stream: TcpStream) {
        // Small answers leave at once; without it they may wait 40 ms for the peer's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "TCP_NODELAY could not be set");
        }
        match self.tls.take() {
            None => self.speak_http(stream).await,
            Some(config) => match timeout(HANDSHAKE_MAX, TlsAcceptor::from(config).accept(stream)).await {
                Ok(Ok(stream)) => self.speak_http(stream).await,
                Ok(Err(error)) => self.refused("failed", Some(&error)),
                Err(_) => self.refused("too_slow", None),
            },
        }
    }

    fn refused(&self, reason: &'static str, error: Option<&std::io::Error>) {
        metrics::counter!("api_handshakes_failed_total", "reason" => reason).increment(1);
        debug!(address = %self.peer.address, reason, error = error.map(ToString::to_string), "a TLS handshake of the API failed");
    }

    async fn speak_http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let Self { peer, router, shutdown, _place, .. } = self;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            router.clone().oneshot(request.map(Body::new))
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_WAIT_MAX)
            .max_headers(HEADERS_MAX)
            .max_buf_size(BUFFER_BYTES_MAX);
        let connection = http.serve_connection(TokioIo::new(Patient::new(stream, WRITE_STALL_MAX)), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.wait() => {
                // The running request ends, another one is not begun.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            debug!(address = %peer.address, error = &error as &dyn std::error::Error, "a connection of the API ended early");
        }
    }
}

//! The page server, on loopback alone. The only file of the edge that knows hyper. It answers GET and nothing else, reads no
//! body, and gives each connection one answer and little time. When all places are taken, whoever has waited longest without
//! a whole question, or with an answer that it does not read, makes room: idle connections keep nobody out.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::shutdown::Shutdown;
use runtime::telemetry::Metrics;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::board::Board;
use super::host;

/// A technician, a collector and a script at once, twice. Beyond it a connection that dawdles makes room, and if all are
/// being answered, the new one is refused.
const CONNECTIONS_MAX: usize = 8;
const HEAD_WAIT_MAX: Duration = Duration::from_secs(5);
/// From the accept to the last byte of the answer; longer than a stage may take to answer.
const CONNECTION_MAX: Duration = Duration::from_secs(15);
const HEADERS_MAX: usize = 32;
/// The least that hyper takes; a longer head is refused.
const BUFFER_BYTES_MAX: usize = 8 * 1024;
/// After an accept that failed for want of descriptors, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("cannot listen on {address} (status.address)")]
    Listen { address: SocketAddr, source: io::Error },
}

/// Where the status is asked for, before there is one.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

/// What an answer is made from.
struct Pages {
    board: Board,
    metrics: Metrics,
}

impl Server {
    pub async fn bind(address: SocketAddr) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(address).await;
        Ok(Self { listener: listener.map_err(|source| ServerError::Listen { address, source })? })
    }

    /// Answers until the shutdown begins; connections that are open then are closed.
    pub async fn run(self, board: Board, metrics: Metrics, shutdown: Shutdown) -> Result<(), Infallible> {
        let mut connections = Connections::new(Pages { board, metrics });
        loop {
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                Some(_) = connections.tasks.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => connections.take(stream),
                    Err(error) => {
                        warn!(%error, "the status server cannot accept");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }
}

/// Those that are open, the oldest first. Dropping them closes all.
struct Connections {
    pages: Arc<Pages>,
    tasks: JoinSet<()>,
    open: VecDeque<Open>,
}

struct Open {
    task: AbortHandle,
    /// The stages are being asked for it.
    is_asking: Arc<AtomicBool>,
}

impl Connections {
    fn new(pages: Pages) -> Self {
        Self { pages: Arc::new(pages), tasks: JoinSet::new(), open: VecDeque::new() }
    }

    fn take(&mut self, stream: TcpStream) {
        self.open.retain(|open| !open.task.is_finished());
        if self.open.len() >= CONNECTIONS_MAX {
            let dawdles = |open: &Open| !open.is_asking.load(Ordering::Relaxed);
            let Some(oldest) = self.open.iter().position(dawdles).and_then(|at| self.open.remove(at)) else {
                return refused("too_many");
            };
            oldest.task.abort();
            refused("dawdled");
        }
        let is_asking = Arc::new(AtomicBool::new(false));
        let serving = serve(stream, Arc::clone(&self.pages), Arc::clone(&is_asking));
        self.open.push_back(Open { task: self.tasks.spawn(serving), is_asking });
    }
}

fn refused(reason: &'static str) {
    metrics::counter!("status_refused_total", "reason" => reason).increment(1);
    debug!(reason, "a question for the status was refused");
}

async fn serve(stream: TcpStream, pages: Arc<Pages>, is_asking: Arc<AtomicBool>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (pages, is_asking) = (Arc::clone(&pages), Arc::clone(&is_asking));
        async move {
            is_asking.store(true, Ordering::Relaxed);
            let answer = answer(&request, &pages).await;
            is_asking.store(false, Ordering::Relaxed);
            Ok::<_, Infallible>(answer)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .keep_alive(false)
        .header_read_timeout(HEAD_WAIT_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX);
    match timeout(CONNECTION_MAX, http.serve_connection(TokioIo::new(stream), service)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "a question for the status broke off"),
        Err(_) => refused("too_slow"),
    }
}

async fn answer(request: &Request<Incoming>, pages: &Pages) -> Response<Full<Bytes>> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if !host.is_some_and(host::is_loopback) {
        refused("foreign_host");
        return text(
            StatusCode::MISDIRECTED_REQUEST,
            "ask by a name of this machine, such as 127.0.0.1\n".to_owned(),
        );
    }
    if request.method() != Method::GET {
        refused("method");
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return response;
    }
    match request.uri().path() {
        "/status" => {
            let json =
                serde_json::to_vec(&pages.board.report().await).expect("a report has only text for keys");
            page(StatusCode::OK, "application/json", json.into())
        }
        "/healthz" => healthz(&pages.board.report().await.faults),
        "/metrics" => page(StatusCode::OK, "text/plain; version=0.0.4", pages.metrics.render().into()),
        _ => {
            refused("unknown_page");
            text(StatusCode::NOT_FOUND, "there are /status, /healthz and /metrics\n".to_owned())
        }
    }
}

fn healthz(faults: &[String]) -> Response<Full<Bytes>> {
    if faults.is_empty() {
        return text(StatusCode::OK, "ok\n".to_owned());
    }
    text(StatusCode::SERVICE_UNAVAILABLE, faults.iter().map(|fault| format!("{fault}\n")).collect())
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    page(status, "text/plain; charset=utf-8", text.into())
}

fn page(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

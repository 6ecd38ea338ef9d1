//! The edge's process, and whatever is asked of it from outside.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// No test waits longer than this for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_strongroom-edge"))
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// A port of loopback that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            self.tell();
        }
    }
}

impl Process {
    pub(crate) fn start(config: &Path, environment: &[(&str, &str)]) -> Self {
        let log = config.with_extension("log");
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = program();
        command.arg("run").arg("--config").arg(config).envs(environment.iter().copied());
        let child = command.stderr(file).spawn().unwrap();
        Self { child, log }
    }

    #[expect(clippy::print_stderr, reason = "the test harness shows it with the failure")]
    fn tell(&self) {
        eprintln!("--- the edge's log ---\n{}", self.log());
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        until("the edge ends", async || self.child.try_wait().unwrap().is_some()).await;
        self.child.wait().unwrap()
    }

    /// SIGTERM, and the wait for a good end.
    pub(crate) async fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = self.ended().await;
        assert!(status.success(), "the edge ended with {status}");
    }
}

/// The answer to a request, as it stands on the wire; `None` if nobody listens.
pub(crate) async fn http(port: u16, request: String) -> Option<(u16, String)> {
    let asking = move || {
        let mut stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let code = answer.split(' ').nth(1)?.parse().ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        Some((code, body.to_owned()))
    };
    tokio::task::spawn_blocking(asking).await.unwrap()
}

pub(crate) async fn get(port: u16, path: &str) -> Option<(u16, String)> {
    http(port, format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")).await
}

/// What `/status` says; `Null` while nobody listens.
pub(crate) async fn status(port: u16) -> Value {
    let answer = get(port, "/status").await;
    answer.map_or(Value::Null, |(_, body)| serde_json::from_str(&body).unwrap())
}

/// Waits until the status is as wanted.
pub(crate) async fn status_is(port: u16, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    let deadline = Instant::now() + PATIENCE;
    while !wanted(&last) {
        assert!(Instant::now() < deadline, "waited in vain: {what}; the last status was\n{last:#}");
        sleep(Duration::from_millis(20)).await;
        last = status(port).await;
    }
    last
}

/// `strongroom-edge status --address 127.0.0.1:PORT`.
pub(crate) async fn status_table(port: u16) -> Output {
    let mut command = program();
    command.args(["status", "--address"]).arg(format!("127.0.0.1:{port}"));
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

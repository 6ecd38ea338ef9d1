//! A window sensor on MQTT, played by `mosquitto_pub`: one connection over TLS with a token, and a line of JSON now and then.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::Signal;
use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::process::Process;

/// Much shorter than the report interval in the edge's configuration.
const TELLS_EVERY: Duration = Duration::from_millis(200);

pub struct MqttWindow {
    process: Process,
    shared: Arc<Mutex<Shared>>,
    telling: JoinHandle<()>,
}

struct Shared {
    window: &'static str,
    sequence: u64,
    input: ChildStdin,
}

impl Drop for MqttWindow {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

impl MqttWindow {
    /// A closed window. `boot` tells one life of the sensor from another.
    pub fn start(folder: &Path, edge: SocketAddr, ca: &Path, device: &str, token: &str, boot: u32) -> Self {
        let mut command = Command::new("mosquitto_pub");
        command.args(["-h", &edge.ip().to_string(), "-p", &edge.port().to_string(), "-V", "mqttv311"]);
        command
            .arg("--cafile")
            .arg(ca)
            .args(["-u", device, "-P", token, "-i", device, "-q", "1", "-l", "-d"]);
        command.args(["-t", &format!("sr/field/{device}/status")]).stdin(Stdio::piped());
        let mut process = Process::start("mosquitto_pub", &mut command, &folder.join("mosquitto_pub.log"));
        let input = process.take_input();
        let shared = Arc::new(Mutex::new(Shared { window: "closed", sequence: 0, input }));
        let telling = tokio::spawn(tell(Arc::clone(&shared), boot));
        Self { process, shared, telling }
    }

    /// `closed`, `tilted` or `open`, told at once.
    pub fn stands(&self, window: &'static str) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).window = window;
    }

    /// Its connection stays, and nothing comes over it.
    pub fn falls_silent(&self) {
        self.process.signal(Signal::STOP);
    }

    pub fn has_ended(&mut self) -> bool {
        self.process.has_ended().is_some()
    }
}

async fn tell(shared: Arc<Mutex<Shared>>, boot: u32) {
    let mut ticks = interval(TELLS_EVERY);
    loop {
        ticks.tick().await;
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.sequence += 1;
        let Shared { window, sequence, input } = &mut *shared;
        let told = writeln!(
            input,
            "{{\"boot\":{boot},\"seq\":{sequence},\"state\":{{\"window\":{window:?},\"glass\":false,\"tamper\":false}},\"shock_mg\":12}}"
        );
        // The client was refused, or is gone.
        if told.is_err() {
            return;
        }
    }
}

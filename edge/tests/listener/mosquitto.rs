//! `mosquitto_pub` as the device: a client that this project did not write.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::rig::{PATIENCE, Rig};

/// How a device proves who it is.
#[derive(Clone, Copy)]
pub(crate) enum As<'a> {
    Certificate(&'a str),
    Login(&'a str, &'a str),
    Nobody,
}

/// A running client. It dies with the test.
pub(crate) struct Publisher(pub(crate) Child);

impl Publisher {
    /// Speaks to the listener of that name.
    pub(crate) fn start(rig: &Rig, listener: &str, who: As<'_>, arguments: &[&str]) -> Self {
        Self::spawn(Command::new("mosquitto_pub"), rig, listener, who, arguments)
    }

    /// The same with a client that knows nothing newer than TLS 1.2. Its own option only sets what is oldest.
    pub(crate) fn start_with_old_tls(rig: &Rig, listener: &str, who: As<'_>, arguments: &[&str]) -> Self {
        let settings = rig.authority.path("openssl.cnf");
        fs::write(
            &settings,
            "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = old\n[old]\nMaxProtocol = TLSv1.2\n",
        )
        .unwrap();
        let mut command = Command::new("mosquitto_pub");
        command.env("OPENSSL_CONF", settings);
        Self::spawn(command, rig, listener, who, arguments)
    }

    fn spawn(mut command: Command, rig: &Rig, listener: &str, who: As<'_>, arguments: &[&str]) -> Self {
        command.args(["-h", "localhost", "-p", &rig.port(listener).to_string(), "-V", "mqttv311"]);
        command.arg("--cafile").arg(rig.authority.path("ca.pem"));
        match who {
            As::Certificate(id) => {
                command.arg("--cert").arg(rig.authority.path(&format!("{id}.pem")));
                command.arg("--key").arg(rig.authority.path(&format!("{id}.key")));
            }
            As::Login(user, password) => {
                command.args(["-u", user, "-P", password]);
            }
            As::Nobody => {}
        }
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit());
        Self(command.spawn().expect("mosquitto_pub is installed: deploy/install-test-needs.sh"))
    }

    /// Lines of its standard input become messages.
    pub(crate) fn say(&mut self, lines: &str) {
        // A client that was refused has closed its input.
        let _ = self.0.stdin.as_mut().unwrap().write_all(lines.as_bytes());
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "mosquitto_pub ends in time");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The death of a device whose power is cut.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

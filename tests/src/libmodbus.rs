//! Devices that this project did not write: libmodbus serves them, over TCP or on a serial line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::process::Process;
use crate::wait::until;

/// The same source as in the edge's own tests of its driver.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../edge/tests/field/libmodbus/server.c");

/// How an edge reads one: the part of its map that tests look at.
pub const PROFILE: &str = r#"
name = "libmodbus"
[header]
magic = 0x5352
type = 3
map_version = 1
[[points]]
name = "handle"
kind = "door.handle"
register = 8
bit = 0
[[points]]
name = "tamper"
kind = "door.tamper"
table = "discrete"
register = 12
[[points]]
name = "supply"
kind = "door.supply"
table = "holding"
register = 5
scale = 0.01
"#;

pub struct Libmodbus {
    /// Its address, or the path of its port.
    pub place: String,
    process: Process,
}

impl Libmodbus {
    /// On a free port.
    pub async fn tcp(folder: &Path, unit: u8) -> Libmodbus {
        Self::start(folder, &["tcp", &unit.to_string()]).await
    }

    /// At this end of a serial line.
    pub async fn rtu(folder: &Path, unit: u8, port: &Path) -> Libmodbus {
        let port = port.to_str().expect("paths of terminals are plain");
        Self::start(folder, &["rtu", &unit.to_string(), port]).await
    }

    async fn start(folder: &Path, arguments: &[&str]) -> Libmodbus {
        let log = folder.join(format!("libmodbus-{}.log", arguments[0]));
        let mut command = Command::new(built(folder));
        let mut process = Process::start("libmodbus", command.args(arguments), &log);
        let place = until("the device to serve", async || {
            assert_eq!(process.has_ended(), None, "libmodbus ended at its start");
            process.log().lines().next().map(str::to_owned).ok_or_else(|| "it is silent".to_owned())
        })
        .await;
        Libmodbus { place, process }
    }

    pub fn address(&self) -> SocketAddr {
        self.place.parse().expect("a device on TCP says its address")
    }

    /// The handle is let go, or pressed again.
    pub fn turn_over(&self) {
        self.process.signal(Signal::USR1);
    }

    /// It holds its line and answers nothing.
    pub fn falls_silent(&self) {
        self.process.signal(Signal::STOP);
    }

    pub fn speaks_again(&self) {
        self.process.signal(Signal::CONT);
    }

    /// The coils that were written, and how, in their order.
    pub fn written(&self) -> Vec<(u16, bool)> {
        let log = self.process.log();
        let parse = |line: &str| {
            let (coil, state) = line.strip_prefix("coil ")?.split_once(' ')?;
            Some((coil.parse().ok()?, state == "on"))
        };
        log.lines().filter_map(parse).collect()
    }

    /// Waits until the last that was written to a coil is this.
    pub async fn coil_becomes(&self, coil: u16, on: bool) {
        until(&format!("coil {coil} to be switched (on: {on})"), async || {
            let written = self.written();
            let last = written.iter().rev().find(|(found, _)| *found == coil);
            if last == Some(&(coil, on)) { Ok(()) } else { Err(format!("{written:?}")) }
        })
        .await;
    }
}

fn built(folder: &Path) -> PathBuf {
    let program = folder.join("libmodbus-server");
    if !program.exists() {
        let built = Command::new("cc").arg(SOURCE).arg("-o").arg(&program).arg("-lmodbus").status();
        let built = built.expect("a C compiler is needed: deploy/install-test-needs.sh test");
        assert!(built.success(), "libmodbus is needed: deploy/install-test-needs.sh test");
    }
    program
}

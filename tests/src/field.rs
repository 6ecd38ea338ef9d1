//! A simulated room of field devices (`strongroom-sim`), driven through its control socket.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::process::Process;
use crate::program;
use crate::wait::until;

pub struct Field {
    control: PathBuf,
    addresses: BTreeMap<String, SocketAddr>,
    // Ends before the folder of the site goes.
    _process: Process,
}

/// A panel, a door and a cabinet: name, class, unit.
pub const ROOM: &[(&str, &str, u8)] =
    &[("panel-1", "panel", 1), ("door-1", "door", 2), ("cabinet-1", "cabinet", 3)];

impl Field {
    /// Starts the devices and waits until they listen.
    pub async fn start(folder: &Path, address: IpAddr, devices: &[(&str, &str, u8)]) -> Field {
        let (config, ports_file) = (folder.join("field.toml"), folder.join("field-ports.json"));
        let control = folder.join("field.sock");
        let device = |(name, class, unit): &(&str, &str, u8)| {
            let delays = if *class == "panel" { "exit_delay = \"0s\"\nentry_delay = \"0s\"\n" } else { "" };
            format!("[device.{name}]\nclass = {class:?}\nlisten = \"{address}:0\"\nunit = {unit}\n{delays}")
        };
        let devices: String = devices.iter().map(device).collect();
        let text = format!("name = \"test room\"\ncontrol = {control:?}\n{devices}");
        fs::write(&config, text).expect("the site's folder can be written");
        let mut command = program::command("strongroom-sim");
        command.arg("run").arg("--config").arg(&config).arg("--ports-file").arg(&ports_file);
        let mut process = Process::start("the simulator", &mut command, &folder.join("field.log"));
        let addresses = until("the simulated devices to listen", async || {
            assert_eq!(process.has_ended(), None, "the simulator ended at its start");
            let text = fs::read_to_string(&ports_file).map_err(|error| error.to_string())?;
            serde_json::from_str(&text).map_err(|error| error.to_string())
        })
        .await;
        Field { control, addresses, _process: process }
    }

    pub fn address(&self, device: &str) -> SocketAddr {
        *self.addresses.get(device).unwrap_or_else(|| panic!("there is no device {device}"))
    }

    /// An action as `strongroom-sim do --help` lists them: `force`, `grant 4711`, `disconnect`.
    pub fn act(&self, device: &str, action: &str) {
        self.ask(&json!({ "op": "do", "device": device, "action": action }));
    }

    /// `DEVICE.SIGNAL=VALUE`, all at the same moment.
    pub fn set(&self, assignments: &[&str]) {
        self.ask(&json!({ "op": "set", "assignments": assignments }));
    }

    fn ask(&self, request: &Value) {
        let asking = || -> std::io::Result<String> {
            let mut socket = UnixStream::connect(&self.control)?;
            writeln!(socket, "{request}")?;
            let mut reply = String::new();
            BufReader::new(socket).read_line(&mut reply)?;
            Ok(reply)
        };
        let reply = asking().expect("the simulator answers");
        let done = serde_json::from_str::<Value>(&reply).is_ok_and(|reply| reply.get("done").is_some());
        assert!(done, "the simulator refused {request}: {reply}");
    }
}

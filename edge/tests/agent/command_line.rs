//! What a person may ask of the agent.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::room::{By, Room};

fn agent(command: &str, config: &Path) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_strongroom-host-agent"));
    process.arg(command).arg("--config").arg(config).output().unwrap()
}

#[test]
fn once_prints_the_report_that_would_be_sent() {
    let room = Room::new(By::Certificate);
    room.plug("1-2", "60A4");
    let output = agent("once", &room.config());
    assert!(output.status.success());
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report["host"].as_str(), report["version"].as_u64()), (Some("desk-1"), Some(1)));
    assert_eq!(report["state"]["media"][0]["level"], "secret");
    assert!(!room.path("buffer").exists(), "nothing is kept");
}

#[test]
fn check_names_every_fault_with_its_line() {
    let room = Room::new(By::Certificate);
    assert!(agent("check", &room.config()).status.success());
    let faulty = room.path("faulty.toml");
    let text = "[agent]\ndevice = \"a b\"\n[edge]\naddress = \"edge\"\nca = \"ca.pem\"\ntoken_file = \"t\"\nkey = \"k\"\n\
                [buffer]\nfolder = \"b\"\nbytes_max = 1\n[probe]\naddresses = [\"here\"]\n[[media]]\nserial = \"s\"\nlevel = \"high\"\n";
    fs::write(&faulty, text).unwrap();
    let output = agent("check", &faulty);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    for fault in [":2:", ":3:", ":4:", ":10:", ":12:", ":15:"] {
        assert!(told.contains(fault), "{fault} in {told}");
    }
}

#[test]
fn the_example_of_the_deployment_is_sound() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/examples/host-agent.toml");
    let output = agent("check", &example);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

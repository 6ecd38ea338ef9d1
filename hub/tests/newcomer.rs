//! What somebody meets who sets a hub up for the first time: `check` names what is not ready, a second hub says what is in
//! its way. The real program on real files.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

fn hub(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_strongroom-hub")).current_dir(folder).args(words).output().unwrap()
}

/// A hub that is ready to run, on ports of its own.
fn ready() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    authority(folder.path(), "pki", "haus-a");
    let token = ["token", "issue", "--file", "tokens.json", "--person", "officer-1", "--role", "supervisor"];
    assert!(hub(folder.path(), &token).status.success());
    fs::write(folder.path().join("hub.toml"), TOML).unwrap();
    folder
}

fn authority(folder: &Path, name: &str, site: &str) {
    for words in [
        &["pki", "init", "--dir", name, "--site", site][..],
        &["pki", "issue", "--dir", name, "--server", "hub", "--ip", "127.0.0.1"],
        &["pki", "issue", "--dir", name, "--server", "other", "--ip", "127.0.0.1"],
    ] {
        let output = hub(folder, words);
        assert!(output.status.success(), "{output:?}");
    }
}

const TOML: &str = r#"[hub]
site = "haus-a"
data = "data"
[gate]
listen = "127.0.0.1:0"
ca = "pki/ca.pem"
crl = "pki/crl.pem"
certificate = "pki/issued/server-hub.pem"
key = "pki/issued/server-hub.key"
[api]
listen = "127.0.0.1:0"
certificate = "pki/issued/server-hub.pem"
key = "pki/issued/server-hub.key"
tokens = "tokens.json"
[[parts]]
id = "room"
name = "Room"
edges = ["edge-1"]
"#;

/// What `check` says of the file with one passage exchanged.
fn checked(folder: &Path, from: &str, to: &str) -> Output {
    assert!(TOML.contains(from), "{from}");
    fs::write(folder.join("hub.toml"), TOML.replace(from, to)).unwrap();
    hub(folder, &["check", "--config", "hub.toml"])
}

#[test]
fn check_names_everything_that_is_not_ready() {
    let folder = ready();
    let at = folder.path();
    let good = hub(at, &["check", "--config", "hub.toml"]);
    assert!(good.status.success(), "{good:?}");
    assert!(!at.join("data").exists(), "a check writes nothing");

    authority(at, "foreign", "haus-b");
    fs::write(at.join("a-file"), "").unwrap();
    for (from, to, said) in [
        (
            "certificate = \"pki/issued/server-hub.pem\"\nkey = \"pki/issued/server-hub.key\"\ntokens",
            "certificate = \"gone.pem\"\nkey = \"gone.key\"\ntokens",
            &["api.certificate: cannot read", "api.key: cannot read"][..],
        ),
        (
            "key = \"pki/issued/server-hub.key\"\n[api]",
            "key = \"pki/issued/server-other.key\"\n[api]",
            &["gate: the certificate", "cannot be used together"],
        ),
        (
            "key = \"pki/issued/server-hub.key\"\ntokens",
            "key = \"pki/issued/server-other.key\"\ntokens",
            &["api: the certificate"],
        ),
        ("tokens.json", "none.json", &["api.tokens: there is no token file", "token issue"]),
        ("data = \"data\"", "data = \"a-file/data\"", &["hub.data:"]),
        ("site = \"haus-a\"", "site = \"haus-b\"", &["gate.ca:", "`haus-a`", "hub.site is `haus-b`"]),
        (
            "[api]\nlisten = \"127.0.0.1:0\"\ncertificate = \"pki/",
            "[api]\nlisten = \"127.0.0.1:0\"\ncertificate = \"foreign/",
            &["api.certificate:", "`haus-b`"],
        ),
        ("ca = \"pki/ca.pem\"", "ca = \"pki/issued/server-hub.pem\"", &["gate: ", "no CA's"]),
        ("crl = \"pki/crl.pem\"", "crl = \"foreign/crl.pem\"", &["gate: ", "none of the CAs"]),
    ] {
        let output = checked(at, from, to);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{to}: {text}");
        assert!(said.iter().all(|said| text.contains(said)), "{to}: {text}");
    }
}

#[test]
fn two_listeners_on_one_port_are_a_fault_with_its_line() {
    let folder = ready();
    let listen = |gate: &str, api: &str| {
        let text = TOML.replacen("127.0.0.1:0", gate, 1).replacen("127.0.0.1:0", api, 1);
        fs::write(folder.path().join("hub.toml"), text).unwrap();
        let output = hub(folder.path(), &["check", "--config", "hub.toml"]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (gate, api) in [("127.0.0.1:8443", "127.0.0.1:8443"), ("[::]:8443", "127.0.0.1:8443")] {
        let (code, text) = listen(gate, api);
        assert_eq!(code, Some(2), "{text}");
        assert!(
            text.contains("hub.toml:11:") && text.contains("api.listen") && text.contains(gate),
            "{text}"
        );
    }
    let (code, text) = listen("127.0.0.1:8443", "127.0.0.1:8443\"\nloopback = \"127.0.0.1:8443");
    assert_eq!((code, text.matches("hub.toml:").count()), (Some(2), 2), "{text}");
    assert_eq!(listen("127.0.0.1:8883", "127.0.0.2:8883").0, Some(0));
}

#[test]
fn a_second_hub_on_one_data_folder_says_so() {
    let folder = ready();
    let run = ["run", "--config", "hub.toml"];
    let mut first = Command::new(env!("CARGO_BIN_EXE_strongroom-hub"))
        .current_dir(folder.path())
        .args(run)
        .args(["--ports-file", "ports.json"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !folder.path().join("ports.json").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the first hub does not start");
        assert!(first.try_wait().unwrap().is_none(), "the first hub has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = hub(folder.path(), &run);
    first.kill().unwrap();
    first.wait().unwrap();
    let text = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(75), "{text}");
    assert!(text.contains("another strongroom-hub runs with the data folder"), "{text}");
}

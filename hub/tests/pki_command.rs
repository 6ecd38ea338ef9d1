//! `strongroom-hub pki …` as people and scripts use it: the real program, its exit status, its words, its files.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

fn start(folder: &Path, words: &[&str]) -> Child {
    let (verb, arguments) = words.split_first().unwrap();
    Command::new(env!("CARGO_BIN_EXE_strongroom-hub"))
        .args(["pki", verb, "--dir"])
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn pki(folder: &Path, words: &[&str]) -> Output {
    start(folder, words).wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn authority() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    said(&pki(folder.path(), &["init", "--site", "haus-a"]));
    folder
}

fn listed(folder: &Path) -> serde_json::Value {
    serde_json::from_str(&said(&pki(folder, &["list", "--json"]))).unwrap()
}

#[test]
fn a_certificate_goes_its_way_from_issue_to_revocation() {
    let folder = authority();
    let issued = said(&pki(folder.path(), &["issue", "--edge", "archive-1"]));
    assert!(issued.starts_with("issued edge/archive-1, serial "), "{issued}");
    assert!(!issued.contains("note:"), "{issued}");
    let key = folder.path().join("issued/edge-archive-1.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(folder.path().join("issued/edge-archive-1.pem").exists());

    let out = folder.path().join("second");
    let second = said(&pki(folder.path(), &["issue", "--edge", "archive-1", "--out", out.to_str().unwrap()]));
    assert!(second.contains("1 other live certificate"), "{second}");

    let revoked = said(&pki(folder.path(), &["revoke", "--edge", "archive-1", "--reason", "key-compromise"]));
    assert_eq!(revoked.matches("revoked edge/archive-1").count(), 2, "{revoked}");
    assert!(revoked.contains("kill -HUP") && revoked.contains("30 s"), "{revoked}");

    let table = said(&pki(folder.path(), &["list"]));
    assert_eq!(table.matches("(key-compromise)").count(), 2, "{table}");
    let json = listed(folder.path());
    assert_eq!(json["site"], "haus-a");
    assert_eq!(json["crl"]["revoked"], 2);
    assert_eq!(json["certificates"][0]["state"], "revoked");
    assert_eq!(json["certificates"][0]["holder"], "edge/archive-1");
    let serial = json["certificates"][0]["serial"].as_str().unwrap();
    let again = said(&pki(folder.path(), &["revoke", "--serial", serial]));
    assert!(again.contains("nothing was live"), "{again}");
}

#[test]
fn servers_host_agents_and_requests_are_served() {
    let folder = authority();
    let server = ["issue", "--server", "hub", "--dns", "localhost", "--ip", "127.0.0.1", "--ip", "::1"];
    said(&pki(folder.path(), &server));
    said(&pki(folder.path(), &["issue", "--host-agent", "pc-3", "--days", "30"]));

    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    let file = folder.path().join("device.csr");
    fs::write(&file, request).unwrap();
    let issued = said(&pki(folder.path(), &["issue", "--edge", "device", "--csr", file.to_str().unwrap()]));
    assert!(issued.contains("stays where the request was made"), "{issued}");
    assert!(!folder.path().join("issued/edge-device.key").exists());
    assert_eq!(listed(folder.path())["certificates"][2]["key"], "device");
}

#[test]
fn refusals_say_what_to_do_and_issue_nothing() {
    let folder = authority();
    let at = folder.path();
    for (words, hint) in [
        (&["issue", "--edge", "a/b"][..], "A-Z a-z 0-9"),
        (&["issue", "--edge", ".."], "A-Z a-z 0-9"),
        (&["issue"], "--edge <ID>"),
        (&["issue", "--edge", "a", "--server", "b"], "cannot be used with"),
        (&["issue", "--edge", "a", "--dns", "b"], "cannot be used with"),
        (&["issue", "--server", "hub"], "--dns NAME or --ip ADDRESS"),
        (&["issue", "--server", "hub", "--dns", "127.0.0.1"], "--ip"),
        (&["issue", "--edge", "a", "--days", "5000"], "1 to 1095"),
        (&["issue", "--edge", "a", "--csr", "no-such-file"], "no-such-file"),
        (&["revoke", "--edge", "nobody"], "pki list"),
        (&["revoke", "--serial", "12"], "32 hexadecimal digits"),
        (&["init", "--site", "haus-b"], "never overwritten"),
    ] {
        let words_said = refused(&pki(at, words));
        assert!(words_said.contains(hint), "{words:?}: {words_said}");
    }
    assert_eq!(listed(at)["certificates"].as_array().unwrap().len(), 0);

    said(&pki(at, &["issue", "--edge", "a"]));
    let in_the_way = refused(&pki(at, &["issue", "--edge", "a"]));
    assert!(in_the_way.contains("edge-a.pem is already there"), "{in_the_way}");
    assert_eq!(listed(at)["certificates"].as_array().unwrap().len(), 1);

    let empty = tempfile::tempdir().unwrap();
    assert!(refused(&pki(empty.path(), &["list"])).contains("pki init --dir"));
}

#[test]
fn programs_that_run_at_once_lose_no_entry() {
    let folder = authority();
    let names: Vec<_> = (0..12).map(|index| format!("e{index}")).collect();
    let running: Vec<_> = names.iter().map(|name| start(folder.path(), &["issue", "--edge", name])).collect();
    for child in running {
        said(&child.wait_with_output().unwrap());
    }
    assert_eq!(listed(folder.path())["certificates"].as_array().unwrap().len(), names.len());
}

#[test]
fn a_list_is_renewed_with_a_higher_number() {
    let folder = authority();
    assert_eq!(listed(folder.path())["crl"]["number"], 1);
    let renewed = said(&pki(folder.path(), &["renew-crl", "--days", "2"]));
    assert!(renewed.contains("revocation list 2"), "{renewed}");
    assert_eq!(listed(folder.path())["crl"]["number"], 2);
    assert!(said(&pki(folder.path(), &["list"])).contains("ends soon"), "two days are less than a week");
}

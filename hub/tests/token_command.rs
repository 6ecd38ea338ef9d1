//! `strongroom-hub token …` as people and scripts use it: the real program, its exit status, its words, its file.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::path::Path;
use std::process::{Command, Output};

use strongroom_hub::access::{Role, Tokens};

fn token(file: &Path, words: &[&str]) -> Output {
    let (verb, arguments) = words.split_first().unwrap();
    let program = env!("CARGO_BIN_EXE_strongroom-hub");
    Command::new(program).args(["token", verb, "--file"]).arg(file).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_token_goes_its_way_from_issue_to_revocation() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.json");
    let issued = said(&token(&file, &["issue", "--person", "p-1042", "--role", "supervisor"]));
    let text = issued.lines().next().unwrap();

    let now_s = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let principal = Tokens::load(&file).unwrap().authenticate(text, now_s).unwrap();
    assert_eq!((principal.person.as_str(), principal.role), ("p-1042", Role::Supervisor));

    let listed = said(&token(&file, &["list"]));
    assert!(listed.contains("p-1042") && listed.contains("live") && !listed.contains(text), "{listed}");
    let revoked = said(&token(&file, &["revoke", "--id", principal.token_id.as_str()]));
    assert!(revoked.contains("within 30 s"), "{revoked}");
    assert!(said(&token(&file, &["list"])).contains("revoked 2"));
    assert!(Tokens::load(&file).unwrap().authenticate(text, now_s).is_err());
    assert!(said(&token(&file, &["revoke", "--id", principal.token_id.as_str()])).contains("before"));
}

#[test]
fn refusals_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.json");
    for (words, hint) in [
        (&["list"][..], "token issue --file"),
        (&["revoke", "--id", "0123456789"], "token issue --file"),
        (&["revoke", "--id", "x"], "token list"),
        (&["issue", "--person", "Anna Alt", "--role", "observer"], "not a name"),
        (&["issue", "--person", "p-1", "--role", "king"], "supervisor"),
        (&["issue", "--person", "p-1", "--role", "observer", "--days", "400"], "1 to 365"),
    ] {
        let output = token(&file, words);
        assert!(!output.status.success(), "{words:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(hint), "{words:?}: {said}");
    }
    assert!(!file.exists());
}

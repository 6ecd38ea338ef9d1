//! Tokens: good for their person, role and time, refused afterwards with one and the same sentence, and never lost or
//! exposed by the file that keeps them.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use strongroom_hub::access::{
    AccessError, NewToken, Reload, RevokedToken, Role, StoreError, TokenStore, Tokens,
};
use strongroom_hub::pki::files::FileError;
use tempfile::TempDir;

const NOW_S: i64 = 1_800_000_000;
const DAY_S: i64 = 86_400;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    (folder, path)
}

fn issue(path: &Path, person: &str, role: Role) -> NewToken {
    TokenStore::new(path).issue(&person.parse().unwrap(), role, 90, NOW_S).unwrap()
}

#[test]
fn a_token_opens_for_its_person_and_role() {
    let (_folder, path) = place();
    let observer = issue(&path, "p-1", Role::Observer);
    let supervisor = issue(&path, "p-2", Role::Supervisor);
    let tokens = Tokens::load(&path).unwrap();

    let principal = tokens.authenticate(&supervisor.secret.token_text(), NOW_S).unwrap();
    assert_eq!((principal.person.as_str(), principal.role), ("p-2", Role::Supervisor));
    assert_eq!(principal.token_id, supervisor.entry.id);
    assert!(tokens.vouches_for(&principal, NOW_S));
    let principal = tokens.authenticate(&observer.secret.token_text(), NOW_S).unwrap();
    assert_eq!((principal.person.as_str(), principal.role), ("p-1", Role::Observer));
}

#[test]
fn the_file_holds_no_token_and_is_closed_to_others() {
    let (_folder, path) = place();
    let new = issue(&path, "p-1", Role::Observer);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("p-1") && !text.contains(&new.secret.text()[..12]));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    let exposed = Tokens::load(&path).unwrap_err();
    assert!(matches!(exposed, StoreError::File(FileError::Exposed { mode: 0o604, .. })), "{exposed}");
    assert!(exposed.to_string().contains("chmod 600"), "{exposed}");
}

#[test]
fn a_token_ends_with_its_last_second() {
    let (_folder, path) = place();
    let text = issue(&path, "p-1", Role::Observer).secret.token_text();
    let tokens = Tokens::load(&path).unwrap();
    tokens.authenticate(&text, NOW_S + 90 * DAY_S).unwrap();
    let refused = tokens.authenticate(&text, NOW_S + 90 * DAY_S + 1).unwrap_err();
    assert_eq!(refused.reason(), "expired");
}

#[test]
fn a_revoked_token_is_refused_after_the_next_look_at_the_file() {
    let (_folder, path) = place();
    let kept = issue(&path, "p-1", Role::Supervisor);
    let gone = issue(&path, "p-2", Role::Supervisor);
    let mut tokens = Tokens::load(&path).unwrap();
    let principal = tokens.authenticate(&gone.secret.token_text(), NOW_S).unwrap();
    assert_eq!(tokens.reload_if_changed().unwrap(), Reload::Unchanged);

    let store = TokenStore::new(&path);
    assert!(matches!(store.revoke(&gone.entry.id, NOW_S).unwrap(), RevokedToken::Now(_)));
    assert!(matches!(store.revoke(&gone.entry.id, NOW_S + 5).unwrap(), RevokedToken::Before(_)));
    assert_eq!(tokens.reload_if_changed().unwrap(), Reload::Reloaded { tokens: 2 });

    let refused = tokens.authenticate(&gone.secret.token_text(), NOW_S).unwrap_err();
    assert_eq!(refused.reason(), "revoked");
    assert!(!tokens.vouches_for(&principal, NOW_S));
    tokens.authenticate(&kept.secret.token_text(), NOW_S).unwrap();
}

#[test]
fn every_refusal_reads_the_same_from_outside() {
    let (_folder, path) = place();
    let expired = issue(&path, "p-1", Role::Observer);
    let revoked = issue(&path, "p-2", Role::Observer);
    TokenStore::new(&path).revoke(&revoked.entry.id, NOW_S).unwrap();
    let tokens = Tokens::load(&path).unwrap();
    let late_s = NOW_S + 91 * DAY_S;

    let refusals: Vec<AccessError> = [
        format!("srt_{}", "A".repeat(43)),
        expired.secret.token_text(),
        revoked.secret.token_text(),
        "Bearer".to_owned(),
        String::new(),
        expired.secret.text(),
        format!("{}A", expired.secret.token_text()),
    ]
    .iter()
    .map(|token| tokens.authenticate(token, late_s).unwrap_err())
    .collect();
    let reasons: Vec<_> = refusals.iter().map(AccessError::reason).collect();
    assert_eq!(
        reasons,
        ["unknown", "expired", "revoked", "malformed", "malformed", "malformed", "malformed"]
    );
    let words: Vec<_> = refusals.iter().map(ToString::to_string).collect();
    assert!(words.iter().all(|one| *one == words[0]), "{words:?}");
    assert_eq!(words[0], AccessError::NoSession.to_string());
}

#[test]
fn a_damaged_file_changes_nothing_until_it_is_whole_again() {
    let (folder, path) = place();
    let text = issue(&path, "p-1", Role::Observer).secret.token_text();
    let mut tokens = Tokens::load(&path).unwrap();
    let whole = fs::read(&path).unwrap();

    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    for _ in 0..2 {
        assert!(matches!(tokens.reload_if_changed(), Err(StoreError::Decode { .. })));
        tokens.authenticate(&text, NOW_S).unwrap();
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(tokens.reload_if_changed().unwrap(), Reload::Reloaded { tokens: 1 });

    fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    assert!(tokens.reload_if_changed().is_err());
    let absent = Tokens::load(&path).unwrap_err();
    assert!(absent.to_string().contains("token issue --file"), "{absent}");
}

#[test]
fn concurrent_runs_lose_no_token() {
    let (_folder, path) = place();
    let (runs, each) = (8, 8);
    let secrets: Vec<String> = thread::scope(|scope| {
        let make = || (0..each).map(|_| issue(&path, "p-1", Role::Observer).secret.token_text());
        let running: Vec<_> = (0..runs).map(|_| scope.spawn(move || make().collect::<Vec<_>>())).collect();
        running.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    let tokens = Tokens::load(&path).unwrap();
    assert_eq!(secrets.len(), runs * each);
    for secret in &secrets {
        tokens.authenticate(secret, NOW_S).unwrap();
    }
}

#[test]
fn limits_are_kept() {
    let (_folder, path) = place();
    let store = TokenStore::new(&path);
    let person = "p-1".parse().unwrap();
    for days in [0, 366] {
        let refused = store.issue(&person, Role::Observer, days, NOW_S).unwrap_err();
        assert!(matches!(refused, StoreError::Days { .. }), "{refused}");
    }
    issue(&path, "p-1", Role::Observer);
    let one = fs::read_to_string(&path).unwrap();
    let (start, entry) = (one.find("[").unwrap(), one.rfind("]").unwrap());
    let body = one[start + 1..entry].trim();

    let twice = format!("{{\"format\":1,\"tokens\":[{body},{body}]}}");
    fs::write(&path, &twice).unwrap();
    assert!(matches!(Tokens::load(&path), Err(StoreError::Twice { .. })));

    let id = store_id(body);
    let full: Vec<_> = (0..10_000).map(|index| body.replace(&id, &format!("{index:010x}"))).collect();
    fs::write(&path, format!("{{\"format\":1,\"tokens\":[{}]}}", full.join(","))).unwrap();
    assert_eq!(store.entries().unwrap().len(), 10_000);
    let refused = store.issue(&person, Role::Observer, 90, NOW_S).unwrap_err();
    assert!(matches!(refused, StoreError::TooMany { .. }), "{refused}");

    // A year after their end they make room.
    let made = store.issue(&person, Role::Observer, 90, NOW_S + (90 + 365) * DAY_S + 1).unwrap();
    assert_eq!(made.forgotten, 10_000);
    assert_eq!(store.entries().unwrap(), [made.entry]);
}

fn store_id(body: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(body).unwrap();
    value["id"].as_str().unwrap().to_owned()
}

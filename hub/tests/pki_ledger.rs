//! The ledger loses nothing: not to a torn write, not to a second run, not to an old backup; and the authority refuses
//! what it could not stand for.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use strongroom_hub::pki::files::FileError;
use strongroom_hub::pki::{
    Authority, Holder, Listing, PkiError, Reason, SigningError, State, Subject, Target,
};
use tempfile::TempDir;

const NOW_S: i64 = 1_800_000_000;
const DAY_S: i64 = 86_400;

fn init(folder: &Path) -> Result<Authority, PkiError> {
    Authority::init(folder, &"haus-a".parse().unwrap(), 10, 30, NOW_S)
}

fn authority() -> (TempDir, Authority) {
    let folder = tempfile::tempdir().unwrap();
    let authority = init(folder.path()).unwrap();
    (folder, authority)
}

fn edge(name: &str) -> Subject {
    Subject::Edge(name.parse().unwrap())
}

fn holder(name: &str) -> Target {
    Target::Holder(Holder::Edge(name.parse().unwrap()))
}

fn list(folder: &Path) -> Listing {
    Listing::read(folder, NOW_S).unwrap()
}

fn refused<T>(outcome: Result<T, PkiError>) -> PkiError {
    match outcome {
        Err(error) => error,
        Ok(_) => panic!("expected a refusal"),
    }
}

#[test]
fn an_existing_authority_is_never_overwritten() {
    let (folder, _) = authority();
    let before = fs::read(folder.path().join("ca.key")).unwrap();
    assert!(matches!(refused(init(folder.path())), PkiError::AlreadyThere { .. }));
    assert_eq!(fs::read(folder.path().join("ca.key")).unwrap(), before);

    // Without ca.pem it was never finished, but a key that stands there is still not ours to remove.
    fs::remove_file(folder.path().join("ca.pem")).unwrap();
    let unfinished = refused(init(folder.path()));
    assert!(unfinished.to_string().contains("ca.key"), "{unfinished}");
    assert_eq!(fs::read(folder.path().join("ca.key")).unwrap(), before);
}

#[test]
fn only_the_owner_reads_the_key_and_an_open_one_is_refused() {
    let (folder, _) = authority();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("ca.key"), mode("issued.json")], [0o600, 0o600]);
    assert_eq!([mode("ca.pem"), mode("crl.pem")], [0o644, 0o644]);

    fs::set_permissions(folder.path().join("ca.key"), fs::Permissions::from_mode(0o640)).unwrap();
    let exposed = refused(Authority::open(folder.path()));
    assert!(matches!(exposed, PkiError::File(FileError::Exposed { .. })), "{exposed}");
    assert!(exposed.to_string().contains("chmod 600"), "{exposed}");
}

#[test]
fn a_torn_write_leaves_the_ledger_as_it_was() {
    let (folder, authority) = authority();
    authority.issue(&edge("a"), 10, None, NOW_S).unwrap();
    // What a power cut leaves: the temporary file, half written, never renamed.
    let whole = fs::read(folder.path().join("issued.json")).unwrap();
    fs::write(folder.path().join(".issued.json.new"), &whole[..whole.len() / 2]).unwrap();
    fs::write(folder.path().join(".crl.pem.new"), "-----BEGIN").unwrap();

    assert_eq!(list(folder.path()).certificates.len(), 1);
    let reopened = Authority::open(folder.path()).unwrap();
    reopened.issue(&edge("b"), 10, None, NOW_S).unwrap();
    reopened.revoke(&holder("a"), Reason::KeyCompromise, NOW_S).unwrap();
    let states: Vec<_> = list(folder.path()).certificates.iter().map(|line| line.state).collect();
    assert_eq!(states, [State::Revoked, State::Live]);
    assert!(!folder.path().join(".issued.json.new").exists());
}

#[test]
fn a_damaged_ledger_stops_everything_instead_of_starting_anew() {
    let (folder, authority) = authority();
    fs::write(folder.path().join("issued.json"), "{\"format\":1,").unwrap();
    let damaged = refused(authority.issue(&edge("a"), 10, None, NOW_S));
    assert!(matches!(damaged, PkiError::Ledger { .. }), "{damaged}");
    fs::write(
        folder.path().join("issued.json"),
        r#"{"format":2,"site":"haus-a","crl_number":1,"crl_days":30,"certificates":[]}"#,
    )
    .unwrap();
    assert!(matches!(refused(authority.renew_crl(None, NOW_S)), PkiError::LedgerFormat { .. }));
}

#[test]
fn a_list_that_was_not_written_is_caught_up_by_the_next_change() {
    let (folder, authority) = authority();
    authority.issue(&edge("a"), 10, None, NOW_S).unwrap();
    let old_list = fs::read(folder.path().join("crl.pem")).unwrap();
    authority.revoke(&holder("a"), Reason::KeyCompromise, NOW_S).unwrap();
    // A run that was cut off after the ledger and before the list.
    fs::write(folder.path().join("crl.pem"), old_list).unwrap();
    assert!(list(folder.path()).crl_behind);

    let again = authority.revoke(&holder("a"), Reason::KeyCompromise, NOW_S).unwrap();
    assert!(again.newly.is_empty());
    let caught_up = list(folder.path());
    assert!(!caught_up.crl_behind);
    assert_eq!(caught_up.crl.map(|crl| (crl.number, crl.revoked)), Some((2, 1)));
}

#[test]
fn a_missing_list_is_written_anew() {
    let (folder, authority) = authority();
    fs::remove_file(folder.path().join("crl.pem")).unwrap();
    assert!(list(folder.path()).crl_behind);
    authority.issue(&edge("a"), 10, None, NOW_S).unwrap();
    assert_eq!(list(folder.path()).crl.map(|crl| crl.number), Some(1));
}

#[test]
fn an_old_ledger_beside_a_newer_list_would_forget_revocations_and_is_refused() {
    let (folder, authority) = authority();
    authority.issue(&edge("a"), 10, None, NOW_S).unwrap();
    let old_ledger = fs::read(folder.path().join("issued.json")).unwrap();
    authority.revoke(&holder("a"), Reason::KeyCompromise, NOW_S).unwrap();
    let list_before = fs::read(folder.path().join("crl.pem")).unwrap();
    fs::write(folder.path().join("issued.json"), old_ledger).unwrap();

    let outcome = refused(authority.renew_crl(None, NOW_S));
    assert!(matches!(outcome, PkiError::LedgerOlderThanList { list: 2, ledger: 1, .. }), "{outcome}");
    assert_eq!(fs::read(folder.path().join("crl.pem")).unwrap(), list_before);
}

#[test]
fn concurrent_runs_lose_no_entry() {
    let (folder, _) = authority();
    let (runs, each) = (8, 6);
    thread::scope(|scope| {
        for run in 0..runs {
            let path = folder.path();
            scope.spawn(move || {
                let authority = Authority::open(path).unwrap();
                for turn in 0..each {
                    authority.issue(&edge(&format!("e{run}-{turn}")), 10, None, NOW_S).unwrap();
                }
                authority.revoke(&holder(&format!("e{run}-0")), Reason::Superseded, NOW_S).unwrap();
            });
        }
    });
    let listing = list(folder.path());
    let serials: HashSet<_> = listing.certificates.iter().map(|line| line.entry.serial).collect();
    assert_eq!(serials.len(), runs * each);
    let crl = listing.crl.unwrap();
    assert_eq!((crl.number, crl.revoked), (1 + runs as u64, runs));
}

#[test]
fn two_inits_at_once_make_one_authority() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let made = thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(move || init(path).is_ok())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).filter(|made| *made).count()
    });
    assert_eq!(made, 1);
    Authority::open(path).unwrap().issue(&edge("a"), 10, None, NOW_S).unwrap();
}

#[test]
fn a_key_of_another_authority_is_noticed() {
    let (folder, _) = authority();
    let (other, _) = authority();
    fs::copy(other.path().join("ca.key"), folder.path().join("ca.key")).unwrap();
    let foreign = refused(Authority::open(folder.path()));
    assert!(matches!(foreign, PkiError::Signing(SigningError::ForeignKey)), "{foreign}");
    let nothing = tempfile::tempdir().unwrap();
    let absent = refused(Authority::open(nothing.path()));
    assert!(absent.to_string().contains("pki init"), "{absent}");
}

#[test]
fn limits_are_refused_and_leave_no_trace() {
    let (folder, authority) = authority();
    let issue = |subject: &Subject, days, now_s| refused(authority.issue(subject, days, None, now_s));
    assert!(matches!(issue(&edge("a"), 0, NOW_S), PkiError::OutOfRange { given: 0, .. }));
    assert!(matches!(issue(&edge("a"), 1_096, NOW_S), PkiError::OutOfRange { .. }));
    let late = NOW_S + 10 * 365 * DAY_S - 5 * DAY_S;
    assert!(matches!(issue(&edge("a"), 6, late), PkiError::OutlivesAuthority { .. }));
    let nameless = Subject::Server { name: "hub".parse().unwrap(), dns: vec![], ips: vec![] };
    assert!(matches!(issue(&nameless, 10, NOW_S), PkiError::ServerNames { .. }));
    assert!(matches!(refused(authority.renew_crl(Some(0), NOW_S)), PkiError::OutOfRange { .. }));
    let unknown = refused(authority.revoke(&holder("nobody"), Reason::Unspecified, NOW_S));
    assert!(unknown.to_string().contains("edge/nobody"), "{unknown}");
    assert!(list(folder.path()).certificates.is_empty());
    assert_eq!(list(folder.path()).crl.map(|crl| crl.number), Some(1));
}

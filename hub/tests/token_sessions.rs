//! Browser sessions end: unused, too old, signed out, displaced, or because the token behind them did.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use strongroom_hub::access::sessions::{
    IDLE_MAX_S, LIFE_MAX_S, SESSIONS_MAX, SESSIONS_PER_TOKEN_MAX, Sessions,
};
use strongroom_hub::access::{AccessError, Principal, Role, Secret, TokenStore, Tokens};

fn principal(token: usize) -> Principal {
    Principal {
        person: format!("p-{token}").parse().unwrap(),
        role: Role::Supervisor,
        token_id: format!("{token:010x}").parse().unwrap(),
    }
}

fn open(sessions: &mut Sessions, token: usize, now_s: i64) -> (String, Option<Principal>) {
    let secret = Secret::generate().unwrap();
    let displaced = sessions.open(&secret, principal(token), now_s);
    (secret.text(), displaced)
}

#[test]
fn a_cookie_finds_its_principal_and_no_other_text_does() {
    let mut sessions = Sessions::new();
    let (cookie, _) = open(&mut sessions, 1, 0);
    let (other, _) = open(&mut sessions, 2, 0);
    assert_eq!(sessions.find(&cookie, 1), Ok(&principal(1)));
    assert_eq!(sessions.find(&other, 1), Ok(&principal(2)));
    let stranger = Secret::generate().unwrap().text();
    assert_eq!(sessions.find(&stranger, 1), Err(AccessError::NoSession));
    assert_eq!(sessions.find("", 1), Err(AccessError::Malformed));
    assert!(!format!("{sessions:?}").contains(&cookie));
}

#[test]
fn an_unused_session_ends_and_a_used_one_lives_until_its_longest_life() {
    let mut sessions = Sessions::new();
    let (idle, _) = open(&mut sessions, 1, 0);
    let (used, _) = open(&mut sessions, 2, 0);
    for now_s in (0..LIFE_MAX_S).step_by(usize::try_from(IDLE_MAX_S - 1).unwrap()) {
        sessions.find(&used, now_s).unwrap();
    }
    sessions.find(&used, LIFE_MAX_S - 1).unwrap();
    assert_eq!(sessions.find(&idle, IDLE_MAX_S), Err(AccessError::NoSession));
    assert_eq!(sessions.find(&used, LIFE_MAX_S), Err(AccessError::NoSession));
    assert!(sessions.is_empty());
}

#[test]
fn the_timer_ends_what_nobody_asks_for() {
    let mut sessions = Sessions::new();
    open(&mut sessions, 1, 0);
    open(&mut sessions, 2, 60);
    assert_eq!(sessions.sweep(IDLE_MAX_S - 1), 0);
    assert_eq!(sessions.sweep(IDLE_MAX_S), 1);
    assert_eq!(sessions.len(), 1);
}

#[test]
fn signing_out_ends_the_one_session() {
    let mut sessions = Sessions::new();
    let (cookie, _) = open(&mut sessions, 1, 0);
    let (other, _) = open(&mut sessions, 1, 0);
    assert_eq!(sessions.sign_out(&cookie), Some(principal(1)));
    assert_eq!(sessions.sign_out(&cookie), None);
    assert_eq!(sessions.find(&cookie, 1), Err(AccessError::NoSession));
    sessions.find(&other, 1).unwrap();
}

#[test]
fn the_oldest_session_makes_room_and_one_token_displaces_only_its_own() {
    let mut sessions = Sessions::new();
    let (oldest, _) = open(&mut sessions, 0, 0);
    let (greedy, _) = open(&mut sessions, 1, 0);
    for _ in 1..SESSIONS_PER_TOKEN_MAX {
        assert_eq!(open(&mut sessions, 1, 0).1, None);
    }
    assert_eq!(open(&mut sessions, 1, 0).1, Some(principal(1)));
    assert_eq!(sessions.find(&greedy, 0), Err(AccessError::NoSession));
    sessions.find(&oldest, 0).unwrap();

    for token in 2..=(SESSIONS_MAX - sessions.len() + 1) {
        assert_eq!(open(&mut sessions, token, 0).1, None);
    }
    assert_eq!(sessions.len(), SESSIONS_MAX);
    assert_eq!(open(&mut sessions, 9_999, 0).1, Some(principal(0)));
    assert_eq!(sessions.len(), SESSIONS_MAX);
    assert_eq!(sessions.find(&oldest, 0), Err(AccessError::NoSession));
}

#[test]
fn sessions_end_with_the_token_behind_them() {
    const NOW_S: i64 = 1_800_000_000;
    let folder = tempfile::tempdir().unwrap();
    let store = TokenStore::new(&folder.path().join("tokens.json"));
    let issue = |days| store.issue(&"p-1".parse().unwrap(), Role::Observer, days, NOW_S).unwrap();
    let (revoked, short, kept) = (issue(90), issue(1), issue(90));
    let mut tokens = Tokens::load(store.path()).unwrap();
    let mut sessions = Sessions::new();
    let cookies: Vec<_> = [&revoked, &short, &kept]
        .map(|new| {
            let cookie = Secret::generate().unwrap();
            let principal = tokens.authenticate(&new.secret.token_text(), NOW_S).unwrap();
            sessions.open(&cookie, principal, 0);
            cookie.text()
        })
        .into();

    store.revoke(&revoked.entry.id, NOW_S).unwrap();
    tokens.reload_if_changed().unwrap();
    assert_eq!(sessions.keep_only(|principal| tokens.vouches_for(principal, NOW_S)), 1);
    assert_eq!(sessions.find(&cookies[0], 1), Err(AccessError::NoSession));
    assert_eq!(sessions.keep_only(|principal| tokens.vouches_for(principal, NOW_S + 2 * 86_400)), 1);
    assert_eq!(sessions.find(&cookies[1], 1), Err(AccessError::NoSession));
    sessions.find(&cookies[2], 1).unwrap();
}

#[test]
fn a_session_does_not_keep_a_role_that_was_taken_away() {
    const NOW_S: i64 = 1_800_000_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let new = TokenStore::new(&path).issue(&"p-1".parse().unwrap(), Role::Supervisor, 90, NOW_S).unwrap();
    let mut tokens = Tokens::load(&path).unwrap();
    let principal = tokens.authenticate(&new.secret.token_text(), NOW_S).unwrap();

    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("supervisor", "observer")).unwrap();
    tokens.reload_if_changed().unwrap();
    assert!(!tokens.vouches_for(&principal, NOW_S));
}

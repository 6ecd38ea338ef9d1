//! Who gets in: the right certificate, the right token, over the TLS that the listener speaks.

use wire::Value;

use crate::mosquitto::{As, Publisher};
use crate::rig::{Rig, Secret, only, until};

const TOPIC: &str = "sr/field/window-7/state";
const OPEN: [&str; 6] = ["-q", "1", "-t", TOPIC, "-m", "open"];

fn with_token(listener: &str, secret: &Secret) -> String {
    format!(
        "[[devices]]\nid = \"window-7\"\nprofile = \"plain.toml\"\nlistener = \"{listener}\"\n{}\n",
        secret.line
    )
}

/// The client's message arrives, and the client hears so.
async fn is_heard(rig: &mut Rig, mut client: Publisher) {
    let (device, samples) = rig.values().await;
    assert_eq!((device, only(&samples)), (0, Value::Integer(1)));
    assert!(client.ended().await.success());
}

#[tokio::test]
async fn a_certificate_is_enough() {
    let entry = "[[devices]]\nid = \"window-7\"\nprofile = \"plain.toml\"\nlistener = \"field\"\n\
                 certificate_id = \"spiffe://site/device/w7\"\n";
    let mut rig = Rig::start(entry).await;
    rig.authority.device("w7");
    rig.authority.device("w8");
    let client = Publisher::start(&rig, "field", As::Certificate("w7"), &OPEN);
    is_heard(&mut rig, client).await;
    let mut foreign = Publisher::start(&rig, "field", As::Certificate("w8"), &OPEN);
    assert!(!foreign.ended().await.success());
    assert_eq!(rig.count("gate_refused_total{reason=\"unknown_certificate\"}"), 1);
    let mut nobody = Publisher::start(&rig, "field", As::Nobody, &OPEN);
    assert!(!nobody.ended().await.success());
    assert_eq!(rig.count("gate_refused_total{reason=\"login_missing\"}"), 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_token_is_enough_and_a_wrong_one_makes_its_origin_wait() {
    let secret = Secret::new();
    let mut rig = Rig::start(&with_token("field", &secret)).await;
    let client = Publisher::start(&rig, "field", As::Login("window-7", &secret.password), &OPEN);
    is_heard(&mut rig, client).await;
    let mut wrong = Publisher::start(&rig, "field", As::Login("window-7", "wrong"), &OPEN);
    assert!(!wrong.ended().await.success());
    assert_eq!(rig.count("gate_refused_total{reason=\"login_wrong\"}"), 1);
    // From the same address it is not heard at once, and gets in when it has waited.
    let deadline = std::time::Instant::now() + crate::rig::PATIENCE;
    loop {
        let mut right = Publisher::start(&rig, "field", As::Login("window-7", &secret.password), &OPEN);
        tokio::select! {
            (_, samples) = rig.values() => {
                assert_eq!(only(&samples), Value::Integer(1));
                break;
            }
            status = right.ended() => assert!(!status.success() && std::time::Instant::now() < deadline),
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn an_old_tls_is_spoken_where_the_listener_says_so_and_nowhere_else() {
    let secret = Secret::new();
    let mut rig = Rig::start(&with_token("old", &secret)).await;
    let who = As::Login("window-7", &secret.password);
    let client = Publisher::start_with_old_tls(&rig, "old", who, &OPEN);
    is_heard(&mut rig, client).await;
    let mut refused = Publisher::start_with_old_tls(&rig, "field", who, &OPEN);
    assert!(!refused.ended().await.success());
    until("it is counted", || rig.count("gate_refused_total{reason=\"handshake_failed\"}") > 0).await;
    let mut elsewhere = Publisher::start(&rig, "field", who, &OPEN);
    assert!(!elsewhere.ended().await.success(), "a device is known at its own listener only");
    rig.stop().await;
}

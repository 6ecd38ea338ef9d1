//! A device speaks in its own topics only, whoever it is.

use wire::Value;

use crate::mosquitto::{As, Publisher};
use crate::rig::{Rig, Secret, only};

fn two(first: &Secret, second: &Secret) -> String {
    format!(
        "[[devices]]\nid = \"window-7\"\nprofile = \"plain.toml\"\nlistener = \"field\"\n{}\n\
         [[devices]]\nid = \"window-8\"\nprofile = \"plain.toml\"\nlistener = \"field\"\n{}\n\
         topics = [\"factory/hall-2/state\"]\nretain = \"ignore\"\n",
        first.line, second.line
    )
}

#[tokio::test]
async fn the_topics_of_another_device_end_the_session() {
    let (own, other) = (Secret::new(), Secret::new());
    let mut rig = Rig::start(&two(&own, &other)).await;
    let who = As::Login("window-7", &own.password);
    for topic in ["sr/field/window-8/state", "factory/hall-2/state", "sr/field/window-7", "other"] {
        let refused = rig.count("gate_refused_total{reason=\"foreign_topic\"}");
        let mut client = Publisher::start(&rig, "field", who, &["-q", "1", "-t", topic, "-m", "open"]);
        crate::rig::until("it is refused", || {
            rig.count("gate_refused_total{reason=\"foreign_topic\"}") > refused
        })
        .await;
        client.kill();
        assert!(matches!(rig.failure().await, (0, _)), "its own connection has broken");
    }
    let topic = "sr/field/window-7/state";
    let mut client = Publisher::start(&rig, "field", who, &["-q", "1", "-t", topic, "-m", "open"]);
    let (device, samples) = rig.values().await;
    assert_eq!((device, only(&samples)), (0, Value::Integer(1)));
    assert!(client.ended().await.success());
    rig.stop().await;
}

#[tokio::test]
async fn listed_topics_are_a_devices_own_and_a_retained_message_is_taken_where_that_is_allowed() {
    let (own, other) = (Secret::new(), Secret::new());
    let mut rig = Rig::start(&two(&own, &other)).await;
    let who = As::Login("window-8", &other.password);
    let mut client =
        Publisher::start(&rig, "field", who, &["-q", "1", "-r", "-t", "factory/hall-2/state", "-m", "cut"]);
    let (device, samples) = rig.values().await;
    assert_eq!((device, only(&samples)), (1, Value::Integer(3)));
    assert!(client.ended().await.success());
    let who = As::Login("window-7", &own.password);
    let _client = Publisher::start(
        &rig,
        "field",
        who,
        &["-q", "1", "-r", "-t", "sr/field/window-7/state", "-m", "cut"],
    );
    crate::rig::until("it is refused", || rig.count("gate_refused_total{reason=\"retained\"}") > 0).await;
    rig.stop().await;
}

//! What a device says by dying.

use strongroom_edge::field::ScanFailure;
use wire::{Marks, Value};

use crate::mosquitto::{As, Publisher};
use crate::rig::{Rig, Secret, only};
use crate::sparkplug_bytes::{INT32, Metric, bd_seq, payload};

#[tokio::test]
async fn the_will_of_a_device_that_is_killed_comes_behind_its_last_words() {
    let secret = Secret::new();
    let entry = format!(
        "[[devices]]\nid = \"window-7\"\nprofile = \"plain.toml\"\nlistener = \"field\"\n{}\n",
        secret.line
    );
    let mut rig = Rig::start(&entry).await;
    let topic = "sr/field/window-7/state";
    let arguments =
        ["-l", "-q", "1", "-t", topic, "--will-topic", topic, "--will-payload", "cut", "--will-qos", "1"];
    let mut client = Publisher::start(&rig, "field", As::Login("window-7", &secret.password), &arguments);
    client.say("open\n");
    assert_eq!(only(&rig.values().await.1), Value::Integer(1));
    client.kill();
    assert_eq!(only(&rig.values().await.1), Value::Integer(3), "the will");
    assert!(matches!(rig.failure().await, (0, ScanFailure::Disconnected)));
    let back = ["-l", "-q", "1", "-t", topic];
    let mut client = Publisher::start(&rig, "field", As::Login("window-7", &secret.password), &back);
    assert!(matches!(rig.failure().await, (0, ScanFailure::Returned)), "it is there before it speaks");
    client.say("open\n");
    assert_eq!(only(&rig.values().await.1), Value::Integer(1));
    rig.stop().await;
}

#[tokio::test]
async fn a_node_of_sparkplug_that_is_killed_is_gone_at_once() {
    let secret = Secret::new();
    let entry = format!(
        "[[devices]]\nid = \"window-7\"\nprofile = \"sparkplug.toml\"\nlistener = \"field\"\n{}\n\
         sparkplug = {{ group = \"g\", node = \"n\" }}\n",
        secret.line
    );
    let mut rig = Rig::start(&entry).await;
    let file = rig.authority.path("birth");
    let contact = Metric::new().name("Inputs/Contact").datatype(INT32).int(1);
    std::fs::write(&file, payload(Some(0), &[bd_seq(9), contact])).unwrap();
    let who = As::Login("window-7", &secret.password);
    let birth = ["-q", "0", "-t", "spBv1.0/g/NBIRTH/n", "-f", file.to_str().unwrap()];
    let mut client = Publisher::start(&rig, "field", who, &birth);
    let samples = rig.values().await.1;
    assert_eq!((only(&samples), samples[0].marks), (Value::Integer(1), Marks::NONE));
    assert!(client.ended().await.success());

    // A death that belongs to no life is refused; only a payload of text can be a will of this client.
    let will = ["--will-topic", "spBv1.0/g/NDEATH/n", "--will-payload", "x", "-l", "-t", "spBv1.0/g/NDATA/n"];
    let mut client = Publisher::start(&rig, "field", who, &will);
    crate::rig::until("it is connected", || rig.count("gate_sessions") == 1).await;
    client.kill();
    assert!(matches!(rig.failure().await, (0, ScanFailure::Disconnected)));
    assert_eq!(rig.count("edge_messages_rejected_total{device=\"window-7\",reason=\"protobuf\"}"), 1);

    let file = rig.authority.path("death");
    std::fs::write(&file, payload(None, &[bd_seq(9)])).unwrap();
    let death = ["-q", "1", "-t", "spBv1.0/g/NDEATH/n", "-f", file.to_str().unwrap()];
    let mut client = Publisher::start(&rig, "field", who, &death);
    assert!(matches!(rig.failure().await, (0, ScanFailure::Returned)));
    assert!(matches!(rig.failure().await, (0, ScanFailure::Gone)));
    assert!(client.ended().await.success());
    rig.stop().await;
}

//! A device that connects, speaks and takes its leave is not lost: only its silence is counted, and not here.

use wire::Value;

use crate::mosquitto::{As, Publisher};
use crate::rig::{Rig, Secret, only, until};

#[tokio::test]
async fn a_polite_end_is_no_failure() {
    let secret = Secret::new();
    let entry = format!(
        "[[devices]]\nid = \"window-7\"\nprofile = \"plain.toml\"\nlistener = \"field\"\n{}\n",
        secret.line
    );
    let mut rig = Rig::start(&entry).await;
    for (said, value) in [("open", 1), ("closed", 0), ("cut", 3)] {
        let arguments = ["-q", "1", "-t", "sr/field/window-7/state", "-m", said];
        let mut client = Publisher::start(&rig, "field", As::Login("window-7", &secret.password), &arguments);
        let scan = rig.scan().await;
        assert_eq!(only(&scan.outcome.expect("a failure came between")), Value::Integer(value));
        scan.receipt.expect("the client waits").confirm.expect("it waits").durable();
        assert!(client.ended().await.success());
        until("the session is over", || rig.count("gate_sessions") == 0).await;
    }
    rig.stop().await;
}

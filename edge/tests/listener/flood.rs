//! A device that floods is slowed down alone.

use crate::mosquitto::{As, Publisher};
use crate::rig::{Rig, Secret};

const LINES: usize = 5_000;

#[tokio::test]
async fn the_flood_of_one_device_does_not_delay_another() {
    let (flood, quiet) = (Secret::new(), Secret::new());
    let entries = format!(
        "[[devices]]\nid = \"flood\"\nprofile = \"plain.toml\"\nlistener = \"field\"\n{}\n\
         messages_per_second = 50\nburst = 20\n\
         [[devices]]\nid = \"quiet\"\nprofile = \"plain.toml\"\nlistener = \"field\"\n{}\n",
        flood.line, quiet.line
    );
    let mut rig = Rig::start(&entries).await;
    let arguments = ["-l", "-q", "0", "-t", "sr/field/flood/state"];
    let mut flooding = Publisher::start(&rig, "field", As::Login("flood", &flood.password), &arguments);
    flooding.say(&"open\n".repeat(LINES));
    // The flood has used its burst up.
    for _ in 0..25 {
        assert_eq!(rig.values().await.0, 0);
    }
    let arguments = ["-q", "1", "-t", "sr/field/quiet/state", "-m", "open"];
    let mut client = Publisher::start(&rig, "field", As::Login("quiet", &quiet.password), &arguments);
    let mut flooded = 25;
    while rig.values().await.0 == 0 {
        flooded += 1;
        assert!(flooded < LINES, "the quiet device waited for the whole flood");
    }
    assert!(client.ended().await.success());
    assert!(rig.count("gate_throttled_total") > 0);
    let shown = rig.standing("field").senders;
    assert!(shown[0].throttled > 0 && shown[1].throttled == 0, "{shown:?}");
    drop(flooding);
    rig.stop().await;
}

//! What a listener shows of itself to whoever asks.

use crate::mosquitto::{As, Publisher};
use crate::rig::{Rig, Secret, until};

#[tokio::test]
async fn who_is_there_what_came_and_what_was_turned_away_is_shown() {
    let (secret, other) = (Secret::new(), Secret::new());
    let entry = |id: &str, line: &str| {
        format!("[[devices]]\nid = \"{id}\"\nprofile = \"plain.toml\"\nlistener = \"field\"\n{line}\n")
    };
    let entries = entry("window-7", &secret.line) + &entry("window-8", &other.line);
    let mut rig = Rig::start(&entries).await;
    let who = As::Login("window-7", &secret.password);
    let arguments = ["-l", "-q", "1", "-t", "sr/field/window-7/state"];
    let mut client = Publisher::start(&rig, "field", who, &arguments);
    client.say("open\n\u{1}\n");
    rig.values().await;
    until("what cannot be read is shown", || rig.standing("field").senders[0].rejecting == Some("plain"))
        .await;
    client.say("closed\n");
    rig.values().await;
    let shown = rig.standing("field");
    assert_eq!((shown.name.as_str(), shown.address.port()), ("field", rig.port("field")));
    let [here, absent] = &shown.senders[..] else { panic!("two devices: {shown:?}") };
    assert_eq!((here.id.as_str(), here.connected, here.messages), ("window-7", true, 3));
    assert_eq!((here.rejected, here.rejecting), (1, None), "its last message could be read");
    assert!(here.last_ms.is_some());
    assert_eq!((absent.connected, absent.messages, absent.last_ms), (false, 0, None));
    assert_eq!((shown.rejected.get("plain"), shown.refused.len()), (Some(&1), 0));

    let foreign = ["-q", "1", "-t", "sr/field/window-8/state", "-m", "open"];
    let mut stranger = Publisher::start(&rig, "field", As::Login("window-8", "guessed"), &foreign);
    assert!(!stranger.ended().await.success());
    assert_eq!(rig.standing("field").refused.get("login_wrong"), Some(&1));
    client.kill();
    until("it is gone", || !rig.standing("field").senders[0].connected).await;
    assert!(rig.standing("old").senders.is_empty(), "no device names that listener");
    rig.stop().await;
}

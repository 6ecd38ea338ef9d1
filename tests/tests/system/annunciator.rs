//! The siren of the room sounds without the hub: an alarm of the panel is written to a coil of a libmodbus device.

use strongroom_tests::edge::EdgeSettings;
use strongroom_tests::field::{Field, ROOM};
use strongroom_tests::libmodbus::Libmodbus;
use strongroom_tests::site::Site;
use strongroom_tests::watched_room::{EDGE, WatchedRoom};

const SIREN: u16 = 12;
const LAMP: u16 = 13;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_sounds_while_the_hub_is_down() {
    let site = Site::with_edges(&[EDGE]).await;
    let field = Field::start(site.folder(), site.address, ROOM).await;
    let relays = Libmodbus::tcp(site.folder(), 3).await;
    let settings = EdgeSettings::room(&field).more(&coils(&relays));
    let mut edge = site.real_edge(EDGE, settings);
    edge.start();
    let mut room = WatchedRoom { edge, field, site };
    room.becomes("edge:arming", "unset").await;
    room.field.act("panel-1", "set 12");
    room.becomes("edge:arming", "set").await;
    relays.coil_becomes(SIREN, false).await;

    room.site.hub.kill();
    room.field.set(&["panel-1.zone_state[3]=alarm"]);
    relays.coil_becomes(SIREN, true).await;
    room.field.act("cabinet-1", "disconnect");
    relays.coil_becomes(LAMP, true).await;
    let foreign = relays.written().into_iter().find(|(coil, _)| ![SIREN, LAMP].contains(coil));
    assert_eq!(foreign, None, "only the named coils are written");

    // The hub learns later why it was loud.
    room.site.restart_hub().await;
    room.becomes("panel-1:zone-3", "alarm").await;
    room.edge.stop().await;
    assert_eq!(last(&relays, SIREN), Some(true), "an end of the edge silences nothing");
}

fn last(relays: &Libmodbus, coil: u16) -> Option<bool> {
    relays.written().into_iter().rev().find(|(found, _)| *found == coil).map(|(_, on)| on)
}

fn coils(relays: &Libmodbus) -> String {
    format!(
        r#"[[annunciators]]
id = "horn-1"
address = "{}"
unit = 3
[[annunciators.coils]]
name = "siren"
coil = {SIREN}
on = [{{ kind = "zone.state", states = ["alarm"] }}]
[[annunciators.coils]]
name = "lamp"
coil = {LAMP}
on = [{{ kind = "device.link", states = ["lost"] }}]
"#,
        relays.address()
    )
}

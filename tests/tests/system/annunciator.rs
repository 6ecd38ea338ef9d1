//! The siren of the room sounds without the hub: an alarm of the panel is written to a coil of a libmodbus device,
//! over TCP and on a serial bus.

use strongroom_tests::edge::EdgeSettings;
use strongroom_tests::field::{Field, ROOM};
use strongroom_tests::libmodbus::{self, Libmodbus};
use strongroom_tests::serial::Serial;
use strongroom_tests::site::Site;
use strongroom_tests::wait::until;
use strongroom_tests::watched_room::{EDGE, WatchedRoom};

const SIREN: u16 = 12;
const LAMP: u16 = 13;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_sounds_while_the_hub_is_down() {
    let site = Site::with_edges(&[EDGE]).await;
    let field = Field::start(site.folder(), site.address, ROOM).await;
    let relays = Libmodbus::tcp(site.folder(), 3).await;
    let settings = EdgeSettings::room(&field).more(&coils(&format!("address = \"{}\"", relays.address())));
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

/// The relays are one unit of an RS-485 bus, polled as well, beside one that is dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_siren_on_a_bus_sounds_while_the_hub_is_down_and_a_unit_is_dead() {
    let site = Site::with_edges(&[EDGE]).await;
    let field = Field::start(site.folder(), site.address, ROOM).await;
    let serial = Serial::start();
    let relays = Libmodbus::rtu(site.folder(), 3, &serial.device).await;
    let settings = EdgeSettings::room(&field).more(&on_a_bus(&serial));
    let mut edge = site.real_edge(EDGE, settings);
    edge.file("libmodbus.toml", libmodbus::PROFILE);
    edge.start();
    let mut room = WatchedRoom { edge, field, site };
    room.becomes("edge:arming", "unset").await;
    room.field.act("panel-1", "set 12");
    room.becomes("edge:arming", "set").await;
    room.becomes("relays:handle", "yes").await;
    room.becomes("dead:link", "lost").await;
    relays.coil_becomes(LAMP, true).await;
    relays.coil_becomes(SIREN, false).await;

    room.site.hub.kill();
    room.field.set(&["panel-1.zone_state[3]=alarm"]);
    relays.coil_becomes(SIREN, true).await;
    let foreign = relays.written().into_iter().find(|(coil, _)| ![SIREN, LAMP].contains(coil));
    assert_eq!(foreign, None, "only the named coils are written");

    // A siren that falls silent is shown, and told again when it is back.
    room.site.restart_hub().await;
    relays.falls_silent();
    room.becomes("edge:annunciator", "no").await;
    let before = relays.written().len();
    relays.speaks_again();
    room.becomes("edge:annunciator", "yes").await;
    until("the siren to be told again", async || {
        let written = relays.written();
        if written[before..].contains(&(SIREN, true)) { Ok(()) } else { Err(format!("{written:?}")) }
    })
    .await;
    room.becomes("relays:handle", "yes").await;
    room.edge.stop().await;
}

fn on_a_bus(serial: &Serial) -> String {
    let port = serial.edge.display();
    let device = |id: &str, unit: u8| {
        format!(
            "[[devices]]\nid = \"{id}\"\nprofile = \"libmodbus.toml\"\nbus = \"line\"\nunit = {unit}\n\
             poll_interval = \"250ms\"\ntimeout = \"300ms\"\n"
        )
    };
    let bus = format!("[[buses]]\nid = \"line\"\npath = \"{port}\"\nbaud = 115200\n");
    bus + &device("relays", 3) + &device("dead", 9) + &coils("bus = \"line\"")
}

fn last(relays: &Libmodbus, coil: u16) -> Option<bool> {
    relays.written().into_iter().rev().find(|(found, _)| *found == coil).map(|(_, on)| on)
}

fn coils(place: &str) -> String {
    format!(
        r#"[[annunciators]]
id = "horn-1"
{place}
unit = 3
[[annunciators.coils]]
name = "siren"
coil = {SIREN}
on = [{{ kind = "zone.state", states = ["alarm"] }}]
[[annunciators.coils]]
name = "lamp"
coil = {LAMP}
on = [{{ kind = "device.link", states = ["lost"] }}]
"#
    )
}

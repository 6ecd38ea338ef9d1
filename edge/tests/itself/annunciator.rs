//! The coils of the room follow what is detected, whatever becomes of the hub, the disk and the relay module.

use rustix::process::Signal;

use crate::door::{CLOSED, Door, OPEN};
use crate::process::{Process, program, status_is, until};
use crate::room::{Room, Says};
use crate::siren::Siren;

const SIREN: u16 = 12;
const LAMP: u16 = 13;

fn coils(siren: &Siren, min_on: &str) -> String {
    format!(
        "[[annunciators]]\nid = \"horn\"\naddress = \"{}\"\nunit = 3\n\
         [[annunciators.coils]]\nname = \"siren\"\ncoil = {SIREN}\nmin_on = \"{min_on}\"\n\
         on = [{{ kind = \"door.contact\", states = [\"open\", \"cut\"] }}]\n\
         [[annunciators.coils]]\nname = \"lamp\"\ncoil = {LAMP}\nmin_on = \"100ms\"\n\
         on = [{{ kind = \"edge.storage\", states = [\"no\"] }}]\n",
        siren.address
    )
}

#[tokio::test]
async fn the_room_is_alarmed_without_a_hub_and_without_a_disk() {
    let (room, door, siren) = (Room::new().await, Door::start().await, Siren::start().await);
    // A file where a folder is needed: the spool cannot be opened, and works from memory.
    let says = Says {
        doors: vec![("door-1", door.address)],
        more: coils(&siren, "100ms"),
        spool: Some("ca.pem/spool.redb".to_owned()),
        ..Says::default()
    };
    room.says(&says);
    let (port, config) = (room.status_port, room.config());
    room.listening.close().await;
    let edge = Process::start(&config, &[]);
    siren.shows(LAMP, true).await;
    siren.shows(SIREN, false).await;
    door.stands(OPEN);
    siren.shows(SIREN, true).await;
    let status = status_is(port, "the siren is on", |status| {
        status["annunciators"][0]["coils"][0]["confirmed"] == "on"
    })
    .await;
    assert_eq!(status["spool"]["storage"], "memory");
    assert_eq!(status["uplink"]["connected"], false);
    door.stands(CLOSED);
    siren.shows(SIREN, false).await;
    let foreign = siren.written().into_iter().find(|(coil, _)| ![SIREN, LAMP].contains(coil));
    assert_eq!(foreign, None, "only the named coils are written");
    edge.stop().await;
}

#[tokio::test]
async fn a_relay_module_that_was_away_is_told_again_and_its_absence_is_shown() {
    let (room, door, siren) = (Room::new().await, Door::start().await, Siren::start().await);
    room.says(&Says {
        doors: vec![("door-1", door.address)],
        more: coils(&siren, "100ms"),
        ..Says::default()
    });
    let edge = room.start();
    door.stands(OPEN);
    siren.shows(SIREN, true).await;
    siren.is_away(true);
    let is_ill = |status: &serde_json::Value| status["annunciators"][0]["well"] == false;
    let status = status_is(room.status_port, "the absence is shown", is_ill).await;
    assert_eq!(status["well"], false);
    until("the hub learns of it", async || {
        room.hub.memory().heartbeats.iter().any(|heartbeat| {
            heartbeat.health.as_ref().is_some_and(|health| health.annunciators_well == Some(false))
        })
    })
    .await;
    let before = siren.written().len();
    siren.is_away(false);
    until("the siren is told again", async || siren.written()[before..].contains(&(SIREN, true))).await;
    let is_well = |status: &serde_json::Value| status["annunciators"][0]["well"] == true;
    status_is(room.status_port, "it is well again", is_well).await;
    edge.stop().await;
}

#[tokio::test]
async fn neither_an_end_nor_a_start_in_the_middle_of_an_alarm_silences_it() {
    let (room, door, siren) = (Room::new().await, Door::start().await, Siren::start().await);
    room.says(&Says {
        doors: vec![("door-1", door.address)],
        more: coils(&siren, "100ms"),
        ..Says::default()
    });
    let edge = room.start();
    door.stands(OPEN);
    siren.shows(SIREN, true).await;
    edge.stop().await;
    let before = siren.written().len();
    let edge = room.start();
    until("the siren is told again", async || siren.written()[before..].contains(&(SIREN, true))).await;
    edge.stop().await;
    let off = siren.written()[before..].contains(&(SIREN, false));
    assert!(!off, "it was never switched off: {:?}", siren.written());
}

#[tokio::test]
async fn a_reload_sounds_no_siren_again_that_fell_silent_and_silences_none() {
    let (room, door, siren) = (Room::new().await, Door::start().await, Siren::start().await);
    let lamp = "on = [{ kind = \"edge.storage\", states = [\"no\"] }]";
    let more = coils(&siren, "100ms").replacen("min_on", "max_on = \"1s\"\nmin_on", 1);
    let more = more.replace(lamp, "on = [{ kind = \"door.contact\", states = [\"open\"] }]");
    let says = Says { doors: vec![("door-1", door.address)], more, ..Says::default() };
    room.says(&says);
    let edge = room.start();
    siren.shows(SIREN, false).await;
    door.stands(OPEN);
    siren.shows(SIREN, true).await;
    siren.shows(SIREN, false).await;
    siren.shows(LAMP, true).await;

    let other = Door::start().await;
    let before = siren.written().len();
    // All points get other numbers.
    room.says(&Says { doors: vec![("door-0", other.address), ("door-1", door.address)], ..says });
    edge.signal(Signal::HUP);
    status_is(room.status_port, "the reload", |status| status["config"]["reloads_taken"] == 1).await;
    let lamps = || siren.written()[before..].iter().filter(|write| **write == (LAMP, true)).count();
    until("the coils were written by the new stages and again", async || lamps() >= 2).await;
    let written = siren.written().split_off(before);
    assert!(!written.contains(&(SIREN, true)), "it sounds again: {written:?}");
    assert!(!written.contains(&(LAMP, false)), "it went out: {written:?}");
    other.stands(OPEN);
    siren.shows(SIREN, true).await;
    edge.stop().await;
}

#[tokio::test]
async fn duress_is_never_mapped_to_a_coil() {
    let (room, door, siren) = (Room::new().await, Door::start().await, Siren::start().await);
    let more = coils(&siren, "1s")
        + "[[annunciators.coils]]\nname = \"a\"\ncoil = 1\non = [{ kind = \"cabinet.duress\" }]\n\
           [[annunciators.coils]]\nname = \"b\"\ncoil = 2\non = [{ kind = \"door.access\", states = [\"duress\"] }]\n\
           [[annunciators.coils]]\nname = \"c\"\ncoil = 13\non = [{ kind = \"door.contact\", states = [\"ajar\"] }]\n\
           [[annunciators.coils]]\nname = \"d\"\ncoil = 4\non = [{ kind = \"cabinet.tamper\" }]\n";
    room.says(&Says { doors: vec![("door-1", door.address)], more, ..Says::default() });
    let checked = program().args(["check", "--config"]).arg(room.config()).output().unwrap();
    let said = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(2), "{said}");
    for part in ["cabinet.duress is silent", "`duress` is silent", "no state `ajar`"] {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
}

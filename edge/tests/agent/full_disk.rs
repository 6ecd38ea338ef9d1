//! A full disk: the agent goes on observing and reporting, from memory, and nothing that it sees is lost to the edge.

use std::fs;

use crate::room::{By, Room, eventually};
use crate::small_disk::SmallDisk;

/// Just large enough for the smallest buffer.
const DISK_KIB: u32 = 300;

#[test]
fn an_agent_on_a_full_disk_reports_on_and_keeps_again_what_there_is_room_for() {
    let mut room = Room::new(By::Certificate);
    fs::create_dir(room.path("buffer")).unwrap();
    let Some(disk) = SmallDisk::mount(&room.path("buffer"), DISK_KIB) else { return };
    room.start_agent();
    eventually("the agent has begun", || room.is_kept("agent_start"));
    let filler = disk.fill();
    let noise = "x".repeat(200);
    // What is left of the last page is soon gone.
    for number in 0..30 {
        room.plug(&format!("1-{number}"), &format!("S{number}{noise}"));
    }
    eventually("the disk takes no more", || room.log().contains("reports are kept in memory only"));
    assert!(room.log().contains("No space left on device"), "{}", room.log());
    room.plug("2-1", "60A4");

    room.broker.start();
    let told = |room: &Room, serial: &str| {
        let inserts = room.as_an_edge_sees_it();
        inserts
            .iter()
            .filter(|line| line.contains("insert") && line.contains(&format!("serial={serial}")))
            .count()
    };
    eventually("the stick is told", || told(&room, "60A4 ") == 1);
    for number in 0..30 {
        assert_eq!(told(&room, &format!("S{number}x")), 1, "{number}");
    }

    fs::remove_file(filler).unwrap();
    eventually("the disk is used again", || room.log().contains("reports are kept on the disk again"));
    room.plug("2-2", "T1");
    eventually("the next stick is on the disk", || room.is_kept("\"T1\""));
    assert_eq!(room.stop_agent().code(), Some(0));
}

#[test]
fn what_memory_could_not_hold_is_said() {
    let mut room = Room::new(By::Certificate);
    fs::create_dir(room.path("buffer")).unwrap();
    let Some(disk) = SmallDisk::mount(&room.path("buffer"), DISK_KIB) else { return };
    room.start_agent();
    eventually("the agent has begun", || room.is_kept("agent_start"));
    disk.fill();
    room.kill_agent();
    room.beat_every("100ms");
    // Long lists make long heartbeats.
    for number in 0..60 {
        room.plug(&format!("1-{number}"), &format!("S{number}{}", "x".repeat(240)));
    }
    room.start_agent();
    eventually("memory is full", || room.log().contains("the buffer was full"));
    room.broker.start();
    eventually("it is said", || room.events().contains(&"buffer_dropped".to_owned()));
    assert_eq!(room.stop_agent().code(), Some(0));
}

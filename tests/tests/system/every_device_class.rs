//! One edge with a device of every class: what each says arrives, and what falls silent is never shown as normal while
//! the others are.

use rustix::process::Signal;
use strongroom_tests::full_room::FullRoom;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_class_is_heard_and_each_silence_is_seen() {
    let mut room = FullRoom::start().await;
    for (point, value) in [
        ("panel-1:tamper", "no"),
        ("cabinet-1:bolt", "extended"),
        ("door-7:tamper", "no"),
        ("door-7:supply", "12.34"),
        ("window-1:glass-break", "no"),
        ("window-1:shock", "12"),
        ("desk-1:power", "yes"),
    ] {
        room.becomes(point, value).await;
    }

    // A change of each.
    room.field.set(&["door-1.handle=on"]);
    room.event("door-1:handle", "yes").await;
    room.on_the_line.turn_over();
    room.event("door-7:handle", "no").await;
    room.window.stands("tilted");
    room.event("window-1:contact", "open").await;
    room.agent.plug("1-2", "60A4");
    room.event("desk-1:media", "insert usb 0951").await;
    let changed = [
        ("door-1:handle", "yes"),
        ("door-7:handle", "no"),
        ("window-1:contact", "open"),
        ("desk-1:agent", "online"),
    ];
    for (point, value) in changed {
        room.becomes(point, value).await;
    }

    // One after the other is gone, each in its own way; the last value stays and is not believed.
    for (gone, (point, value)) in changed.into_iter().enumerate() {
        match gone {
            0 => room.field.act("door-1", "disconnect"),
            1 => room.on_the_line.falls_silent(),
            2 => room.window.falls_silent(),
            _ => room.agent.kill(),
        }
        let found = room.is_disbelieved(point).await;
        if point != "desk-1:agent" {
            assert_eq!(found["text"], value, "{found}");
        }
        for (point, value) in &changed[gone + 1..] {
            room.becomes(point, value).await;
        }
        room.becomes("cabinet-1:bolt", "extended").await;
        for (point, _) in &changed[..=gone] {
            let found = room.is_disbelieved(point).await;
            assert_ne!(found["quality"], "good", "{found}");
        }
    }
    for device in ["door-1", "door-7", "window-1", "desk-1"] {
        room.event(&format!("{device}:link"), "lost").await;
    }

    // Back again, with the state of now.
    room.field.act("door-1", "restore");
    room.becomes("door-1:handle", "yes").await;
    room.on_the_line.speaks_again();
    room.becomes("door-7:handle", "no").await;
    room.restart_window();
    room.becomes("window-1:contact", "closed").await;
    room.edge.process().signal(Signal::TERM);
    assert!(room.edge.process().ended().await.success());
}

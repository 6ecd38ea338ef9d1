//! One look at a system, sound, strange or full of garbage.

use std::process::Command;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value as Json, json};

use super::*;
use crate::agent::config::KnownMedia;
use crate::field::report::format::Level;

fn shown(tree: &Tree) -> Json {
    serde_json::to_value(tree.observe()).unwrap()
}

#[test]
fn media_are_found_by_their_class_and_looked_up_in_the_register() {
    let mut tree = Tree::new();
    assert_eq!(shown(&tree)["media"], json!([]));
    tree.usb("1-2", "60A4", "08");
    tree.usb("1-3", "KEYBOARD", "03");
    tree.usb("1-4.1", "PHONE", "06");
    tree.write("sys/block/mmcblk0/device/type", "SD\n");
    tree.write("sys/block/mmcblk0/device/serial", "0xdeadbeef\n");
    tree.write("sys/block/mmcblk1/device/type", "MMC\n");
    tree.write("sys/block/sr0/size", "0\n");
    let media = shown(&tree)["media"].clone();
    let stick = json!({ "bus": "usb", "vendor": "0951", "product": "1666", "serial": "60A4" });
    assert_eq!(media[0], stick);
    assert_eq!(media[1]["serial"], "PHONE");
    assert_eq!(media[2], json!({ "bus": "sd", "serial": "0xdeadbeef" }));
    assert_eq!(media.as_array().unwrap().len(), 3, "an empty drive and a soldered disk are no media");
    tree.write("sys/block/sr0/size", "1234\n");
    assert_eq!(shown(&tree)["media"][3]["bus"], "optical");

    let known = KnownMedia {
        serial: "60A4".into(),
        vendor: Some("0951".into()),
        product: None,
        level: Some(Level::Secret),
    };
    let other =
        KnownMedia { serial: "PHONE".into(), vendor: Some("ffff".into()), product: None, level: None };
    tree.register = Some(vec![known, other]);
    let media = shown(&tree)["media"].clone();
    assert_eq!((&media[0]["registered"], &media[0]["level"]), (&json!(true), &json!("secret")));
    assert_eq!(media[1]["registered"], false, "the serial alone is not enough if more is known");
}

#[test]
fn interfaces_routes_and_radios_are_told_apart() {
    let tree = Tree::new();
    tree.interface("wlan0", "02:00:00:00:00:02", "down");
    tree.write("sys/class/net/wlan0/phy80211/name", "phy0\n");
    tree.interface("wwan0", "02:00:00:00:00:03", "unknown");
    tree.write("sys/class/net/wwan0/uevent", "DEVTYPE=wwan\nINTERFACE=wwan0\n");
    tree.write("sys/class/net/tun0/tun_flags", "0x1\n");
    tree.write("sys/class/bluetooth/hci0/uevent", "");
    tree.write("sys/class/bluetooth/hci0:12/uevent", "");
    tree.write("sys/class/rfkill/rfkill0/type", "bluetooth\n");
    tree.write("sys/class/rfkill/rfkill0/name", "hci0\n");
    tree.write("sys/class/rfkill/rfkill0/state", "0\n");
    tree.write("sys/class/rc/rc0/uevent", "");
    tree.write(
        "proc/net/route",
        "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU\n\
        eth0 00000000 010200C0 0003 0 0 0 00000000 0\neth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0\n",
    );
    let zero = "0".repeat(32);
    let gateway = "fe800000000000000000000000000001";
    tree.write("proc/net/ipv6_route", format!(
        "{zero} 00 {zero} 00 {gateway} 00000400 1 0 00000003 eth0\n{zero} 00 {zero} 00 {zero} ffffffff 1 0 00200200 lo\n"
    ));
    let state = shown(&tree);
    let types: Vec<(&str, &str, &Json)> = state["interfaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["type"].as_str().unwrap(), &one["up"]))
        .collect();
    assert_eq!(
        types,
        [
            ("eth0", "ethernet", &json!(true)),
            ("tun0", "tunnel", &Json::Null),
            ("wlan0", "wlan", &json!(false)),
            ("wwan0", "modem", &json!(true)),
        ]
    );
    assert_eq!(
        state["routes"],
        json!([
            { "interface": "eth0", "gateway": "192.0.2.1" }, { "interface": "eth0", "gateway": "fe80::1" },
        ])
    );
    assert_eq!(
        state["radios"],
        json!([
            { "radio": "bluetooth", "name": "hci0", "on": false }, { "radio": "infrared", "name": "rc0" },
            { "radio": "modem", "name": "wwan0" }, { "radio": "wlan", "name": "wlan0" },
        ])
    );
}

#[test]
fn sessions_and_the_lock_of_the_screen_are_told_as_far_as_the_system_says() {
    let tree = Tree::new();
    assert_eq!(
        (shown(&tree)["sessions"].clone(), shown(&tree)["screen_locked"].clone()),
        (json!([]), Json::Null)
    );
    tree.write("run/systemd/sessions/c1", "USER=gdm\nTYPE=wayland\nCLASS=greeter\nSTATE=online\n");
    tree.write(
        "run/systemd/sessions/2",
        "UID=1000\nUSER=u17\nTYPE=wayland\nCLASS=user\nSEAT=seat0\nTTY=tty2\nSTATE=active\nREMOTE=0\n",
    );
    tree.write(
        "run/systemd/sessions/3",
        "USER=u18\nTYPE=tty\nCLASS=user\nREMOTE=1\nREMOTE_HOST=192.0.2.9\nSTATE=active\n",
    );
    // The pipe of a session must not hold the agent up.
    let pipe = tree.path("run/systemd/sessions/2.ref");
    assert!(
        Command::new("mkfifo")
            .args([&pipe, &tree.path("run/systemd/sessions/9")])
            .status()
            .unwrap()
            .success()
    );
    let state = shown(&tree);
    assert_eq!(
        state["sessions"],
        json!([
            { "user": "u17", "method": "graphical", "place": "tty2" },
            { "user": "u18", "method": "remote", "place": "192.0.2.9" },
        ])
    );
    assert_eq!(state["screen_locked"], Json::Null, "nobody has said");
    tree.write("run/systemd/sessions/2", "USER=u17\nTYPE=wayland\nCLASS=user\nLOCKED_HINT=1\n");
    assert_eq!(shown(&tree)["screen_locked"], true);
}

#[test]
fn what_is_not_there_is_left_out_and_not_called_empty() {
    let tree = Tree::new();
    for folder in ["sys", "proc", "run"] {
        tree.remove(folder);
    }
    assert_eq!(shown(&tree), json!({}));
}

#[test]
fn cameras_and_sound_are_found() {
    let tree = Tree::new();
    tree.write("sys/class/video4linux/video0/name", "HD Webcam\n");
    tree.write("sys/class/sound/card0/id", "PCH\n");
    tree.write("sys/class/sound/controlC0/uevent", "");
    assert_eq!(
        shown(&tree)["audio_video"],
        json!([
            { "device": "camera", "name": "video0/HD Webcam" }, { "device": "audio", "name": "card0/PCH" },
        ])
    );
}

#[test]
fn what_is_too_much_to_be_looked_at_is_counted() {
    let tree = Tree::new();
    for number in 0..5_000 {
        std::fs::create_dir(tree.path(&format!("sys/class/net/dummy{number}"))).unwrap();
    }
    let state = shown(&tree);
    let seen = state["interfaces"].as_array().unwrap().len() as u64;
    let unseen = state["unlisted"]["interfaces"].as_u64().unwrap();
    assert!(unseen > 900 && seen + unseen >= 5_000, "{seen} and {unseen}");
    assert_eq!(state["unlisted"], json!({ "interfaces": unseen }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_in_any_file_is_read_past(
        writes in proptest::collection::vec((any::<Index>(), proptest::collection::vec(any::<u8>(), 0..2_000)), 1..8),
        lines in select(vec!["", "\n\n", "0xzz", "-1", "ffffffffffffffffffffffffff 0 0 0 0 0 0 0", "TYPE=\nUSER=\nCLASS=user", "\u{0}\u{7}"]),
    ) {
        let files = [
            "sys/class/net/eth0/type", "sys/class/net/eth0/address", "sys/class/net/eth0/operstate", "sys/class/net/eth0/flags",
            "sys/bus/usb/devices/1-1/serial", "sys/bus/usb/devices/1-1/idVendor", "sys/bus/usb/devices/1-1:1.0/bInterfaceClass",
            "sys/class/rfkill/rfkill0/type", "sys/class/rfkill/rfkill0/state", "sys/class/video4linux/video0/name",
            "sys/block/mmcblk0/device/type", "proc/net/route", "proc/net/ipv6_route", "run/systemd/sessions/1", "run/utmp",
        ];
        let tree = Tree::new();
        tree.usb("1-1", "S", "08");
        for (place, content) in &writes {
            tree.write(files[place.index(files.len())], content);
        }
        tree.write(files[writes[0].0.index(files.len())], lines);
        let state = shown(&tree);
        prop_assert!(state["interfaces"].as_array().unwrap().len() <= 1);
        tree.remove("run/systemd");
        shown(&tree);
    }
}

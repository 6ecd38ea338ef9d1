//! A device hears that its message arrived once all that follows from it is durable, and not before.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use strongroom_edge::annunciator;
use strongroom_edge::clock::Clock;
use strongroom_edge::config::Config;
use strongroom_edge::detect::Detector;
use strongroom_edge::field::Site;
use strongroom_edge::inquiry;
use strongroom_edge::spool;
use strongroom_edge::watch::Watch;
use wire::{BootId, ClockState, Stamp, Value};

use crate::mosquitto::{As, Publisher};
use crate::rig::{Rig, Secret, only, until};

fn entry(profile: &str, secret: &Secret) -> String {
    format!(
        "[[devices]]\nid = \"window-7\"\nprofile = \"{profile}\"\nlistener = \"field\"\n{}\n",
        secret.line
    )
}

#[tokio::test]
async fn the_puback_waits_for_the_confirm() {
    let secret = Secret::new();
    let mut rig = Rig::start(&entry("plain.toml", &secret)).await;
    let arguments = ["-q", "1", "-t", "sr/field/window-7/state", "-m", "open"];
    let mut client = Publisher::start(&rig, "field", As::Login("window-7", &secret.password), &arguments);
    let scan = rig.scan().await;
    assert_eq!(only(&scan.outcome.unwrap()), Value::Integer(1));
    assert!(!client.has_ended(), "it waits for its PUBACK");
    assert_eq!(rig.count("gate_confirmed_total"), 0);
    scan.receipt.unwrap().confirm.unwrap().durable();
    assert!(client.ended().await.success());
    rig.stop().await;
}

#[tokio::test]
async fn a_message_that_is_refused_is_confirmed_and_shows_no_life() {
    let secret = Secret::new();
    let mut rig = Rig::start(&entry("json.toml", &secret)).await;
    let arguments = ["-q", "1", "-t", "sr/field/window-7/report", "-m", "{garbage"];
    let mut client = Publisher::start(&rig, "field", As::Login("window-7", &secret.password), &arguments);
    assert!(client.ended().await.success(), "it would be refused again, so it is not sent again");
    let rejected = "edge_messages_rejected_total{device=\"window-7\",reason=\"json\"}";
    until("it is counted", || rig.count(rejected) == 1).await;
    assert!(rig.scans.try_recv().is_err(), "no scan follows from it");
    rig.stop().await;
}

/// The whole way: the client hears its PUBACK when the event and the bookmark are in the spool.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_spool_holds_the_event_and_the_bookmark_when_the_client_hears_so() {
    let secret = Secret::new();
    let text = entry("json.toml", &secret);
    let mut rig = Rig::start(&text).await;
    let path = rig.authority.folder().join("edge.toml");
    let config: Config = runtime::config::parse(&path, &crate::rig::config_text(&text)).unwrap();
    let site = Site::build(&config).unwrap();
    let clock: Clock = Arc::new(|| Stamp {
        boot: BootId([1; 16]),
        mono_ms: runtime::clock::boottime_ms(),
        wall_ms: runtime::clock::wall_ms(),
        clock: ClockState::Free,
    });
    let settings = spool::Settings {
        edge: config.edge.clone(),
        bytes_max: 8 << 20,
        routine_interval: Duration::from_millis(50),
        age_max: [Duration::from_secs(3_600); 2],
        signer: None,
    };
    let file = rig.authority.folder().join("spool.redb");
    let (spool, handle) = spool::open(&file, settings, &site.table, clock.clone()).unwrap();
    let thread = thread::spawn(move || spool.run());
    let scans = std::mem::replace(&mut rig.scans, tokio::sync::mpsc::channel(1).1);
    let (_, inquiries) = inquiry::inquiries(&site);
    let (tap, _) = annunciator::tap(&[], &site, &annunciator::Before::default());
    let (detector, interval) = (Detector::new(&site), Duration::from_secs(60));
    let watch = Watch::new(detector, interval, scans, handle.clone(), clock, inquiries, tap);
    let watching = tokio::spawn(watch.run(Shutdown::new()));

    for seq in [1, 2, 2] {
        let message = format!(r#"{{"boot":"x","seq":{seq},"contact":"open"}}"#);
        let arguments = ["-q", "1", "-t", "sr/field/window-7/report", "-m", &message];
        let mut client = Publisher::start(&rig, "field", As::Login("window-7", &secret.password), &arguments);
        assert!(client.ended().await.success());
        let bookmarks = handle.bookmarks().await.unwrap();
        let expected: &[u8] = &[0, 0, 0, 0, 0, 0, 0, seq, b'x'];
        assert_eq!(
            bookmarks.iter().map(|own| (&*own.name, &*own.bytes)).collect::<Vec<_>>(),
            [("window-7", expected)]
        );
    }
    assert_eq!(rig.count("edge_messages_repeated_total{device=\"window-7\"}"), 1);
    rig.stop().await;
    watching.await.unwrap().unwrap();
    drop(handle);
    thread.join().unwrap().unwrap();
}

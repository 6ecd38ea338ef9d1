//! Stages that stand still are faults, and starve the watchdog.

use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::time::Duration;

use runtime::service::Notifier;
use runtime::shutdown::Shutdown;
use strongroom_edge::clock;
use strongroom_edge::config::Config;
use strongroom_edge::field::Site;
use strongroom_edge::inquiry::{self, Inquiries};
use strongroom_edge::spool::{self, Spool};
use strongroom_edge::status::{Board, Facts, Reloads, Watchdog};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::process::PATIENCE;
use crate::room::{Room, Says};

/// A board over a watch and a spool that nobody runs.
async fn still() -> (Board, Inquiries, Spool, Room) {
    let room = Room::new().await;
    room.says(&Says::default());
    let config = Config::load(&room.config()).unwrap();
    let site = Site::build(&config).unwrap();
    let clock = clock::system().unwrap();
    let settings = spool::Settings {
        edge: config.edge.clone(),
        bytes_max: config.spool.bytes_max,
        routine_interval: config.spool.routine_interval,
        age_max: [config.spool.urgent_age_max, config.spool.routine_age_max],
        signer: None,
    };
    let (spool, handle) = spool::open(&config.spool.path, settings, &site.table, clock.clone()).unwrap();
    let (watch, inquiries) = inquiry::inquiries(&site);
    let facts = Facts {
        edge: config.edge,
        software: "test",
        config: room.config(),
        config_hash: 0,
        hubs: config.uplink.addresses(),
        devices: Vec::new(),
        started: Instant::now(),
        stages_started: Instant::now(),
    };
    let board = Board {
        listeners: Vec::new(),
        facts,
        clock,
        watch,
        spool: handle,
        health: watch::channel(None).1,
        link: watch::channel(Default::default()).1,
        annunciators: watch::channel(Vec::new()).1,
        reloads: watch::channel(Reloads::default()).1,
    };
    (board, inquiries, spool, room)
}

#[tokio::test]
async fn stages_that_do_not_answer_are_told_and_the_watchdog_is_not_fed() {
    let (board, _inquiries, _spool, room) = still().await;
    let report = board.report().await;
    assert_eq!(report.faults.len(), 2, "{:?}", report.faults);
    assert!(report.faults[0].contains("watch") && report.faults[1].contains("spool"), "{:?}", report.faults);

    let path = room.path("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let notifier = Notifier::connect(path.as_os_str(), Some(Duration::from_millis(300))).unwrap();
    let shutdown = Shutdown::new();
    let watchdog = tokio::spawn(Watchdog::new(board, Arc::new(notifier)).run(shutdown.clone()));
    let heard = tokio::task::spawn_blocking(move || {
        let mut bytes = [0; 4_096];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    });
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("STATUS=") && !heard.contains("WATCHDOG"), "{heard}");
    shutdown.begin();
    watchdog.await.unwrap().unwrap();
}

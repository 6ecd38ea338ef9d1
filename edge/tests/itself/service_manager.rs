//! The service manager is told what it has to know, in its own protocol.

use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::{Receiver, channel};

use rustix::process::Signal;

use crate::door::Door;
use crate::process::{PATIENCE, Process};
use crate::room::{Room, Says};

struct Manager {
    notices: Receiver<String>,
}

impl Manager {
    fn listen(socket: UnixDatagram) -> Self {
        let (sender, notices) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(length) = socket.recv(&mut bytes) {
                let text = String::from_utf8(bytes[..length].to_vec()).unwrap();
                if text.lines().any(|line| sender.send(line.to_owned()).is_err()) {
                    return;
                }
            }
        });
        Self { notices }
    }

    /// Waits for a notice that begins so.
    fn hears(&self, begin: &str) -> String {
        loop {
            let notice = self.notices.recv_timeout(PATIENCE);
            let notice = notice.unwrap_or_else(|_| panic!("waited in vain for {begin}"));
            if notice.starts_with(begin) {
                return notice;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_a_reload_and_an_end_are_told() {
    let (room, door) = (Room::new().await, Door::start().await);
    let says = Says { doors: vec![("door-1", door.address)], ..Says::default() };
    let sound = room.says(&says);
    let path = room.path("notify");
    let manager = Manager::listen(UnixDatagram::bind(&path).unwrap());
    let environment = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "600000")];
    let mut edge = Process::start(&room.config(), &environment);
    manager.hears("READY=1");
    for _ in 0..3 {
        manager.hears("WATCHDOG=1");
    }
    assert!(manager.hears("STATUS=1 of 1 devices online").contains("records wait"));

    edge.signal(Signal::HUP);
    manager.hears("RELOADING=1");
    manager.hears("MONOTONIC_USEC=");
    manager.hears("READY=1");
    manager.hears("WATCHDOG=1");

    std::fs::write(room.config(), sound + "nonsense = 1\n").unwrap();
    edge.signal(Signal::HUP);
    manager.hears("RELOADING=1");
    manager.hears("READY=1");
    manager.hears("WATCHDOG=1");

    edge.signal(Signal::TERM);
    manager.hears("STOPPING=1");
    assert!(edge.ended().await.success());
}

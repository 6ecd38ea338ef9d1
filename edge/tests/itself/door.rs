//! A door controller whose contact the test moves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::device::{Device, Does};

/// What the edge reads it by.
pub(crate) const PROFILE: &str = r#"
name = "test"
[header]
magic = 0x5352
type = 3
map_version = 1
[[points]]
name = "contact"
kind = "door.contact"
register = 8
"#;

pub(crate) const CLOSED: u16 = 0;
pub(crate) const OPEN: u16 = 1;

pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    contact: Arc<AtomicU16>,
    device: Device,
}

impl Door {
    pub(crate) async fn start() -> Self {
        let contact = Arc::new(AtomicU16::new(CLOSED));
        let (shown, beat) = (Arc::clone(&contact), AtomicU16::new(0));
        let device = Device::start(move |asked| {
            let heartbeat = beat.fetch_add(1, Ordering::SeqCst);
            let contact = shown.load(Ordering::SeqCst);
            let words = [0x5352, 3, 1, u16::from(asked.unit), heartbeat, 0, 0, 0, contact];
            let from = usize::from(asked.start);
            Does::Answer(words[from..from + usize::from(asked.count)].to_vec())
        });
        let device = device.await;
        Self { address: device.address, contact, device }
    }

    pub(crate) fn stands(&self, contact: u16) {
        self.contact.store(contact, Ordering::SeqCst);
    }

    pub(crate) fn polls(&self) -> usize {
        self.device.asked().len()
    }
}

//! A relay module that obeys function 05 and remembers.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::device::{Asked, Device, Does, frame};
use crate::process::until;

const ON: u16 = 0xFF00;

pub(crate) struct Siren {
    pub(crate) address: SocketAddr,
    /// (coil, on), in the order of the writes.
    written: Arc<Mutex<Vec<(u16, bool)>>>,
    others: Arc<Mutex<Vec<Asked>>>,
    away: Arc<AtomicBool>,
    _device: Device,
}

impl Siren {
    pub(crate) async fn start() -> Self {
        let (written, others) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (writes, foreign) = (Arc::clone(&written), Arc::clone(&others));
        let away = Arc::new(AtomicBool::new(false));
        let is_away = Arc::clone(&away);
        let device = Device::start(move |asked| {
            if is_away.load(Ordering::SeqCst) {
                return Does::Hang(Vec::new());
            }
            if asked.function != 5 {
                foreign.lock().unwrap().push(asked);
                return Does::Refuse(1);
            }
            writes.lock().unwrap().push((asked.start, asked.count == ON));
            let [coil, value] = [asked.start, asked.count].map(u16::to_be_bytes);
            Does::Send(frame(asked.transaction, asked.unit, &[5, coil[0], coil[1], value[0], value[1]]))
        });
        let device = device.await;
        Self { address: device.address, written, others, away, _device: device }
    }

    /// Loses its power, or gets it back: while it is away it hangs up on everybody.
    pub(crate) fn is_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    pub(crate) fn written(&self) -> Vec<(u16, bool)> {
        assert!(self.others.lock().unwrap().is_empty(), "nothing but function 05 is ever asked");
        self.written.lock().unwrap().clone()
    }

    /// Waits until the last write to a coil was this one.
    pub(crate) async fn shows(&self, coil: u16, on: bool) {
        let last = || self.written().into_iter().rev().find(|(written, _)| *written == coil);
        until(&format!("coil {coil} on: {on}"), async || last() == Some((coil, on))).await;
    }
}

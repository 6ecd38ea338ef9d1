//! A cabinet lock on Modbus TCP that does nothing but stand closed or open, and knows when it was first asked after a
//! change. What an edge takes from there on is its own time; what lies before is its poll interval.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// Registers of device type 2 in `docs/register-maps.md`, map version 1.
pub(crate) const REGISTERS: usize = 27;
const MAGIC: u16 = 0x5352;
const DEVICE_TYPE: u16 = 2;
const MAP_VERSION: u16 = 1;
const UNIT: u8 = 1;
const HEARTBEAT: usize = 4;
const BOLT: usize = 8;
const FLAGS: usize = 9;
const DOOR_CLOSED: u16 = 1;
const BATTERY: usize = 24;

const READ_INPUT_REGISTERS: u8 = 4;
/// Transaction, protocol, length, unit; then the function, the first register and how many.
const REQUEST_BYTES: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bolt {
    Extended,
    Retracted,
}

pub(crate) struct Cabinet {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    bolt: Bolt,
    /// When the bolt was first read as it stands.
    read: Option<Instant>,
    begun: Instant,
}

impl Cabinet {
    /// Serves until the process ends.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port for the cabinet")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State { bolt: Bolt::Extended, read: None, begun: Instant::now() }));
        let shared = state.clone();
        thread::Builder::new().name("cabinet".to_owned()).spawn(move || {
            for socket in listener.incoming().flatten() {
                // An edge that hangs up comes again.
                let _ = serve(socket, &shared);
            }
        })?;
        Ok(Self { address, state })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn unit(&self) -> u8 {
        UNIT
    }

    /// Moves the bolt; returns when.
    pub(crate) fn turn(&self, bolt: Bolt) -> Instant {
        let mut state = lock(&self.state);
        state.bolt = bolt;
        state.read = None;
        Instant::now()
    }

    /// When the edge first read the bolt as it stands; `None` if it has not yet.
    pub(crate) fn read_at(&self) -> Option<Instant> {
        lock(&self.state).read
    }
}

fn serve(mut socket: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut request = [0; REQUEST_BYTES];
    loop {
        socket.read_exact(&mut request)?;
        let [transaction_high, transaction_low, .., unit, function, first_high, first_low, _, count] =
            request;
        let (first, count) = (usize::from(u16::from_be_bytes([first_high, first_low])), usize::from(count));
        if function != READ_INPUT_REGISTERS || unit != UNIT || first + count > REGISTERS {
            return Err(io::Error::other("the edge asked for something that this cabinet does not have"));
        }
        let mut reply = vec![transaction_high, transaction_low, 0, 0, 0, (3 + 2 * count) as u8];
        reply.extend_from_slice(&[unit, function, (2 * count) as u8]);
        let values = lock(state).registers();
        values[first..first + count].iter().for_each(|value| reply.extend_from_slice(&value.to_be_bytes()));
        socket.write_all(&reply)?;
    }
}

impl State {
    fn registers(&mut self) -> [u16; REGISTERS] {
        self.read.get_or_insert_with(Instant::now);
        let mut registers = [0; REGISTERS];
        registers[..4].copy_from_slice(&[MAGIC, DEVICE_TYPE, MAP_VERSION, u16::from(UNIT)]);
        registers[HEARTBEAT] = self.begun.elapsed().as_secs() as u16;
        registers[BOLT] = match self.bolt {
            Bolt::Extended => 0,
            Bolt::Retracted => 1,
        };
        registers[FLAGS] = DOOR_CLOSED;
        registers[BATTERY] = 620;
        registers
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_noted_when_it_is_first_read() {
        let cabinet = Cabinet::start().unwrap();
        let mut socket = TcpStream::connect(cabinet.address()).unwrap();
        let turned = cabinet.turn(Bolt::Retracted);
        assert_eq!(cabinet.read_at(), None);
        socket.write_all(&[0, 7, 0, 0, 0, 6, UNIT, READ_INPUT_REGISTERS, 0, 0, 0, 9]).unwrap();
        let mut reply = [0; 9 + 18];
        socket.read_exact(&mut reply).unwrap();
        assert_eq!((&reply[..9], &reply[9..11]), (&[0, 7, 0, 0, 0, 21, UNIT, 4, 18][..], &[0x53, 0x52][..]));
        assert_eq!(reply[25..], [0, 1]);
        assert!(cabinet.read_at().unwrap() >= turned);
    }
}

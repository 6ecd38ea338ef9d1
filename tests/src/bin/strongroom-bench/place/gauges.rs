//! Gauges on Modbus TCP, many behind one address: every value wanders a little each second, and every tenth of them by more
//! than its deadband, as in a room in which something happens.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

pub(crate) const DEVICES: u8 = 10;
pub(crate) const POINTS: u16 = 50;
/// One value in so many moves far enough in each second to be an event.
const MOVES_EVERY: u64 = 10;
/// In steps of the register, which are tenths of a degree.
const DEADBAND: u16 = 5;

const HEADER: u16 = 8;
const MAGIC: u16 = 0x5352;
const DEVICE_TYPE: u16 = 90;
const MAP_VERSION: u16 = 1;
const READ_INPUT_REGISTERS: u8 = 4;
/// Transaction, protocol, length, unit; then the function, the first register and how many.
const REQUEST_BYTES: usize = 12;

pub(crate) struct Gauges {
    address: SocketAddr,
    first_read: Arc<OnceLock<Instant>>,
}

impl Gauges {
    /// Serves until the process ends.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port for the gauges")?;
        let address = listener.local_addr()?;
        let first_read = Arc::new(OnceLock::new());
        let (begun, read) = (Instant::now(), Arc::clone(&first_read));
        thread::Builder::new().name("gauges".to_owned()).spawn(move || {
            for socket in listener.incoming().flatten() {
                let read = Arc::clone(&read);
                // An edge that hangs up comes again.
                thread::spawn(move || serve(socket, begun, &read));
            }
        })?;
        Ok(Self { address, first_read })
    }

    /// When the first question was answered.
    pub(crate) fn first_read(&self) -> Option<Instant> {
        self.first_read.get().copied()
    }

    /// The `[[devices]]` of an edge that asks each gauge every second by the profile in this file.
    pub(crate) fn devices(&self, profile: &str) -> String {
        let mut toml = String::new();
        for unit in 1..=DEVICES {
            // Writing to a string cannot fail.
            let _ = write!(
                toml,
                "[[devices]]\nid = \"gauge-{unit}\"\nprofile = {profile:?}\naddress = \"{}\"\nunit = {unit}\n\
                 poll_interval = \"1s\"\n",
                self.address
            );
        }
        toml
    }
}

pub(crate) fn profile() -> String {
    format!(
        "name = \"gauge\"\n\
         [header]\ntable = \"input\"\nstart = 0\nmagic = {MAGIC}\ntype = {DEVICE_TYPE}\nmap_version = {MAP_VERSION}\n\
         [[blocks]]\ntable = \"input\"\nstart = 0\ncount = {}\n\
         [[points]]\nname = \"value-{{n}}\"\nkind = \"environment.temperature\"\nregister = {HEADER}\n\
         scale = 0.1\ndeadband = 0.{DEADBAND}\nrepeat = {{ count = {POINTS}, step = 1 }}\n",
        HEADER + POINTS,
    )
}

fn serve(mut socket: TcpStream, begun: Instant, read: &OnceLock<Instant>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut request = [0; REQUEST_BYTES];
    loop {
        socket.read_exact(&mut request)?;
        let [transaction_high, transaction_low, .., unit, function, first_high, first_low, _, count] =
            request;
        let (first, count) = (u16::from_be_bytes([first_high, first_low]), u16::from(count));
        if function != READ_INPUT_REGISTERS || first + count > HEADER + POINTS {
            return Err(io::Error::other("the edge asked for something that a gauge does not have"));
        }
        let bytes = 2 * count as u8;
        let mut reply = vec![transaction_high, transaction_low, 0, 0, 0, 3 + bytes, unit, function, bytes];
        let second = begun.elapsed().as_secs();
        for register in first..first + count {
            reply.extend_from_slice(&value(unit, register, second).to_be_bytes());
        }
        socket.write_all(&reply)?;
        read.get_or_init(Instant::now);
    }
}

fn value(unit: u8, register: u16, second: u64) -> u16 {
    match register {
        0 => MAGIC,
        1 => DEVICE_TYPE,
        2 => MAP_VERSION,
        3 => u16::from(unit),
        4 => second as u16,
        5 => (second >> 16) as u16,
        6 => second as u16,
        7 => 0,
        register => {
            let place = u64::from(register) + u64::from(unit) * 7;
            let moved = ((second + place) / MOVES_EVERY % 2) as u16 * (DEADBAND + 2);
            210 + moved + (second % 2) as u16
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tenth_value_moves_beyond_its_deadband_each_second() {
        let moved = |second| {
            let far =
                |register| value(1, register, second).abs_diff(value(1, register, second + 1)) > DEADBAND;
            (HEADER..HEADER + POINTS).filter(|register| far(*register)).count()
        };
        for second in 0..100 {
            assert_eq!(moved(second), usize::from(POINTS) / MOVES_EVERY as usize, "second {second}");
        }
    }
}

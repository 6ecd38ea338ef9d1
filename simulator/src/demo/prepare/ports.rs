//! Free ports on loopback, below the range from which outgoing connections take theirs: a process that was killed finds its
//! port free when it is started again, whoever connected to anything in the meantime.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Lower ports belong to well-known services.
const LOWEST: u16 = 15_000;
/// With fewer ports to choose from the system may as well choose.
const CHOICE_MIN: u16 = 1_000;
const OUTGOING_RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// What Linux takes when nobody says otherwise.
const OUTGOING_FROM_USUALLY: u16 = 32_768;

#[derive(Debug, thiserror::Error)]
pub enum PortsError {
    #[error("there are no {wanted} free ports on {}", Ipv4Addr::LOCALHOST)]
    TooFew { wanted: usize },
    #[error("cannot take a free port on {}", Ipv4Addr::LOCALHOST)]
    Bind(#[source] io::Error),
}

/// Ports that are held until their process is about to be started, so that another demo does not find them free meanwhile.
#[derive(Debug)]
pub struct Held(Vec<(u16, TcpListener)>);

impl Held {
    /// Different ports that nobody listens on now.
    pub fn take(wanted: usize) -> Result<Self, PortsError> {
        let end = std::fs::read_to_string(OUTGOING_RANGE).ok().and_then(|range| first_outgoing(&range));
        let end = end.unwrap_or(OUTGOING_FROM_USUALLY);
        let choice = end.saturating_sub(LOWEST);
        let taken = if choice < CHOICE_MIN { any(wanted)? } else { between(LOWEST, choice, wanted) };
        if taken.len() < wanted {
            return Err(PortsError::TooFew { wanted });
        }
        let with_port = |listener: TcpListener| Ok((listener.local_addr()?.port(), listener));
        taken.into_iter().map(with_port).collect::<io::Result<_>>().map(Self).map_err(PortsError::Bind)
    }

    pub fn ports(&self) -> Vec<u16> {
        self.0.iter().map(|(port, _)| *port).collect()
    }

    /// From now on the process that was promised the ports can listen on them.
    pub fn release(&mut self) {
        self.0.clear();
    }
}

fn any(wanted: usize) -> Result<Vec<TcpListener>, PortsError> {
    (0..wanted).map(|_| bind(0)).collect::<io::Result<_>>().map_err(PortsError::Bind)
}

/// Begins at a random place, so that two demos that start together seldom look at the same ports.
fn between(first: u16, count: u16, wanted: usize) -> Vec<TcpListener> {
    let random = RandomState::new().build_hasher().finish();
    let begin = u16::try_from(random % u64::from(count)).expect("the remainder is below a u16");
    let ports = (begin..count).chain(0..begin).map(|place| first + place);
    ports.filter_map(|port| bind(port).ok()).take(wanted).collect()
}

fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

/// A range of 32768 and 60999 begins at 32768.
fn first_outgoing(range: &str) -> Option<u16> {
    range.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_range_of_outgoing_connections_is_read() {
        assert_eq!(first_outgoing("32768\t60999\n"), Some(32_768));
        assert_eq!(first_outgoing(""), None);
        assert_eq!(first_outgoing("99999\t5"), None);
    }

    #[test]
    fn ports_are_different_and_free_once_they_are_released() {
        let mut held = Held::take(20).unwrap();
        let ports = held.ports();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), 20);
        assert!(bind(ports[0]).is_err(), "it is held");
        held.release();
        bind(ports[0]).unwrap();
        assert_eq!(any(3).unwrap().len(), 3);
    }

    #[test]
    fn a_port_that_is_taken_is_passed_over() {
        let taken = between(LOWEST, 2_000, 1);
        let port = taken[0].local_addr().unwrap().port();
        let next = between(port, 50, 1);
        assert_ne!(next[0].local_addr().unwrap().port(), port);
    }
}

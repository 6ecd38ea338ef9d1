//! How many TLS handshakes an address may ask for. Each costs the processor about a millisecond, before anybody knows who
//! asks: whoever floods is refused before it, and everybody else is served. Pure: the time is an argument.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// The part of an IPv6 address that one customer is given; the rest he may choose at will.
const IPV6_SITE_BITS: u32 = 64;
/// Addresses that are remembered, for about 500 KiB. One is forgotten as soon as its whole allowance has come back.
const ADDRESSES_MAX: usize = 8_192;
/// How often a full table is searched for addresses that can be forgotten: each search looks at all.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// An allowance for each address: `burst` handshakes at once, `per_second` in the long run.
#[derive(Debug)]
pub struct HandshakePace {
    per_handshake: Duration,
    saved_max: Duration,
    /// When each address has its whole allowance again.
    whole_at: HashMap<IpAddr, Instant>,
    /// The one allowance of all who come while the table is full: then so many addresses flood that none can be told apart.
    others_whole_at: Option<Instant>,
    sweep_due: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this address asks for more handshakes than it may")]
pub struct TooFast;

impl HandshakePace {
    /// Zero counts as one.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let per_handshake = Duration::from_secs(1) / per_second.max(1);
        Self {
            per_handshake,
            saved_max: per_handshake * burst.max(1),
            whole_at: HashMap::new(),
            others_whole_at: None,
            sweep_due: None,
        }
    }

    /// Takes one handshake. What is refused costs nothing of the allowance.
    pub fn take(&mut self, address: IpAddr, now: Instant) -> Result<(), TooFast> {
        let origin = address_group(address);
        let known = self.whole_at.contains_key(&origin);
        if !known && self.whole_at.len() >= ADDRESSES_MAX {
            self.sweep(now);
        }
        let before = match known || self.whole_at.len() < ADDRESSES_MAX {
            true => self.whole_at.entry(origin).or_insert(now),
            false => self.others_whole_at.get_or_insert(now),
        };
        let whole_at = (*before).max(now) + self.per_handshake;
        if whole_at.saturating_duration_since(now) > self.saved_max {
            return Err(TooFast);
        }
        *before = whole_at;
        Ok(())
    }

    fn sweep(&mut self, now: Instant) {
        if self.sweep_due.is_none_or(|due| due <= now) {
            self.sweep_due = Some(now + SWEEP_INTERVAL);
            self.whole_at.retain(|_, whole_at| *whole_at > now);
        }
    }
}

/// Who counts as one: an IPv4 address, or the /64 of an IPv6 address.
pub fn address_group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let mask = u128::MAX << (u128::BITS - IPV6_SITE_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    fn taken(pace: &mut HandshakePace, from: IpAddr, times: usize, now: Instant) -> usize {
        (0..times).filter(|_| pace.take(from, now).is_ok()).count()
    }

    #[test]
    fn who_floods_is_refused_alone_and_gets_its_allowance_back() {
        let (mut pace, start) = (HandshakePace::new(10, 20), Instant::now());
        assert_eq!(taken(&mut pace, address(1), 1_000, start), 20);
        assert_eq!(taken(&mut pace, address(2), 5, start), 5, "others have their own");
        assert_eq!(taken(&mut pace, address(1), 1_000, start + Duration::from_secs(1)), 10);
        assert_eq!(taken(&mut pace, address(1), 1_000, start + Duration::from_secs(3_600)), 20);
    }

    #[test]
    fn one_ipv6_site_is_one_address() {
        let (mut pace, start) = (HandshakePace::new(1, 2), Instant::now());
        let within = |host: u16| format!("2001:db8::{host:x}").parse().unwrap();
        assert_eq!((1..100).filter(|host| pace.take(within(*host), start).is_ok()).count(), 2);
        assert!(pace.take("2001:db8:0:1::1".parse().unwrap(), start).is_ok());
    }

    /// The hub's allowance, and edges that come again with the back-off of the uplink, none of which waits over a minute.
    #[test]
    fn a_thousand_edges_behind_one_address_all_come_back_within_a_minute() {
        let limits = Limits::default();
        let mut pace =
            HandshakePace::new(limits.handshakes_per_address_per_s, limits.handshakes_per_address_burst);
        let start = Instant::now();
        assert_eq!(taken(&mut pace, address(1), 1_000, start), 1_000, "at the first try");
        // At once again, as after a hub that was started twice: each refused edge tries again after a few seconds.
        let mut outside = 1_000;
        for second in (0..60).step_by(5) {
            outside -= taken(&mut pace, address(1), outside, start + Duration::from_secs(second));
        }
        assert_eq!(outside, 0);
    }

    #[test]
    fn the_table_is_bounded_and_the_quiet_are_forgotten() {
        let (mut pace, start) = (HandshakePace::new(1, 2), Instant::now());
        let flood = 2 * ADDRESSES_MAX as u32;
        let served = (0..flood).filter(|n| pace.take(address(*n), start).is_ok()).count();
        assert_eq!(served, ADDRESSES_MAX + 2, "who comes when it is full shares one allowance");
        assert_eq!(pace.whole_at.len(), ADDRESSES_MAX);
        assert!(pace.take(address(0), start).is_ok(), "who is known keeps its own");
        assert!(pace.take(address(flood), start + Duration::from_secs(2)).is_ok());
        assert_eq!(pace.whole_at.len(), 1);
    }
}

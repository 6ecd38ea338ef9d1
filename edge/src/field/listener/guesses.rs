//! Wrong logins, and how long their origin has to wait before it is heard again. Pure: the time is an argument.
//!
//! An origin waits for itself: whoever guesses from elsewhere cannot lock a device out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// After the first wrong login for one device. It doubles with each further one …
const DELAY_FIRST: Duration = Duration::from_secs(1);
/// … up to this: a device whose token was put right is let in within a minute.
const DELAY_MAX: Duration = Duration::from_secs(60);

/// For so many devices an address may log in wrongly before it waits as a whole. Several devices may stand behind one
/// address, and one of them may have an old token: it waits for itself, however often it tries.
const FREE_PER_ADDRESS: u32 = 10;

/// What is remembered. Beyond it the oldest is forgotten: guessing 128 bits from a thousand addresses is no nearer to
/// success than from one.
const ORIGINS_MAX: usize = 1_024;

/// The part of an IPv6 address that one customer is given; the rest he may choose at will.
const IPV6_SITE_BITS: u32 = 64;

#[derive(Debug, Default)]
pub(super) struct Guesses {
    origins: HashMap<Origin, Wrong>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Origin {
    address: IpAddr,
    /// `None`: the address as a whole.
    user: Option<Box<str>>,
}

#[derive(Debug)]
struct Wrong {
    times: u32,
    last: Instant,
    until: Instant,
}

impl Guesses {
    /// How long this origin still has to wait; `None` if it may try.
    pub(super) fn wait(&self, address: IpAddr, user: &str, now: Instant) -> Option<Duration> {
        let waits = origins(address, user).map(|origin| self.origins.get(&origin).map(|wrong| wrong.until));
        let until = waits.into_iter().flatten().max()?;
        (until > now).then(|| until - now)
    }

    pub(super) fn wrong(&mut self, address: IpAddr, user: &str, now: Instant) {
        let [own, whole] = origins(address, user);
        let is_new = !self.origins.contains_key(&own);
        self.note(own, 0, now);
        if is_new {
            self.note(whole, FREE_PER_ADDRESS, now);
        }
    }

    fn note(&mut self, origin: Origin, free: u32, now: Instant) {
        if !self.origins.contains_key(&origin) {
            self.make_room();
        }
        let wrong = self.origins.entry(origin).or_insert(Wrong { times: 0, last: now, until: now });
        wrong.times = wrong.times.saturating_add(1);
        wrong.last = now;
        wrong.until = now + delay(wrong.times.saturating_sub(free));
    }

    /// The address as a whole stays as it is: one right token says nothing about the others behind it.
    pub(super) fn right(&mut self, address: IpAddr, user: &str) {
        let [own, _] = origins(address, user);
        self.origins.remove(&own);
    }

    fn make_room(&mut self) {
        if self.origins.len() < ORIGINS_MAX {
            return;
        }
        let oldest =
            self.origins.iter().min_by_key(|(_, wrong)| wrong.last).map(|(origin, _)| origin.clone());
        if let Some(oldest) = oldest {
            self.origins.remove(&oldest);
            metrics::counter!("edge_logins_forgotten_total").increment(1);
        }
    }
}

/// The device at its address, and the address as a whole.
fn origins(address: IpAddr, user: &str) -> [Origin; 2] {
    let address = match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let mask = u128::MAX << (u128::BITS - IPV6_SITE_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    };
    [Origin { address, user: Some(user.into()) }, Origin { address, user: None }]
}

fn delay(times: u32) -> Duration {
    match times {
        0 => Duration::ZERO,
        times => DELAY_FIRST.saturating_mul(1 << (times - 1).min(16)).min(DELAY_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn wrong_logins_cost_more_and_more_time_and_only_their_origin() {
        let (mut guesses, mut now) = (Guesses::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..8 {
            guesses.wrong(ip("10.0.0.1"), "window", now);
            let wait = guesses.wait(ip("10.0.0.1"), "window", now).unwrap();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(guesses.wait(ip("10.0.0.1"), "window", now), None);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        guesses.wrong(ip("10.0.0.1"), "window", now);
        assert_eq!(guesses.wait(ip("10.0.0.2"), "window", now), None, "the device is heard from elsewhere");
        assert_eq!(guesses.wait(ip("10.0.0.1"), "door", now), None, "and others from the same address");
        guesses.right(ip("10.0.0.1"), "window");
        assert_eq!(guesses.wait(ip("10.0.0.1"), "window", now), None);
    }

    #[test]
    fn an_address_that_tries_many_names_waits_as_a_whole() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..=FREE_PER_ADDRESS {
            assert_eq!(guesses.wait(ip("2001:db8::1"), "door", now), None);
            guesses.wrong(ip("2001:db8::ffff"), &format!("device-{number}"), now);
        }
        assert!(guesses.wait(ip("2001:db8::1"), "door", now).is_some(), "one site is one address");
        assert!(guesses.wait(ip("2001:db8:0:1::1"), "door", now).is_none());
    }

    #[test]
    fn a_device_with_an_old_token_never_costs_its_neighbours_anything() {
        let (mut guesses, mut now) = (Guesses::default(), Instant::now());
        for _ in 0..1_000 {
            guesses.wrong(ip("10.0.0.1"), "window", now);
            assert_eq!(guesses.wait(ip("10.0.0.1"), "door", now), None);
            now += guesses.wait(ip("10.0.0.1"), "window", now).unwrap();
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..3_000_u32 {
            guesses.wrong(IpAddr::V4(number.into()), "window", now);
        }
        assert_eq!(guesses.origins.len(), ORIGINS_MAX);
    }
}

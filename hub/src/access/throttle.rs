//! A brake on wrong sign-ins, per address. Tokens cannot be guessed anyway; this keeps a wrong client or a stranger from
//! filling the log. Only failures are braked: a valid token is let in whatever others at its address did. Pure: time is an argument, in seconds of a clock that does not run backwards.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// A person mistypes a few times, a program with an old token tries every few seconds.
pub const FAILURES_PER_MINUTE_MAX: u32 = 10;
const MINUTE_S: i64 = 60;
/// Memory stays bounded whoever knocks; then the address whose minute began first is forgotten.
pub const ADDRESSES_MAX: usize = 4_096;

/// How a failed attempt is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Say that it failed, log it, and count it.
    Allowed,
    /// Only say that there were too many.
    Wait {
        /// How long, for `Retry-After`.
        seconds: u32,
    },
}

#[derive(Debug)]
struct Minute {
    began_s: i64,
    failures: u32,
}

/// The failures of the last minute.
#[derive(Debug, Default)]
pub struct SignInThrottle {
    minutes: HashMap<IpAddr, Minute>,
}

impl SignInThrottle {
    /// Nobody has failed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ask once a token was refused, before [`Self::failed`].
    pub fn ask(&self, address: IpAddr, now_s: i64) -> Attempt {
        match self.minutes.get(&network(address)) {
            Some(minute) if minute.failures >= FAILURES_PER_MINUTE_MAX && !minute.over(now_s) => {
                metrics::counter!("access_throttled_total").increment(1);
                let seconds = u32::try_from(minute.began_s + MINUTE_S - now_s).unwrap_or(1);
                Attempt::Wait { seconds }
            }
            _ => Attempt::Allowed,
        }
    }

    /// Tell of a refused token that was allowed.
    pub fn failed(&mut self, address: IpAddr, now_s: i64) {
        let network = network(address);
        if let Some(minute) = self.minutes.get_mut(&network).filter(|minute| !minute.over(now_s)) {
            minute.failures = minute.failures.saturating_add(1);
            return;
        }
        if self.minutes.len() >= ADDRESSES_MAX {
            self.make_room(now_s);
        }
        self.minutes.insert(network, Minute { began_s: now_s, failures: 1 });
    }

    /// How many addresses are remembered.
    pub fn addresses(&self) -> usize {
        self.minutes.len()
    }

    fn make_room(&mut self, now_s: i64) {
        self.minutes.retain(|_, minute| !minute.over(now_s));
        if self.minutes.len() < ADDRESSES_MAX {
            return;
        }
        let first = self.minutes.iter().min_by_key(|(_, minute)| minute.began_s);
        if let Some(address) = first.map(|(address, _)| *address) {
            self.minutes.remove(&address);
            metrics::counter!("access_throttle_forgotten_total").increment(1);
        }
    }
}

impl Minute {
    fn over(&self, now_s: i64) -> bool {
        now_s.saturating_sub(self.began_s) >= MINUTE_S
    }
}

/// One IPv6 customer owns a whole /64, so all of it counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_that_fails_too_often_waits_out_its_minute_and_no_other_does() {
        let mut throttle = SignInThrottle::new();
        let (noisy, calm) = (address("192.0.2.1"), address("192.0.2.2"));
        for second in 0..10 {
            assert_eq!(throttle.ask(noisy, second), Attempt::Allowed);
            throttle.failed(noisy, second);
        }
        assert_eq!(throttle.ask(noisy, 20), Attempt::Wait { seconds: 40 });
        assert_eq!(throttle.ask(noisy, 59), Attempt::Wait { seconds: 1 });
        assert_eq!(throttle.ask(calm, 20), Attempt::Allowed);
        assert_eq!(throttle.ask(noisy, 60), Attempt::Allowed);
        throttle.failed(noisy, 60);
        assert_eq!(throttle.ask(noisy, 61), Attempt::Allowed, "a new minute counts from one");
    }

    #[test]
    fn a_network_of_ipv6_counts_once_and_mapped_ipv4_is_ipv4() {
        let mut throttle = SignInThrottle::new();
        for host in 0..10 {
            throttle.failed(address(&format!("2001:db8:1:2::{host}")), 0);
            throttle.failed(address("::ffff:192.0.2.1"), 0);
        }
        assert!(matches!(throttle.ask(address("2001:db8:1:2:ffff::1"), 1), Attempt::Wait { .. }));
        assert_eq!(throttle.ask(address("2001:db8:1:3::1"), 1), Attempt::Allowed);
        assert!(matches!(throttle.ask(address("192.0.2.1"), 1), Attempt::Wait { .. }));
    }

    #[test]
    fn memory_is_bounded_and_the_earliest_minute_is_forgotten_first() {
        let mut throttle = SignInThrottle::new();
        let knocking = |index: usize| IpAddr::V4(u32::try_from(index).unwrap().into());
        for index in 0..ADDRESSES_MAX {
            throttle.failed(knocking(index), i64::from(index > 0));
        }
        for _ in 0..FAILURES_PER_MINUTE_MAX {
            throttle.failed(address("192.0.2.1"), 2);
        }
        assert_eq!(throttle.addresses(), ADDRESSES_MAX);
        assert!(!throttle.minutes.contains_key(&knocking(0)));
        assert!(matches!(throttle.ask(address("192.0.2.1"), 3), Attempt::Wait { .. }));

        throttle.failed(knocking(0), 61);
        assert_eq!(throttle.addresses(), 2, "minutes that are over make room all at once");
    }
}

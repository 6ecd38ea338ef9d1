//! Places for connections: so many in total, so many per address. A place is given back when it is dropped.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::handshake_pace::address_group;

pub(crate) struct Admission {
    total_max: usize,
    per_address_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    total: usize,
    by_origin: HashMap<IpAddr, usize>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error("all places are taken")]
    Total,
    #[error("all places of this address are taken")]
    Address,
}

impl Full {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Total => "connections_full",
            Self::Address => "connections_per_address_full",
        }
    }
}

pub(crate) struct Place {
    admission: Arc<Admission>,
    origin: IpAddr,
}

impl Admission {
    pub(crate) fn new(total_max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self { total_max, per_address_max, taken: Mutex::default() })
    }

    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let origin = address_group(address);
        let mut taken = self.lock();
        if taken.total >= self.total_max {
            return Err(Full::Total);
        }
        let of_origin = taken.by_origin.entry(origin).or_default();
        if *of_origin >= self.per_address_max {
            return Err(Full::Address);
        }
        *of_origin += 1;
        taken.total += 1;
        drop(taken);
        Ok(Place { admission: Arc::clone(self), origin })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.admission.lock();
        taken.total -= 1;
        if let Some(of_origin) = taken.by_origin.get_mut(&self.origin) {
            *of_origin -= 1;
            if *of_origin == 0 {
                taken.by_origin.remove(&self.origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_limited_and_come_back() {
        let admission = Admission::new(3, 2);
        let first = admission.admit(address("10.0.0.1")).unwrap();
        let _second = admission.admit(address("::ffff:10.0.0.1")).unwrap();
        assert_eq!(admission.admit(address("10.0.0.1")).err(), Some(Full::Address));
        let _third = admission.admit(address("10.0.0.2")).unwrap();
        assert_eq!(admission.admit(address("10.0.0.3")).err(), Some(Full::Total));
        drop(first);
        assert!(admission.admit(address("10.0.0.1")).is_ok());
        assert_eq!(admission.lock().by_origin.len(), 2);
    }

    #[test]
    fn one_ipv6_site_is_one_address() {
        let admission = Admission::new(10, 1);
        let _place = admission.admit(address("2001:db8::1")).unwrap();
        assert!(admission.admit(address("2001:db8::ffff:2")).is_err());
        assert!(admission.admit(address("2001:db8:0:1::1")).is_ok());
    }
}

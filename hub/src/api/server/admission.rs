//! How many connections there may be, in all and from one address. A place is given back when it is dropped.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// About 30 MB of TLS and HTTP buffers at worst.
pub(super) const CONNECTIONS_MAX: usize = 1_024;
/// Nobody alone takes all places; enough for a proxy or a terminal server with many screens.
pub(super) const CONNECTIONS_PER_ADDRESS_MAX: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    All,
    Address,
}

impl Full {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Full::All => "all_places_taken",
            Full::Address => "places_of_address_taken",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Admission(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
pub(super) struct Place {
    admission: Admission,
    address: IpAddr,
}

impl Admission {
    pub(super) fn place(&self, address: IpAddr) -> Result<Place, Full> {
        let address = gate::address_group(address);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= CONNECTIONS_MAX {
            return Err(Full::All);
        }
        let own = taken.by_address.entry(address).or_default();
        if *own >= CONNECTIONS_PER_ADDRESS_MAX {
            return Err(Full::Address);
        }
        *own += 1;
        taken.all += 1;
        metrics::gauge!("api_connections").increment(1.0);
        Ok(Place { admission: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.admission.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Entry::Occupied(mut own) = taken.by_address.entry(self.address) {
            *own.get_mut() -= 1;
            if *own.get() == 0 {
                own.remove();
            }
        }
        metrics::gauge!("api_connections").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn nobody_alone_takes_all_places_and_places_come_back() {
        let admission = Admission::default();
        let greedy: Vec<Place> =
            (0..CONNECTIONS_PER_ADDRESS_MAX).map(|n| admission.place(own(n)).unwrap()).collect();
        assert_eq!(admission.place(own(0)).unwrap_err(), Full::Address);
        let others: Vec<Place> =
            (0..CONNECTIONS_MAX - greedy.len()).map(|n| admission.place(other(n)).unwrap()).collect();
        assert_eq!(admission.place(other(0)).unwrap_err(), Full::All);
        drop(greedy);
        assert!(admission.place(own(0)).is_ok());
        drop(others);
        assert!(admission.0.lock().unwrap().by_address.is_empty());
    }

    /// Addresses of one network.
    fn own(n: usize) -> IpAddr {
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, u16::try_from(n).unwrap()))
    }

    fn other(n: usize) -> IpAddr {
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, u16::try_from(n).unwrap(), 0, 0, 0, 1))
    }
}

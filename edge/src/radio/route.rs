//! The routes of the machine, as `/proc` shows them: which interface leads to an address. The main table alone; whoever
//! routes by policy knows what it does.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// A gateway has a handful of routes.
const ROUTES_MAX: usize = 4_096;
/// The flag of a route that is in use.
const UP: u32 = 1;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes(Vec<Route>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    interface: String,
    protocol: Protocol,
    /// An IPv4 address as its mapped IPv6 address.
    network: u128,
    prefix: u32,
    metric: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Ipv4,
    Ipv6,
}

impl Routes {
    /// A table that is not there has no routes.
    pub fn read(proc: &Path) -> Self {
        let table = |name: &str| fs::read_to_string(proc.join("net").join(name)).unwrap_or_default();
        let (four, six) = (table("route"), table("ipv6_route"));
        let four = four.lines().skip(1).filter_map(ipv4);
        Self(four.chain(six.lines().filter_map(ipv6)).take(ROUTES_MAX).collect())
    }

    /// The interface of the narrowest route, and of the cheapest among those.
    pub fn interface_to(&self, address: IpAddr) -> Option<String> {
        if address.is_loopback() {
            return None;
        }
        let (protocol, bits) = match address {
            IpAddr::V4(four) => (Protocol::Ipv4, mapped(four)),
            IpAddr::V6(six) => (Protocol::Ipv6, u128::from(six)),
        };
        let leads = |route: &&Route| {
            protocol == route.protocol
                && (bits ^ route.network).checked_shr(128 - route.prefix).unwrap_or(0) == 0
        };
        let best =
            self.0.iter().filter(leads).max_by_key(|route| (route.prefix, std::cmp::Reverse(route.metric)));
        best.map(|route| route.interface.clone())
    }
}

fn mapped(address: Ipv4Addr) -> u128 {
    u128::from(address.to_ipv6_mapped())
}

/// Interface, destination, gateway, flags, two counters, metric, mask; addresses in the byte order of the machine's memory.
fn ipv4(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [interface, destination, _, flags, _, _, metric, mask, ..] = fields[..] else { return None };
    let address =
        |text: &str| u32::from_str_radix(text, 16).ok().map(|word| Ipv4Addr::from(word.to_ne_bytes()));
    let is_up = u32::from_str_radix(flags, 16).ok()? & UP != 0;
    is_up.then_some(Route {
        interface: interface.to_owned(),
        protocol: Protocol::Ipv4,
        network: mapped(address(destination)?),
        prefix: 96 + u32::from(address(mask)?).leading_ones(),
        metric: metric.parse().ok()?,
    })
}

/// Destination, prefix, source, prefix, next hop, metric, two counters, flags, interface; numbers in hexadecimal digits.
fn ipv6(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [destination, prefix, _, _, _, metric, _, _, flags, interface] = fields[..] else { return None };
    let number = |text: &str| u32::from_str_radix(text, 16).ok();
    let is_up = number(flags)? & UP != 0;
    let network = u128::from_str_radix(destination, 16).ok().map(Ipv6Addr::from)?;
    let prefix = number(prefix).filter(|prefix| *prefix <= 128)?;
    // The default route of the kernel that leads nowhere stands on loopback.
    (is_up && interface != "lo").then_some(Route {
        interface: interface.to_owned(),
        protocol: Protocol::Ipv6,
        network: u128::from(network),
        prefix,
        metric: number(metric)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_narrowest_route_wins_and_then_the_cheapest() {
        let lines = [
            "fd000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0",
            "fd000000000000000000000000000000 10 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00000001     eth1",
            "fd000000000000000000000000000000 10 00000000000000000000000000000000 00 00000000000000000000000000000000 00000200 00000001 00000000 00000001     eth2",
            "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00000001     eth3",
            "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo",
        ];
        let routes = Routes(lines.iter().filter_map(|line| ipv6(line)).collect());
        assert_eq!(routes.0.len(), 4);
        let to = |address: &str| routes.interface_to(address.parse().unwrap());
        assert_eq!(to("fd00::1").as_deref(), Some("eth2"));
        assert_eq!(to("fd01::1").as_deref(), Some("eth0"));
        assert_eq!(to("2001:db8::1").as_deref(), Some("eth3"));
        assert_eq!(to("192.0.2.1"), None, "the default route of one protocol is none of the other");
    }

    proptest! {
        #[test]
        fn any_line_is_a_route_or_none(line in "[0-9a-f \\t]{0,120}", word in "\\PC{0,80}") {
            let routes: Vec<Route> = [ipv4(&line), ipv6(&line), ipv4(&word), ipv6(&word)].into_iter().flatten().collect();
            let _ = Routes(routes).interface_to(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
        }
    }
}

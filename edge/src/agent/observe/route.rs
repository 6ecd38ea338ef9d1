//! Ways to everywhere, from the kernel's tables.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::read;
use crate::field::report::format::{Route, Text};

pub(super) const TABLES: [&str; 2] = ["net/route", "net/ipv6_route"];

const FLAG_UP: u32 = 0x1;
const FLAG_REJECT: u32 = 0x200;
const LOOPBACK: &str = "lo";

/// `None` if the kernel shows neither table.
pub(super) fn default_routes(proc: &Path) -> Option<Vec<Route>> {
    let [four, six] = TABLES.map(|table| read::all(&proc.join(table)));
    if four.is_none() && six.is_none() {
        return None;
    }
    let four = four.iter().flat_map(|table| table.lines().filter_map(route_4));
    let six = six.iter().flat_map(|table| table.lines().filter_map(route_6));
    let mut routes: Vec<Route> = four.chain(six).collect();
    routes.dedup();
    Some(routes)
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, addresses as the machine keeps them.
fn route_4(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [interface, destination, gateway, flags, _, _, _, mask, ..] = fields.as_slice() else { return None };
    let number = |field: &str| u32::from_str_radix(field, 16).ok();
    let everywhere = number(destination)? == 0 && number(mask)? == 0;
    let gateway = Ipv4Addr::from(number(gateway)?.to_ne_bytes());
    let way = everywhere && is_way(interface, number(flags)?);
    way.then(|| route(interface, (!gateway.is_unspecified()).then(|| gateway.to_string())))
}

/// `destination length source length gateway metric references use flags interface`
fn route_6(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [destination, length, _, _, gateway, _, _, _, flags, interface] = fields.as_slice() else {
        return None;
    };
    let number = |field: &str| u128::from_str_radix(field, 16).ok();
    let everywhere = number(destination)? == 0 && number(length)? == 0;
    let gateway = Ipv6Addr::from(number(gateway)?);
    let way = everywhere && is_way(interface, u32::try_from(number(flags)?).ok()?);
    way.then(|| route(interface, (!gateway.is_unspecified()).then(|| gateway.to_string())))
}

fn is_way(interface: &str, flags: u32) -> bool {
    interface != LOOPBACK && flags & FLAG_UP != 0 && flags & FLAG_REJECT == 0
}

fn route(interface: &str, gateway: Option<String>) -> Route {
    Route { interface: Text::cut(interface), gateway: gateway.map(|gateway| Text::cut(&gateway)) }
}

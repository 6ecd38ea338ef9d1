//! Network interfaces.

use std::path::Path;

use super::read;
use crate::field::report::format::{Interface, Text};

pub(super) const FOLDER: &str = "class/net";
/// `ARPHRD_LOOPBACK`
const LOOPBACK: &str = "772";
/// `IFF_UP`
const FLAG_UP: u32 = 1;

pub(super) fn interfaces(sysfs: &Path) -> Option<Vec<Interface>> {
    let folder = sysfs.join(FOLDER);
    let names = read::names(&folder)?;
    Some(names.iter().filter_map(|name| interface(&folder.join(name), name)).collect())
}

/// Whether an interface is a radio; the kernel links it to its physical device.
pub(super) fn is_wlan(interface: &Path) -> bool {
    interface.join("phy80211").exists() || interface.join("wireless").exists()
}

/// A modem, as its driver says.
pub(super) fn is_modem(interface: &Path) -> bool {
    let told = read::all(&interface.join("uevent"));
    told.is_some_and(|told| read::value(&told, "DEVTYPE") == Some("wwan"))
}

fn interface(folder: &Path, name: &str) -> Option<Interface> {
    // `bonding_masters` and the like are files.
    if !folder.is_dir() || read::line(&folder.join("type")).is_some_and(|number| number == LOOPBACK) {
        return None;
    }
    let interface_type = if is_wlan(folder) {
        "wlan"
    } else if is_modem(folder) {
        "modem"
    } else if folder.join("tun_flags").exists() {
        "tunnel"
    } else if folder.join("device").exists() {
        "ethernet"
    } else {
        "virtual"
    };
    Some(Interface {
        name: Text::cut(name),
        interface_type: Some(Text::cut(interface_type)),
        address: read::text(&folder.join("address")),
        up: is_up(folder),
    })
}

/// Drivers that do not know whether there is a carrier say `unknown`.
fn is_up(folder: &Path) -> Option<bool> {
    match read::line(&folder.join("operstate"))?.as_str() {
        "up" => Some(true),
        "unknown" => {
            let flags = read::line(&folder.join("flags"))?;
            let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok()?;
            Some(flags & FLAG_UP != 0)
        }
        _ => Some(false),
    }
}

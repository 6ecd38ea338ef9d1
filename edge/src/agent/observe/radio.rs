//! Everything that can send or receive without a wire.

use std::path::Path;

use super::{network, read};
use crate::field::report::format::{Radio, RadioType, Text};

/// Besides those of the network.
pub(super) const FOLDERS: [&str; 5] =
    ["class/rfkill", "class/bluetooth", "class/wwan", "class/nfc", "class/rc"];

/// `RFKILL_STATE_UNBLOCKED`
const UNBLOCKED: &str = "1";

/// `None` if the kernel shows no classes of devices at all.
pub(super) fn radios(sysfs: &Path) -> Option<Vec<Radio>> {
    let class = sysfs.join("class");
    read::names(&class)?;
    let mut radios = switches(&class.join("rfkill"));
    let net = class.join("net");
    for name in read::names(&net).unwrap_or_default() {
        if network::is_wlan(&net.join(&name)) {
            add(&mut radios, RadioType::Wlan, &name);
        } else if network::is_modem(&net.join(&name)) {
            add(&mut radios, RadioType::Modem, &name);
        }
    }
    let classes = [
        ("bluetooth", "hci", RadioType::Bluetooth),
        ("wwan", "wwan", RadioType::Modem),
        ("nfc", "nfc", RadioType::Nfc),
        ("rc", "rc", RadioType::Infrared),
    ];
    for (folder, prefix, radio) in classes {
        let names = read::names(&class.join(folder)).unwrap_or_default();
        // `hci0:12` is a connection and `wwan0at0` a channel.
        for name in names.iter().filter(|name| is_numbered(name, prefix)) {
            add(&mut radios, radio, name);
        }
    }
    radios.sort_by(|one, other| (one.radio.name(), &one.name).cmp(&(other.radio.name(), &other.name)));
    Some(radios)
}

/// The kernel's switches, which know whether a radio may send.
fn switches(folder: &Path) -> Vec<Radio> {
    let switch = |entry: String| {
        let file = |file: &str| read::line(&folder.join(&entry).join(file));
        let radio = match file("type")?.as_str() {
            "wlan" => RadioType::Wlan,
            "bluetooth" => RadioType::Bluetooth,
            "wwan" | "wimax" => RadioType::Modem,
            "nfc" => RadioType::Nfc,
            "ultrawideband" => RadioType::Uwb,
            _ => RadioType::Other,
        };
        let on = file("state").map(|state| state == UNBLOCKED);
        Some(Radio { radio, name: Text::cut(&file("name").unwrap_or(entry.clone())), on })
    };
    read::names(folder).unwrap_or_default().into_iter().filter_map(switch).collect()
}

fn add(radios: &mut Vec<Radio>, radio: RadioType, name: &str) {
    let known = radios.iter().any(|known| known.radio == radio && known.name.as_str() == name);
    if !known {
        radios.push(Radio { radio, name: Text::cut(name), on: None });
    }
}

fn is_numbered(name: &str, prefix: &str) -> bool {
    let digits = name.strip_prefix(prefix);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

//! Removable media: USB storage and cameras or telephones that offer their files, cards, discs.

use std::path::Path;

use super::read;
use crate::agent::config::KnownMedia;
use crate::field::report::format::{Media, Text};

const USB: &str = "bus/usb/devices";
const BLOCK: &str = "block";
pub(super) const FOLDERS: [&str; 2] = [USB, BLOCK];

/// Classes of USB interfaces through which files are exchanged: mass storage, and still image (PTP, MTP).
const STORAGE_CLASSES: [&str; 2] = ["08", "06"];

/// `None` if the kernel shows neither USB nor block devices.
pub(super) fn media(sysfs: &Path, register: Option<&[KnownMedia]>) -> Option<Vec<Media>> {
    let (usb, block) = (usb(sysfs), block(sysfs));
    if usb.is_none() && block.is_none() {
        return None;
    }
    let mut media: Vec<Media> = usb.into_iter().chain(block).flatten().collect();
    if let Some(register) = register {
        for medium in &mut media {
            look_up(medium, register);
        }
    }
    Some(media)
}

fn usb(sysfs: &Path) -> Option<Vec<Media>> {
    let folder = sysfs.join(USB);
    let names = read::names(&folder)?;
    let is_storage = |device: &str| {
        let interfaces = names.iter().filter(|name| name.split_once(':').is_some_and(|(of, _)| of == device));
        interfaces
            .filter_map(|interface| read::line(&folder.join(interface).join("bInterfaceClass")))
            .any(|class| STORAGE_CLASSES.contains(&class.as_str()))
    };
    let devices = names.iter().filter(|name| !name.contains(':') && is_storage(name));
    let medium = |name: &String| {
        let file = |file: &str| read::text(&folder.join(name).join(file));
        Media { vendor: file("idVendor"), product: file("idProduct"), serial: file("serial"), ..plain("usb") }
    };
    Some(devices.map(medium).collect())
}

/// Cards in a slot, and discs in a drive. USB sticks are block devices too, and were found already.
fn block(sysfs: &Path) -> Option<Vec<Media>> {
    let folder = sysfs.join(BLOCK);
    let medium = |name: String| {
        let file = |file: &str| read::line(&folder.join(&name).join(file));
        if name.starts_with("mmcblk") {
            let card = file("device/type").is_some_and(|device| device == "SD");
            let serial = file("device/serial").map(|serial| Text::cut(&serial));
            return card.then(|| Media { serial, ..plain("sd") });
        }
        let loaded = name.starts_with("sr") && file("size").is_some_and(|size| size != "0");
        loaded.then(|| Media { serial: Some(Text::cut(&name)), ..plain("optical") })
    };
    Some(read::names(&folder)?.into_iter().filter_map(medium).collect())
}

fn plain(bus: &str) -> Media {
    Media { bus: Text::cut(bus), vendor: None, product: None, serial: None, registered: None, level: None }
}

fn look_up(medium: &mut Media, register: &[KnownMedia]) {
    let fits = |known: &Option<String>, found: &Option<Text>| {
        known.as_deref().is_none_or(|known| found.as_ref().is_some_and(|found| found.as_str() == known))
    };
    let known = register.iter().find(|known| {
        medium.serial.as_ref().is_some_and(|serial| serial.as_str() == known.serial)
            && fits(&known.vendor, &medium.vendor)
            && fits(&known.product, &medium.product)
    });
    medium.registered = Some(known.is_some());
    medium.level = known.and_then(|known| known.level);
}

//! Cameras, and devices that hear or sound.

use std::path::Path;

use super::read;
use crate::field::report::format::{AudioVideo, Text};

pub(super) const FOLDERS: [&str; 2] = ["class/video4linux", "class/sound"];

/// `None` if the kernel shows no classes of devices at all.
pub(super) fn devices(sysfs: &Path) -> Option<Vec<AudioVideo>> {
    let class = sysfs.join("class");
    read::names(&class)?;
    let found = |folder: &str, prefix: &str, device: &str, label: &str| {
        let folder = class.join(folder);
        let names = read::names(&folder).unwrap_or_default().into_iter();
        let named = |name: String| {
            let label = read::line(&folder.join(&name).join(label));
            let name = label.map_or(name.clone(), |label| format!("{name}/{label}"));
            AudioVideo { device: Text::cut(device), name: Text::cut(&name) }
        };
        names.filter(|name| name.starts_with(prefix)).map(named).collect::<Vec<_>>()
    };
    let mut devices = found("video4linux", "video", "camera", "name");
    devices.extend(found("sound", "card", "audio", "id"));
    Some(devices)
}

//! How things stand on this computer, read from the file systems in which the kernel and the system show them. Whatever is
//! absent, unreadable or garbage there is left out; nothing is made up.

mod audio_video;
mod media;
mod network;
mod radio;
mod read;
mod route;
mod session;
mod utmp;

use std::time::SystemTime;

use super::config::{KnownMedia, ObserveConfig};
use crate::field::report::format::State;

/// As many entries of a class as a report may carry; beyond it the observation is cut, in the order of the names.
pub const ITEMS_MAX: usize = 64;

/// Looks at everything once.
pub fn observe(config: &ObserveConfig, register: Option<&[KnownMedia]>) -> State {
    let sysfs = &config.sysfs;
    let sessions = session::sessions(&config.run);
    State {
        screen_locked: session::screen_locked(&config.run),
        patch_age_days: config.patch_stamp.as_deref().and_then(patch_age_days),
        // No Linux system shows this in a common way.
        antivirus: None,
        interfaces: cut(network::interfaces(sysfs)),
        routes: cut(route::default_routes(&config.proc)),
        radios: cut(radio::radios(sysfs)),
        media: cut(media::media(sysfs, register)),
        audio_video: cut(audio_video::devices(sysfs)),
        sessions: cut(sessions),
    }
}

/// Whether the system is going down, as far as it says so: systemd refuses logons from then on.
pub fn is_shutting_down(config: &ObserveConfig) -> bool {
    config.run.join("nologin").is_file()
}

fn cut<T>(items: Option<Vec<T>>) -> Option<Vec<T>> {
    items.map(|mut items| {
        items.truncate(ITEMS_MAX);
        items
    })
}

fn patch_age_days(stamp: &std::path::Path) -> Option<u32> {
    const DAY_S: u64 = 86_400;
    let touched = std::fs::metadata(stamp).ok()?.modified().ok()?;
    let age = SystemTime::now().duration_since(touched).unwrap_or_default();
    u32::try_from(age.as_secs() / DAY_S).ok()
}

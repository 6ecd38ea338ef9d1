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

use std::path::Path;
use std::time::SystemTime;

use super::config::{KnownMedia, ObserveConfig};
use crate::field::report::format::{State, Unlisted};

/// Looks at everything once. As much as there is: what a report has no room for is still compared.
pub fn observe(config: &ObserveConfig, register: Option<&[KnownMedia]>) -> State {
    let sysfs = &config.sysfs;
    let sessions = session::sessions(&config.run);
    State {
        screen_locked: session::screen_locked(&config.run),
        patch_age_days: config.patch_stamp.as_deref().and_then(patch_age_days),
        // No Linux system shows this in a common way.
        antivirus: None,
        interfaces: network::interfaces(sysfs),
        routes: route::default_routes(&config.proc),
        radios: radio::radios(sysfs),
        media: media::media(sysfs, register),
        audio_video: audio_video::devices(sysfs),
        sessions,
        unlisted: unseen(config),
    }
}

/// Whether the system is going down, as far as it says so: systemd refuses logons from then on.
pub fn is_shutting_down(config: &ObserveConfig) -> bool {
    config.run.join("nologin").is_file()
}

/// What is not even looked at, because there is so much of it.
fn unseen(config: &ObserveConfig) -> Unlisted {
    let (sysfs, proc, run) = (&config.sysfs, &config.proc, &config.run);
    let beyond =
        |root: &Path, folders: &[&str]| folders.iter().map(|folder| read::beyond(&root.join(folder))).sum();
    Unlisted {
        interfaces: beyond(sysfs, &[network::FOLDER]),
        routes: route::TABLES.iter().filter(|table| read::is_cut(&proc.join(table))).count() as u64,
        radios: beyond(sysfs, &radio::FOLDERS),
        media: beyond(sysfs, &media::FOLDERS),
        audio_video: beyond(sysfs, &audio_video::FOLDERS),
        sessions: beyond(run, &[session::FOLDER]) + u64::from(read::is_cut(&run.join(session::UTMP))),
    }
}

fn patch_age_days(stamp: &Path) -> Option<u32> {
    const DAY_S: u64 = 86_400;
    let touched = std::fs::metadata(stamp).ok()?.modified().ok()?;
    let age = SystemTime::now().duration_since(touched).unwrap_or_default();
    u32::try_from(age.as_secs() / DAY_S).ok()
}

//! Who is logged on, as systemd-logind shows it, else as utmp does; and whether the screen is locked.

use std::path::Path;

use super::{read, utmp};
use crate::field::report::format::{Logon, Text};

pub(super) const FOLDER: &str = "systemd/sessions";
pub(super) const UTMP: &str = "utmp";

/// `None` if the system shows nobody's sessions.
pub(super) fn sessions(run: &Path) -> Option<Vec<Logon>> {
    match records(run) {
        Some(records) => Some(records.iter().filter_map(|record| logon(record)).collect()),
        None => Some(utmp::logons(&read::bytes(&run.join(UTMP))?)),
    }
}

/// Locked if every graphical session is. `None` if there is none, or if none says.
pub(super) fn screen_locked(run: &Path) -> Option<bool> {
    let hint = |record: &String| {
        let graphical = matches!(read::value(record, "TYPE"), Some("x11" | "wayland" | "mir"));
        let user = read::value(record, "CLASS").is_some_and(|class| class == "user");
        if graphical && user { read::value(record, "LOCKED_HINT").and_then(yes_or_no) } else { None }
    };
    let hints: Vec<bool> = records(run)?.iter().filter_map(hint).collect();
    (!hints.is_empty()).then(|| hints.iter().all(|locked| *locked))
}

fn records(run: &Path) -> Option<Vec<String>> {
    let folder = run.join(FOLDER);
    // `c1.ref` is a pipe that belongs to the session c1.
    let names = read::names(&folder)?.into_iter().filter(|name| !name.contains('.'));
    Some(names.filter_map(|name| read::all(&folder.join(name))).collect())
}

fn logon(record: &str) -> Option<Logon> {
    let value = |key: &str| read::value(record, key);
    // Greeters and managers are sessions too, of nobody in the room.
    if value("CLASS").is_some_and(|class| !class.starts_with("user")) || value("STATE") == Some("closing") {
        return None;
    }
    let user = value("USER").or(value("UID"))?;
    let remote = value("REMOTE").and_then(yes_or_no) == Some(true);
    let method = match value("TYPE") {
        _ if remote => "remote",
        Some("x11" | "wayland" | "mir") => "graphical",
        Some("tty") => "console",
        _ => "other",
    };
    let place = if remote { value("REMOTE_HOST") } else { value("TTY").or(value("SEAT")) };
    Some(Logon { user: Text::cut(user), method: Text::cut(method), place: place.map(Text::cut) })
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "1" | "yes" => Some(true),
        "0" | "no" => Some(false),
        _ => None,
    }
}

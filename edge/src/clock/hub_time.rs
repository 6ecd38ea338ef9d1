//! The time that the hub said last, kept across restarts: without a clock of its own an edge knows from it at least how late
//! it is, and takes no certificate that had expired by then.
//!
//! A hub whose clock is years ahead teaches a wrong time, and once its clock is right again, or another hub stands in its
//! place, a sound certificate of a year looks expired. So what was learnt can never shut the edge out for good: the last
//! word counts, also if it is an earlier one (whoever may say it has proved itself against the former), and a time that
//! alone keeps every hub out for an hour is forgotten. A certificate that was stolen and has expired is worth an hour of
//! holding the line then, while the silence of the edge is an incident at the hub after a minute.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runtime::tls::CertificateTime;
use tracing::{error, warn};
use wire::{ClockState, Stamp};

use super::RELEASED_MS;

/// The file is written at most once in this time, for the flash's sake; certificates do not expire by the minute.
const WRITE_EVERY_MS: u64 = 3_600_000;
/// So long no hub came through because its certificate seems to have expired. Counted within one life of the process.
const SHUT_OUT_MS_MAX: u64 = 3_600_000;
/// A number of milliseconds; anything longer is not ours.
const FILE_BYTES_MAX: u64 = 32;

#[derive(Debug)]
pub struct HubTime {
    path: PathBuf,
    latest_ms: Option<i64>,
    written_ms: Option<i64>,
    /// When the first hub was kept out since one came through, in milliseconds since the boot.
    shut_out_ms: Option<u64>,
}

impl HubTime {
    /// Beside the spool.
    pub fn path_beside(spool: &Path) -> PathBuf {
        spool.with_extension("hub-time")
    }

    /// A file that is not there or cannot be read is none: then the software's own age is all that is known.
    pub fn load(path: PathBuf) -> Self {
        let read = read(&path);
        if let Err(error) = &read
            && error.kind() != io::ErrorKind::NotFound
        {
            warn!(path = %path.display(), %error, "the hub's last time cannot be read; it is learnt anew");
        }
        let written_ms = read.ok();
        Self { path, latest_ms: written_ms, written_ms, shut_out_ms: None }
    }

    pub fn latest_ms(&self) -> Option<i64> {
        self.latest_ms
    }

    /// By which time the hub's certificate is judged. Only a clock that follows a source is taken at its word.
    pub fn certificate_time(&self, clock: ClockState) -> CertificateTime {
        match clock {
            ClockState::Synchronised => CertificateTime::Clock,
            ClockState::Unset | ClockState::Free => {
                let latest_ms = self.latest_ms.unwrap_or(RELEASED_MS).max(RELEASED_MS);
                CertificateTime::AtLeast { unix_s: latest_ms.unsigned_abs() / 1_000 }
            }
        }
    }

    /// The hub said what time it is, and proved itself with a certificate that ends then. A time behind that end is not
    /// learnt: this very hub could not prove itself by it.
    pub fn said(&mut self, hub_ms: i64, end_ms: i64) {
        self.shut_out_ms = None;
        if hub_ms > end_ms {
            metrics::counter!("edge_hub_time_refused_total").increment(1);
            warn!(
                hub_ms,
                end_ms, "the hub tells a time at which its own certificate has expired; its clock is wrong"
            );
            return;
        }
        self.latest_ms = Some(hub_ms);
        if self.written_ms.is_some_and(|written_ms| written_ms.abs_diff(hub_ms) < WRITE_EVERY_MS) {
            return;
        }
        // Also if it fails: a full disk is not to be asked with every connection.
        self.written_ms = Some(hub_ms);
        if let Err(error) = write(&self.path, hub_ms) {
            warn!(path = %self.path.display(), %error, "the hub's time cannot be written down");
        }
    }

    /// A hub was kept out because its certificate seems to have expired. If that lasts, what was learnt is forgotten, unless
    /// the machine's own clock bears it out: then the certificate is to be renewed.
    pub fn shut_out(&mut self, now: &Stamp) {
        let Some(latest_ms) = self.latest_ms else { return };
        let borne_out = match now.clock {
            ClockState::Unset => false,
            ClockState::Free | ClockState::Synchronised => now.wall_ms >= latest_ms,
        };
        let since_ms = *self.shut_out_ms.get_or_insert(now.mono_ms);
        if borne_out || now.mono_ms.saturating_sub(since_ms) < SHUT_OUT_MS_MAX {
            return;
        }
        metrics::counter!("edge_hub_time_forgotten_total").increment(1);
        error!(
            latest_ms,
            "for an hour every hub's certificate had expired by the time that a hub once said; that time is forgotten"
        );
        (self.latest_ms, self.written_ms, self.shut_out_ms) = (None, None, None);
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            warn!(path = %self.path.display(), %error, "the hub's time cannot be removed");
        }
    }
}

fn read(path: &Path) -> io::Result<i64> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let text = fs::read_to_string(path)?;
    text.trim_end().parse().map_err(|_| io::ErrorKind::InvalidData.into())
}

fn write(path: &Path, hub_ms: i64) -> io::Result<()> {
    let new = path.with_extension("hub-time.new");
    fs::write(&new, format!("{hub_ms}\n"))?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::BootId;

    fn stamp(clock: ClockState, wall_ms: i64, mono_ms: u64) -> Stamp {
        Stamp { boot: BootId([1; 16]), mono_ms, wall_ms, clock }
    }

    fn at_least(ms: i64) -> CertificateTime {
        CertificateTime::AtLeast { unix_s: ms as u64 / 1_000 }
    }

    #[test]
    fn the_hubs_last_word_survives_a_restart_and_is_seldom_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = HubTime::path_beside(&folder.path().join("spool.redb"));
        let mut time = HubTime::load(path.clone());
        assert_eq!(time.latest_ms(), None);
        time.said(1_000, i64::MAX);
        assert_eq!((time.latest_ms(), HubTime::load(path.clone()).latest_ms()), (Some(1_000), Some(1_000)));
        let hour_ms = WRITE_EVERY_MS as i64;
        time.said(1_000 + hour_ms - 1, i64::MAX);
        assert_eq!(HubTime::load(path.clone()).latest_ms(), Some(1_000), "not written so soon again");
        time.said(1_000 + hour_ms, i64::MAX);
        assert_eq!(HubTime::load(path).latest_ms(), Some(1_000 + hour_ms));
    }

    #[test]
    fn a_file_that_is_not_ours_is_learnt_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool.hub-time");
        for text in ["", "yesterday", "99999999999999999999999999", &"1".repeat(5_000)] {
            fs::write(&path, text).unwrap();
            let mut time = HubTime::load(path.clone());
            assert_eq!(time.latest_ms(), None, "{text}");
            time.said(7, i64::MAX);
            assert_eq!(HubTime::load(path.clone()).latest_ms(), Some(7));
        }
    }

    #[test]
    fn a_time_at_which_the_hub_could_not_prove_itself_is_not_learnt() {
        let folder = tempfile::tempdir().unwrap();
        let mut time = HubTime::load(folder.path().join("spool.hub-time"));
        time.said(1_000, 5_000);
        time.said(5_001, 5_000);
        assert_eq!(time.latest_ms(), Some(1_000));
    }

    #[test]
    fn a_hub_whose_clock_was_set_right_sets_the_learnt_time_right() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool.hub-time");
        let mut time = HubTime::load(path.clone());
        time.said(i64::MAX, i64::MAX);
        time.said(RELEASED_MS + 9_000, i64::MAX);
        assert_eq!(HubTime::load(path).certificate_time(ClockState::Unset), at_least(RELEASED_MS + 9_000));
    }

    #[test]
    fn a_learnt_time_that_keeps_every_hub_out_is_forgotten_after_an_hour() {
        for clock in [ClockState::Unset, ClockState::Free] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("spool.hub-time");
            fs::write(&path, i64::MAX.to_string()).unwrap();
            let mut time = HubTime::load(path.clone());
            time.shut_out(&stamp(clock, 0, 500));
            time.shut_out(&stamp(clock, 0, 500 + SHUT_OUT_MS_MAX - 1));
            assert_eq!(time.certificate_time(clock), at_least(i64::MAX), "it is too soon");
            time.shut_out(&stamp(clock, 0, 500 + SHUT_OUT_MS_MAX));
            assert_eq!(time.certificate_time(clock), at_least(RELEASED_MS));
            assert!(!path.exists(), "and it does not come back with the next start");
        }
    }

    #[test]
    fn a_hub_that_came_through_between_makes_the_learnt_time_credible_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut time = HubTime::load(folder.path().join("spool.hub-time"));
        time.said(9_000, i64::MAX);
        time.shut_out(&stamp(ClockState::Unset, 0, 0));
        time.said(9_000, i64::MAX);
        time.shut_out(&stamp(ClockState::Unset, 0, SHUT_OUT_MS_MAX));
        assert_eq!(time.latest_ms(), Some(9_000));
    }

    #[test]
    fn a_learnt_time_that_the_own_clock_bears_out_is_never_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut time = HubTime::load(folder.path().join("spool.hub-time"));
        time.said(9_000, i64::MAX);
        for mono_ms in [0, 2 * SHUT_OUT_MS_MAX, 99 * SHUT_OUT_MS_MAX] {
            time.shut_out(&stamp(ClockState::Free, 9_000, mono_ms));
        }
        assert_eq!(time.latest_ms(), Some(9_000));
    }

    #[test]
    fn only_a_clock_that_follows_a_source_is_taken_at_its_word() {
        let folder = tempfile::tempdir().unwrap();
        let mut time = HubTime::load(folder.path().join("spool.hub-time"));
        assert_eq!(time.certificate_time(ClockState::Free), at_least(RELEASED_MS));
        time.said(5, i64::MAX);
        assert_eq!(time.certificate_time(ClockState::Synchronised), CertificateTime::Clock);
        assert_eq!(time.certificate_time(ClockState::Unset), at_least(RELEASED_MS));
        time.said(RELEASED_MS + 9_000, i64::MAX);
        assert_eq!(time.certificate_time(ClockState::Free), at_least(RELEASED_MS + 9_000));
    }
}

//! The latest time that the hub said, kept across restarts: without a clock of its own an edge knows from it at least how
//! late it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runtime::tls::CertificateTime;
use tracing::warn;
use wire::ClockState;

use super::RELEASED_MS;

/// The file is written at most once in this time, for the flash's sake; certificates do not expire by the minute.
const WRITE_EVERY_MS: i64 = 3_600_000;
/// A number of milliseconds; anything longer is not ours.
const FILE_BYTES_MAX: u64 = 32;

#[derive(Debug)]
pub struct HubTime {
    path: PathBuf,
    latest_ms: Option<i64>,
    written_ms: Option<i64>,
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
        Self { path, latest_ms: written_ms, written_ms }
    }

    pub fn latest_ms(&self) -> Option<i64> {
        self.latest_ms
    }

    /// The hub said what time it is, and proved itself with a certificate that ends then. A time before the last one changes
    /// nothing. One behind that end is not learnt, and not kept: by it no hub could ever prove itself to this edge again.
    pub fn said(&mut self, hub_ms: i64, end_ms: i64) {
        if hub_ms > end_ms {
            metrics::counter!("edge_hub_time_refused_total").increment(1);
            warn!(
                hub_ms,
                end_ms, "the hub tells a time at which its own certificate has expired; its clock is wrong"
            );
            return;
        }
        let possible = |known_ms: &i64| *known_ms <= end_ms;
        self.latest_ms = self.latest_ms.filter(possible).max(Some(hub_ms));
        self.written_ms = self.written_ms.filter(possible);
        let due =
            self.written_ms.is_none_or(|written_ms| hub_ms.saturating_sub(written_ms) >= WRITE_EVERY_MS);
        if !due {
            return;
        }
        // Also if it fails: a full disk is not to be asked with every connection.
        self.written_ms = Some(hub_ms);
        if let Err(error) = write(&self.path, hub_ms) {
            warn!(path = %self.path.display(), %error, "the hub's time cannot be written down");
        }
    }
}

/// By which time the hub's certificate is judged. Only a clock that follows a source is taken at its word. A hub that lived
/// after our own certificate's end would have refused us: such a time comes of a damaged file or of a wrong clock, and
/// going by it would shut the edge out for good.
pub fn certificate_time(
    clock: ClockState,
    hub_time_ms: Option<i64>,
    own_end_ms: Option<i64>,
) -> CertificateTime {
    match clock {
        ClockState::Synchronised => CertificateTime::Clock,
        ClockState::Unset | ClockState::Free => {
            let possible = hub_time_ms.filter(|told_ms| own_end_ms.is_none_or(|end_ms| *told_ms <= end_ms));
            let latest_ms = possible.unwrap_or(RELEASED_MS).max(RELEASED_MS);
            CertificateTime::AtLeast { unix_s: latest_ms.unsigned_abs() / 1_000 }
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

    #[test]
    fn the_hubs_time_survives_a_restart_and_never_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = HubTime::path_beside(&folder.path().join("spool.redb"));
        let mut time = HubTime::load(path.clone());
        assert_eq!(time.latest_ms(), None);
        time.said(1_000, i64::MAX);
        time.said(900, i64::MAX);
        assert_eq!((time.latest_ms(), HubTime::load(path.clone()).latest_ms()), (Some(1_000), Some(1_000)));
        time.said(1_000 + WRITE_EVERY_MS - 1, i64::MAX);
        assert_eq!(HubTime::load(path.clone()).latest_ms(), Some(1_000), "not written so soon again");
        time.said(1_000 + WRITE_EVERY_MS, i64::MAX);
        assert_eq!(HubTime::load(path).latest_ms(), Some(1_000 + WRITE_EVERY_MS));
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
    fn a_time_at_which_no_hub_could_prove_itself_is_neither_learnt_nor_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool.hub-time");
        let mut time = HubTime::load(path.clone());
        time.said(1_000, 5_000);
        time.said(5_001, 5_000);
        assert_eq!((time.latest_ms(), HubTime::load(path.clone()).latest_ms()), (Some(1_000), Some(1_000)));
        fs::write(&path, i64::MAX.to_string()).unwrap();
        let mut poisoned = HubTime::load(path.clone());
        poisoned.said(2_000, 5_000);
        assert_eq!((poisoned.latest_ms(), HubTime::load(path).latest_ms()), (Some(2_000), Some(2_000)));
    }

    #[test]
    fn a_time_after_the_end_of_our_own_certificate_shuts_no_hub_out() {
        let (told, at_least) =
            (RELEASED_MS + 9_000, |ms: i64| CertificateTime::AtLeast { unix_s: ms as u64 / 1_000 });
        let judged = |own_end_ms| certificate_time(ClockState::Free, Some(told), Some(own_end_ms));
        assert_eq!((judged(told), judged(told - 1)), (at_least(told), at_least(RELEASED_MS)));
    }

    #[test]
    fn only_a_clock_that_follows_a_source_is_taken_at_its_word() {
        let released_s = RELEASED_MS as u64 / 1_000;
        let at_least = |unix_s| CertificateTime::AtLeast { unix_s };
        assert_eq!(certificate_time(ClockState::Synchronised, Some(5), None), CertificateTime::Clock);
        assert_eq!(certificate_time(ClockState::Free, None, None), at_least(released_s));
        assert_eq!(certificate_time(ClockState::Unset, Some(5), None), at_least(released_s));
        assert_eq!(
            certificate_time(ClockState::Unset, Some(RELEASED_MS + 9_000), None),
            at_least(released_s + 9)
        );
    }
}

//! When the certificate of the edge ends. Read again only once its file is another one: reading it checks the key too.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use runtime::tls::ClientFiles;
use tracing::debug;

use crate::uplink;

/// The last answer, and of which file it was.
#[derive(Debug, Default)]
pub(super) struct Certificate {
    known: Option<(Mark, Option<i64>)>,
}

/// A file that was exchanged has another length, time or inode.
type Mark = (u64, Option<SystemTime>, u64);

impl Certificate {
    /// Seconds of the epoch; `None` if there is no certificate that can be read.
    pub(super) fn not_after_s(&mut self, files: &ClientFiles) -> Option<i64> {
        let mark = mark(&files.certificate)?;
        if let Some((known, not_after_s)) = self.known
            && known == mark
        {
            return not_after_s;
        }
        let not_after_s = uplink::not_after_s(files).inspect_err(|error| {
            debug!(error = error as &dyn std::error::Error, "the end of the certificate cannot be told");
        });
        let not_after_s = not_after_s.ok().flatten();
        self.known = Some((mark, not_after_s));
        not_after_s
    }
}

fn mark(path: &Path) -> Option<Mark> {
    use std::os::unix::fs::MetadataExt;
    let is = fs::metadata(path).ok()?;
    Some((is.len(), is.modified().ok(), is.ino()))
}

/// Whole days that are left, 0 once the time is over.
pub(super) fn days_left(not_after_s: i64, now_s: i64) -> i64 {
    const DAY_S: i64 = 24 * 60 * 60;
    not_after_s.saturating_sub(now_s).max(0) / DAY_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_never_negative() {
        assert_eq!(days_left(86_400 * 30 + 86_399, 0), 30);
        assert_eq!(days_left(86_399, 0), 0);
        assert_eq!(days_left(0, i64::MAX), 0);
        assert_eq!(days_left(i64::MAX, i64::MIN), i64::MAX / 86_400);
    }
}

//! When the certificate of the edge ends. Read again only once its file is another one: reading it checks the key too.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use runtime::tls::{ClientFiles, own_certificate};
use tracing::debug;

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
        let own = own_certificate(files).inspect_err(|error| {
            debug!(error = error as &dyn std::error::Error, "the end of the certificate cannot be told");
        });
        let not_after_s = own.ok().map(|own| own.not_after_s);
        self.known = Some((mark, not_after_s));
        not_after_s
    }
}

fn mark(path: &Path) -> Option<Mark> {
    use std::os::unix::fs::MetadataExt;
    let is = fs::metadata(path).ok()?;
    Some((is.len(), is.modified().ok(), is.ino()))
}

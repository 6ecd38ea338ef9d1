//! What an authority has issued, for people (a table) and programs (JSON). Reading needs neither the CA's key nor the
//! lock: every file is replaced in one step.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::crl::CrlFacts;
use super::error::PkiError;
use super::files::Moment;
use super::folder::Folder;
use super::identity::Name;
use super::ledger::{Entry, State};
use super::signing::Own;

/// A list that ends this soon should be renewed now.
const RENEW_BEFORE_DAYS: u32 = 7;

/// Everything that the authority knows at one moment.
#[derive(Debug, Serialize)]
pub struct Listing {
    /// The trust domain.
    pub site: Name,
    /// When the CA itself ends.
    pub authority_ends: Moment,
    /// The list on the disk; `None` when it is missing or unreadable.
    pub crl: Option<CrlFacts>,
    /// Whether the list on the disk misses revocations.
    pub crl_behind: bool,
    /// In the order in which they were issued.
    pub certificates: Vec<Line>,
}

/// One certificate and what it is worth now.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Judged at the moment of the listing.
    pub state: State,
    /// As it stands in the ledger.
    #[serde(flatten)]
    pub entry: Entry,
}

impl Listing {
    /// Reads the authority in `folder`.
    pub fn read(folder: &Path, now_s: i64) -> Result<Self, PkiError> {
        let (folder, now) = (Folder::new(folder), Moment::from_s(now_s));
        let own = Own::parse(&folder.read_certificate()?)?;
        let ledger = folder.read_ledger()?;
        let crl = folder.read_crl();
        let line = |entry: Entry| Line { state: entry.state(now), entry };
        Ok(Self {
            site: ledger.site,
            authority_ends: own.expires,
            crl,
            crl_behind: crl.is_none_or(|facts| facts.number < ledger.crl_number),
            certificates: ledger.certificates.into_iter().map(line).collect(),
        })
    }

    /// The table for people.
    pub fn print(&self, now_s: i64, out: &mut dyn Write) -> io::Result<()> {
        let now = Moment::from_s(now_s);
        writeln!(out, "site {}, authority valid until {}", self.site, self.authority_ends)?;
        writeln!(out, "{}", self.crl_line(now))?;
        let holders: Vec<String> =
            self.certificates.iter().map(|line| line.entry.holder.to_string()).collect();
        let width = holders.iter().map(String::len).max().unwrap_or(0).max("holder".len());
        writeln!(out, "\n{:width$}  {:32}  {:20}  state", "holder", "serial", "expires")?;
        for (holder, line) in holders.iter().zip(&self.certificates) {
            let (serial, expires) = (line.entry.serial, line.entry.expires);
            writeln!(out, "{holder:width$}  {serial}  {expires}  {}", state_words(line))?;
        }
        Ok(())
    }

    fn crl_line(&self, now: Moment) -> String {
        let Some(crl) = self.crl else {
            return "revocation list: MISSING or unreadable; run: strongroom-hub pki renew-crl".to_owned();
        };
        let advice = if self.crl_behind {
            "; BEHIND the ledger, run: strongroom-hub pki renew-crl"
        } else if crl.next_update < now {
            "; EXPIRED, run: strongroom-hub pki renew-crl"
        } else if crl.next_update < now.plus_days(RENEW_BEFORE_DAYS) {
            "; ends soon, run: strongroom-hub pki renew-crl"
        } else {
            ""
        };
        format!(
            "revocation list {} names {}, next update before {}{advice}",
            crl.number, crl.revoked, crl.next_update
        )
    }
}

fn state_words(line: &Line) -> String {
    match (line.state, line.entry.revoked) {
        (_, Some(revocation)) => format!("revoked {} ({})", revocation.at, revocation.reason),
        (State::Expired, None) => "expired".to_owned(),
        (_, None) => "live".to_owned(),
    }
}

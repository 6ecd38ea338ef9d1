//! What the authority has issued and revoked: pure book-keeping over `issued.json`. The ledger is written before a
//! certificate leaves and before a revocation list names it, so neither can exist without a line here.

use serde::{Deserialize, Serialize};

use super::error::PkiError;
use super::files::Moment;
use super::identity::{Holder, Name};
use super::reason::Reason;
use super::serial::Serial;

/// The form of the file; a newer program may write a newer one.
const FORMAT: u32 = 1;
/// A thousand holders renewed at two thirds of a year's life fill this in thirteen years, and the file stays below 10 MB.
pub(super) const ENTRIES_MAX: usize = 20_000;
/// RFC 5280 keeps a revoked certificate on the list beyond its own end; this covers a hub whose clock is days behind.
const LISTED_AFTER_END_DAYS: u32 = 30;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    format: u32,
    /// The trust domain of every URI that the authority signs.
    pub site: Name,
    /// The number of the newest revocation list; the list on the disk is behind when its own number is lower.
    pub crl_number: u64,
    /// How long a revocation list is fresh.
    pub crl_days: u32,
    /// In the order in which they were issued.
    pub certificates: Vec<Entry>,
}

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// As in the certificate.
    pub serial: Serial,
    /// Whom it speaks for.
    pub holder: Holder,
    /// When it was signed.
    pub issued: Moment,
    /// Its last second.
    pub expires: Moment,
    /// Where the private key was made.
    pub key: KeyOrigin,
    /// Of the certificate's DER bytes, as the hub logs it.
    pub sha256: String,
    /// Set once, never taken back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked: Option<Revocation>,
}

/// Where a private key was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyOrigin {
    /// By the authority, which handed it over and kept no copy.
    Authority,
    /// On the device; it never left it.
    Device,
}

/// The end of a certificate before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// When it was recorded.
    pub at: Moment,
    /// Why.
    pub reason: Reason,
}

/// What a certificate is worth at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Accepted.
    Live,
    /// Over by itself.
    Expired,
    /// Taken back.
    Revoked,
}

impl Entry {
    /// Revoked wins over expired: it is what people ask about.
    pub fn state(&self, now: Moment) -> State {
        match self.revoked {
            Some(_) => State::Revoked,
            None if self.expires < now => State::Expired,
            None => State::Live,
        }
    }

    /// Whether a list that is signed now must name it.
    pub fn listed(&self, now: Moment) -> bool {
        self.revoked.is_some() && self.expires.plus_days(LISTED_AFTER_END_DAYS) >= now
    }
}

/// What to revoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every live certificate of one holder.
    Holder(Holder),
    /// One certificate.
    Serial(Serial),
}

impl Target {
    fn covers(&self, entry: &Entry) -> bool {
        match self {
            Self::Holder(holder) => entry.holder == *holder,
            Self::Serial(serial) => entry.serial == *serial,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Holder(holder) => holder.fmt(formatter),
            Self::Serial(serial) => write!(formatter, "serial {serial}"),
        }
    }
}

impl Ledger {
    /// An authority that has issued nothing.
    pub fn new(site: Name, crl_days: u32) -> Self {
        Self { format: FORMAT, site, crl_number: 1, crl_days, certificates: Vec::new() }
    }

    /// Whether this program understands the file.
    pub(super) fn known_format(&self) -> bool {
        self.format == FORMAT
    }

    /// Records a certificate that is about to leave.
    pub fn add(&mut self, entry: Entry) -> Result<(), PkiError> {
        if self.certificates.len() >= ENTRIES_MAX {
            return Err(PkiError::LedgerFull);
        }
        self.certificates.push(entry);
        Ok(())
    }

    /// How many certificates of a holder are accepted at `now`.
    pub fn live(&self, holder: &Holder, now: Moment) -> usize {
        self.certificates
            .iter()
            .filter(|entry| entry.holder == *holder && entry.state(now) == State::Live)
            .count()
    }

    /// Revokes what is live of `target` and asks for a new list if that was anything. A target that was never issued is
    /// an error, since it is likely to be a slip of the pen.
    pub fn revoke(&mut self, target: &Target, reason: Reason, now: Moment) -> Result<Vec<Entry>, PkiError> {
        if !self.certificates.iter().any(|entry| target.covers(entry)) {
            return Err(PkiError::NeverIssued { target: target.clone() });
        }
        let mut newly = Vec::new();
        for entry in &mut self.certificates {
            if target.covers(entry) && entry.state(now) == State::Live {
                entry.revoked = Some(Revocation { at: now, reason });
                newly.push(entry.clone());
            }
        }
        if !newly.is_empty() {
            self.crl_number += 1;
        }
        Ok(newly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_800_000_000;

    fn entry(mark: u8, holder: &str, expires_s: i64) -> Entry {
        Entry {
            serial: Serial::from_random([mark; 16]),
            holder: Holder::try_from(holder.to_owned()).unwrap(),
            issued: Moment::from_s(NOW_S - 100),
            expires: Moment::from_s(expires_s),
            key: KeyOrigin::Authority,
            sha256: String::new(),
            revoked: None,
        }
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::new("haus".parse().unwrap(), 30);
        for one in [
            entry(1, "edge/a", NOW_S + 100),
            entry(2, "edge/a", NOW_S + 200),
            entry(3, "edge/a", NOW_S - 1),
            entry(4, "server/a", NOW_S + 100),
        ] {
            ledger.add(one).unwrap();
        }
        ledger
    }

    #[test]
    fn revoking_a_holder_takes_all_its_live_certificates_and_no_other() {
        let now = Moment::from_s(NOW_S);
        let mut ledger = ledger();
        let target = Target::Holder(Holder::Edge("a".parse().unwrap()));
        assert_eq!(ledger.live(&Holder::Edge("a".parse().unwrap()), now), 2);

        let newly = ledger.revoke(&target, Reason::KeyCompromise, now).unwrap();
        assert_eq!(newly.len(), 2);
        assert_eq!(ledger.crl_number, 2);
        let states: Vec<_> = ledger.certificates.iter().map(|entry| entry.state(now)).collect();
        assert_eq!(states, [State::Revoked, State::Revoked, State::Expired, State::Live]);

        assert_eq!(ledger.revoke(&target, Reason::Superseded, now).unwrap(), []);
        assert_eq!(ledger.crl_number, 2, "nothing changed, so no new list is asked for");
    }

    #[test]
    fn a_serial_is_revoked_alone_and_an_unknown_one_is_an_error() {
        let now = Moment::from_s(NOW_S);
        let mut ledger = ledger();
        let one = Target::Serial(Serial::from_random([2; 16]));
        assert_eq!(ledger.revoke(&one, Reason::Unspecified, now).unwrap().len(), 1);
        let unknown = Target::Serial(Serial::from_random([9; 16]));
        assert!(matches!(
            ledger.revoke(&unknown, Reason::Unspecified, now),
            Err(PkiError::NeverIssued { .. })
        ));
    }

    #[test]
    fn a_revoked_certificate_stays_listed_beyond_its_end() {
        let mut ledger = ledger();
        let target = Target::Serial(Serial::from_random([1; 16]));
        ledger.revoke(&target, Reason::Unspecified, Moment::from_s(NOW_S)).unwrap();
        let revoked = &ledger.certificates[0];
        assert!(revoked.listed(revoked.expires.plus_days(LISTED_AFTER_END_DAYS)));
        assert!(!revoked.listed(revoked.expires.plus_days(LISTED_AFTER_END_DAYS + 1)));
        assert!(!ledger.certificates[1].listed(Moment::from_s(NOW_S)));
    }

    #[test]
    fn a_full_ledger_says_so() {
        let mut ledger = Ledger::new("haus".parse().unwrap(), 30);
        ledger.certificates = vec![entry(1, "edge/a", NOW_S); ENTRIES_MAX];
        assert!(matches!(ledger.add(entry(2, "edge/b", NOW_S)), Err(PkiError::LedgerFull)));
    }

    #[test]
    fn the_file_keeps_its_form() {
        let mut ledger = Ledger::new("haus".parse().unwrap(), 30);
        let mut one = entry(1, "edge/a", NOW_S);
        one.revoked = Some(Revocation { at: Moment::from_s(NOW_S), reason: Reason::KeyCompromise });
        ledger.add(one).unwrap();
        let frozen = concat!(
            r#"{"format":1,"site":"haus","crl_number":1,"crl_days":30,"certificates":[{"#,
            r#""serial":"41010101010101010101010101010101","holder":"edge/a","#,
            r#""issued":"2027-01-15T07:58:20Z","expires":"2027-01-15T08:00:00Z","key":"authority","sha256":"","#,
            r#""revoked":{"at":"2027-01-15T08:00:00Z","reason":"key-compromise"}}]}"#
        );
        assert_eq!(serde_json::to_string(&ledger).unwrap(), frozen);
        assert_eq!(serde_json::from_str::<Ledger>(frozen).unwrap(), ledger);
    }
}

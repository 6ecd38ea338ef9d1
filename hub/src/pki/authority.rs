//! The authority: every change happens under the lock, on a freshly read ledger, and the ledger reaches the disk before
//! anything that depends on it. A revocation list that fell behind (a run was cut off) is caught up by the next change.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::crl::CrlFacts;
use super::error::PkiError;
use super::files::{self, Moment, Readers, hex};
use super::folder::Folder;
use super::identity::{DnsName, Name, Subject};
use super::ledger::{Entry, KeyOrigin, Ledger, Target};
use super::reason::Reason;
use super::request;
use super::serial::Serial;
use super::signing::{self, Leaf, LeafKey, Signer};

/// Longer than any hardware of a site stays in use.
pub(super) const AUTHORITY_YEARS_MAX: u32 = 30;
/// A lost key that nobody reports ends by itself within three years.
pub(super) const CERTIFICATE_DAYS_MAX: u32 = 1_095;
/// A list that is fresh for longer than a year protects against nothing.
pub(super) const CRL_DAYS_MAX: u32 = 365;
/// A server under more names than this is several servers.
const SERVER_NAMES_MAX: usize = 16;

/// An opened authority. Opening reads the CA's key, so its file must be there and closed to others.
pub struct Authority {
    folder: Folder,
    signer: Signer,
}

/// A new certificate, which is recorded already.
#[derive(Debug)]
pub struct Issued {
    /// As it stands in the ledger.
    pub entry: Entry,
    /// The certificate for the holder.
    pub certificate_pem: String,
    /// The key, if it was made here. The authority keeps no copy.
    pub key_pem: Option<SecretPem>,
    /// How many other certificates of the same holder are accepted too.
    pub live_before: usize,
}

/// A private key in PEM form that no log can print.
pub struct SecretPem(String);

impl SecretPem {
    /// For the one file that it goes to.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretPem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretPem(..)")
    }
}

/// What a revocation changed.
#[derive(Debug)]
pub struct Revoked {
    /// The certificates that were live until now; empty when all had ended before.
    pub newly: Vec<Entry>,
    /// The number of the list that is on the disk now.
    pub crl_number: u64,
}

impl Authority {
    /// Makes a new authority in `folder`, valid for `years`, with an empty revocation list that is fresh for `crl_days`.
    pub fn init(folder: &Path, site: &Name, years: u32, crl_days: u32, now_s: i64) -> Result<Self, PkiError> {
        within(years, "years", AUTHORITY_YEARS_MAX)?;
        within(crl_days, "days", CRL_DAYS_MAX)?;
        let (folder, now) = (Folder::new(folder), Moment::from_s(now_s));
        folder.prepare()?;
        let _lock = folder.lock()?;
        // Once more under the lock: another run may have been first.
        folder.prepare()?;
        let new = signing::new_authority(site, random_serial()?, now, now.plus_days(years * 365))?;
        let signer = Signer::open(&new.certificate_pem, &new.key_pem)?;
        let ledger = Ledger::new(site.clone(), crl_days);
        files::create(&folder.key(), new.key_pem.as_bytes(), Readers::OwnerOnly)?;
        folder.write_ledger(&ledger)?;
        let authority = Self { folder, signer };
        authority.folder.write_crl(&authority.sign_crl(&ledger, now)?)?;
        files::create(&authority.certificate_path(), new.certificate_pem.as_bytes(), Readers::Everyone)?;
        Ok(authority)
    }

    /// Opens the authority in `folder`.
    pub fn open(folder: &Path) -> Result<Self, PkiError> {
        let folder = Folder::new(folder);
        let signer = Signer::open(&folder.read_certificate()?, &folder.read_key()?)?;
        Ok(Self { folder, signer })
    }

    /// The CA's certificate, which every peer needs.
    pub fn certificate_path(&self) -> PathBuf {
        self.folder.certificate()
    }

    /// The revocation list, which the hub needs.
    pub fn crl_path(&self) -> PathBuf {
        self.folder.crl()
    }

    /// Where the authority lives.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Issues a certificate, valid for `days`. With a `request_pem` (PKCS #10) its key is certified, else a new key is
    /// made. When this returns the certificate is recorded durably.
    pub fn issue(
        &self,
        subject: &Subject,
        days: u32,
        request_pem: Option<&str>,
        now_s: i64,
    ) -> Result<Issued, PkiError> {
        let now = Moment::from_s(now_s);
        let expires = self.end_of(days, now)?;
        if let Subject::Server { dns, ips, .. } = subject {
            check_server_names(dns, ips)?;
        }
        let key = match request_pem {
            Some(pem) => LeafKey::Requested(request::public_key(pem).map_err(PkiError::Request)?),
            None => LeafKey::Made(Box::new(signing::new_key()?)),
        };
        let leaf = Leaf { subject, serial: random_serial()?, issued: now, expires };
        self.change(now, |ledger| {
            let signed = self.signer.sign(&ledger.site, &leaf, &key)?;
            let (origin, key_pem) = match &key {
                LeafKey::Made(key) => (KeyOrigin::Authority, Some(SecretPem(key.serialize_pem()))),
                LeafKey::Requested(_) => (KeyOrigin::Device, None),
            };
            let entry = Entry {
                serial: leaf.serial,
                holder: subject.holder(),
                issued: now,
                expires,
                key: origin,
                sha256: hex::encode(&Sha256::digest(&signed.der)),
                revoked: None,
            };
            let live_before = ledger.live(&entry.holder, now);
            ledger.add(entry.clone())?;
            Ok(Issued { entry, certificate_pem: signed.pem, key_pem, live_before })
        })
    }

    /// Revokes what is live of `target` and writes the list that says so.
    pub fn revoke(&self, target: &Target, reason: Reason, now_s: i64) -> Result<Revoked, PkiError> {
        let now = Moment::from_s(now_s);
        self.change(now, |ledger| {
            let newly = ledger.revoke(target, reason, now)?;
            Ok(Revoked { newly, crl_number: ledger.crl_number })
        })
    }

    /// Writes a fresh list; with `days` that becomes the life of this and later lists.
    pub fn renew_crl(&self, days: Option<u32>, now_s: i64) -> Result<CrlFacts, PkiError> {
        let now = Moment::from_s(now_s);
        if let Some(days) = days {
            within(days, "days", CRL_DAYS_MAX)?;
        }
        self.change(now, |ledger| {
            ledger.crl_days = days.unwrap_or(ledger.crl_days);
            ledger.crl_number += 1;
            Ok(CrlFacts {
                number: ledger.crl_number,
                next_update: now.plus_days(ledger.crl_days),
                revoked: ledger.certificates.iter().filter(|entry| entry.listed(now)).count(),
            })
        })
    }

    fn change<T>(
        &self,
        now: Moment,
        act: impl FnOnce(&mut Ledger) -> Result<T, PkiError>,
    ) -> Result<T, PkiError> {
        let _lock = self.folder.lock()?;
        let mut ledger = self.folder.read_ledger()?;
        let on_disk = self.folder.read_crl().map(|facts| facts.number);
        // The ledger is always written first, so a list that is ahead of it means that the ledger is an old copy.
        if let Some(list) = on_disk.filter(|list| *list > ledger.crl_number) {
            let (folder, ledger) = (self.folder.path().to_owned(), ledger.crl_number);
            return Err(PkiError::LedgerOlderThanList { folder, list, ledger });
        }
        let outcome = act(&mut ledger)?;
        let wanted = on_disk != Some(ledger.crl_number);
        // Signed before the ledger is written: what can be refused is refused while nothing has changed yet.
        let list = wanted.then(|| self.sign_crl(&ledger, now)).transpose()?;
        self.folder.write_ledger(&ledger)?;
        if let Some(list) = list {
            self.folder
                .write_crl(&list)
                .map_err(|source| PkiError::CrlBehind { folder: self.folder.path().to_owned(), source })?;
        }
        Ok(outcome)
    }

    fn sign_crl(&self, ledger: &Ledger, now: Moment) -> Result<String, PkiError> {
        let listed = ledger.certificates.iter().filter(|entry| entry.listed(now));
        Ok(self.signer.sign_crl(ledger.crl_number, now, ledger.crl_days, listed)?)
    }

    fn end_of(&self, days: u32, now: Moment) -> Result<Moment, PkiError> {
        within(days, "days", CERTIFICATE_DAYS_MAX)?;
        let wanted = now.plus_days(days);
        if wanted > self.signer.expires {
            return Err(PkiError::OutlivesAuthority { wanted, authority_ends: self.signer.expires });
        }
        Ok(wanted)
    }
}

fn within(given: u32, unit: &'static str, max: u32) -> Result<(), PkiError> {
    if (1..=max).contains(&given) { Ok(()) } else { Err(PkiError::OutOfRange { given, unit, max }) }
}

fn check_server_names(dns: &[DnsName], ips: &[IpAddr]) -> Result<(), PkiError> {
    if (1..=SERVER_NAMES_MAX).contains(&(dns.len() + ips.len())) {
        Ok(())
    } else {
        Err(PkiError::ServerNames { max: SERVER_NAMES_MAX })
    }
}

fn random_serial() -> Result<Serial, PkiError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(PkiError::Random)?;
    Ok(Serial::from_random(random))
}

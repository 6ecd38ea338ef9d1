//! The files of an authority and their names.

use std::path::{Path, PathBuf};

use super::crl::CrlFacts;
use super::error::PkiError;
use super::files::{self, FileError, Lock, Readers};
use super::ledger::Ledger;

/// A key or a certificate is one or two kilobytes.
const PEM_BYTES_MAX: u64 = 64 * 1024;
/// A full ledger is below 10 MB.
const LEDGER_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// A list that names a full ledger is below 2 MB.
const CRL_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Where an authority lives.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn certificate(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.0.join("ca.key")
    }

    pub(super) fn crl(&self) -> PathBuf {
        self.0.join("crl.pem")
    }

    pub(super) fn ledger(&self) -> PathBuf {
        self.0.join("issued.json")
    }

    /// Makes the folder, and refuses one that holds any file of an authority. ca.pem is written last, so without it the
    /// other files are the remains of a run that was cut off before it issued anything.
    pub(super) fn prepare(&self) -> Result<(), PkiError> {
        std::fs::create_dir_all(&self.0)
            .map_err(|source| FileError::Write { path: self.0.clone(), source })?;
        if self.certificate().exists() {
            return Err(PkiError::AlreadyThere { folder: self.0.clone() });
        }
        match [self.key(), self.crl(), self.ledger()].into_iter().find(|file| file.exists()) {
            Some(remains) => Err(PkiError::Unfinished { folder: self.0.clone(), remains }),
            None => Ok(()),
        }
    }

    pub(super) fn lock(&self) -> Result<Lock, FileError> {
        Lock::acquire(&self.0.join(".lock"))
    }

    pub(super) fn read_certificate(&self) -> Result<String, PkiError> {
        match files::read(&self.certificate(), PEM_BYTES_MAX) {
            Ok(file) => Ok(file.text),
            Err(error) if error.is_missing() => Err(PkiError::NotThere { folder: self.0.clone() }),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn read_key(&self) -> Result<String, FileError> {
        files::read_private(&self.key(), PEM_BYTES_MAX).map(|file| file.text)
    }

    pub(super) fn read_ledger(&self) -> Result<Ledger, PkiError> {
        let path = self.ledger();
        let file = files::read(&path, LEDGER_BYTES_MAX)?;
        match serde_json::from_str::<Ledger>(&file.text) {
            Ok(ledger) if ledger.known_format() => Ok(ledger),
            Ok(_) => Err(PkiError::LedgerFormat { path }),
            Err(source) => Err(PkiError::Ledger { path, source }),
        }
    }

    pub(super) fn write_ledger(&self, ledger: &Ledger) -> Result<(), PkiError> {
        let path = self.ledger();
        let mut text = serde_json::to_string_pretty(ledger)
            .map_err(|source| PkiError::Ledger { path: path.clone(), source })?;
        text.push('\n');
        Ok(files::replace(&path, text.as_bytes(), Readers::OwnerOnly)?)
    }

    /// `None` when there is no list or not one of ours: both mean that it has to be written anew.
    pub(super) fn read_crl(&self) -> Option<CrlFacts> {
        let file = files::read(&self.crl(), CRL_BYTES_MAX).ok()?;
        CrlFacts::parse(&file.text)
    }

    pub(super) fn write_crl(&self, pem: &str) -> Result<(), FileError> {
        files::replace(&self.crl(), pem.as_bytes(), Readers::Everyone)
    }
}

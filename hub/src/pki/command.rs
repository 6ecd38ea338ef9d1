//! `strongroom-hub pki …`: arguments in, words out. Everything that decides lives in the authority.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use super::arguments::PkiCommand;
use super::arguments::{Init, Issue, List, RenewCrl, Revoke};
use super::authority::{Authority, Issued};
use super::error::PkiError;
use super::files::{self, FileError, Moment, Readers};
use super::identity::Holder;
use super::listing::Listing;
use super::request::RequestError;
use super::serial::Serial;

/// A request is about a kilobyte.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The authority refused or failed.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// A file outside the authority could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The device's request cannot be used.
    #[error("cannot issue for the request {}", path.display())]
    Request {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: RequestError,
    },
    /// The certificate is recorded but did not reach its folder.
    #[error("the certificate {serial} was issued but could not be handed over; repair the cause, revoke it (strongroom-hub pki revoke --dir {dir} --serial {serial}) and issue again", dir = dir.display())]
    NotHandedOver {
        /// The orphaned certificate.
        serial: Serial,
        /// The authority's folder.
        dir: PathBuf,
        /// What failed.
        source: FileError,
    },
    /// The listing could not be encoded.
    #[error("cannot encode the listing")]
    Encode(#[source] serde_json::Error),
    /// Standard output is gone.
    #[error("cannot print the result")]
    Print(#[from] io::Error),
}

impl PkiCommand {
    /// Does the work and says on `out` what was done and what comes next.
    pub fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        match self {
            Self::Init(arguments) => arguments.run(now_s, out),
            Self::Issue(arguments) => arguments.run(now_s, out),
            Self::Revoke(arguments) => arguments.run(now_s, out),
            Self::RenewCrl(arguments) => arguments.run(now_s, out),
            Self::List(arguments) => arguments.run(now_s, out),
        }
    }
}

impl Init {
    fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        let authority = Authority::init(&self.dir, &self.site, self.years, self.crl_days, now_s)?;
        let next = Moment::from_s(now_s).plus_days(self.crl_days);
        writeln!(out, "made an authority for site {} in {}", self.site, self.dir.display())?;
        writeln!(out, "  {}  for every peer: what it trusts", authority.certificate_path().display())?;
        writeln!(
            out,
            "  {}  for the hub: what is revoked; renew it before {next}",
            authority.crl_path().display()
        )?;
        writeln!(out, "  ca.key stays here, is readable by its owner alone and belongs into a safe backup,")?;
        writeln!(out, "  together with issued.json")?;
        writeln!(
            out,
            "next: strongroom-hub pki issue --dir {} --server hub --dns NAME --ip ADDRESS",
            self.dir.display()
        )?;
        Ok(())
    }
}

impl Issue {
    fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        let folder = self.out.unwrap_or_else(|| self.dir.join("issued"));
        let subject = self.who.into_subject(self.dns, self.ip);
        let places = Places::prepare(&folder, &subject.holder(), self.csr.is_none())?;
        let request = match &self.csr {
            Some(path) => Some(files::read(path, REQUEST_BYTES_MAX)?.text),
            None => None,
        };
        let authority = Authority::open(&self.dir)?;
        let issued = authority.issue(&subject, self.days, request.as_deref(), now_s);
        let issued = issued.map_err(|error| named(error, self.csr.as_deref()))?;
        places.hand_over(&issued).map_err(|source| CommandError::NotHandedOver {
            serial: issued.entry.serial,
            dir: self.dir.clone(),
            source,
        })?;
        places.describe(&issued, &authority, out)?;
        Ok(())
    }
}

/// The authority sees the request's text only; people need the file's name.
fn named(error: PkiError, request: Option<&Path>) -> CommandError {
    match (error, request) {
        (PkiError::Request(source), Some(path)) => CommandError::Request { path: path.to_owned(), source },
        (error, _) => error.into(),
    }
}

/// Where a new certificate and its key go.
struct Places {
    certificate: PathBuf,
    key: PathBuf,
}

impl Places {
    /// Makes the folder and looks for files in the way, before a certificate is issued in vain.
    fn prepare(folder: &Path, holder: &Holder, with_key: bool) -> Result<Self, FileError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| FileError::Write { path: folder.to_owned(), source })?;
        let stem = holder.file_stem();
        let places =
            Self { certificate: folder.join(format!("{stem}.pem")), key: folder.join(format!("{stem}.key")) };
        let mut wanted = vec![&places.certificate];
        wanted.extend(with_key.then_some(&places.key));
        match wanted.into_iter().find(|path| path.exists()) {
            Some(path) => Err(FileError::AlreadyThere { path: path.clone() }),
            None => Ok(places),
        }
    }

    fn hand_over(&self, issued: &Issued) -> Result<(), FileError> {
        if let Some(key) = &issued.key_pem {
            files::create(&self.key, key.reveal().as_bytes(), Readers::OwnerOnly)?;
        }
        files::create(&self.certificate, issued.certificate_pem.as_bytes(), Readers::Everyone)
    }

    fn describe(&self, issued: &Issued, authority: &Authority, out: &mut dyn Write) -> io::Result<()> {
        let Issued { entry, live_before, .. } = issued;
        writeln!(out, "issued {}, serial {}, valid until {}", entry.holder, entry.serial, entry.expires)?;
        writeln!(out, "  {}  the certificate", self.certificate.display())?;
        match &issued.key_pem {
            Some(_) => writeln!(out, "  {}  its key: secret, and the only copy", self.key.display())?,
            None => writeln!(out, "  its key stays where the request was made")?,
        }
        writeln!(out, "  {}  what the holder trusts", authority.certificate_path().display())?;
        if *live_before > 0 {
            writeln!(
                out,
                "note: {} holds {live_before} other live certificate(s); when the new one works, revoke the old with\n  \
                 strongroom-hub pki revoke --dir {} --serial HEX --reason superseded",
                entry.holder,
                authority.folder().display(),
            )?;
        }
        Ok(())
    }
}

impl Revoke {
    fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        let authority = Authority::open(&self.dir)?;
        let target = self.what.into_target();
        let revoked = authority.revoke(&target, self.reason, now_s)?;
        for entry in &revoked.newly {
            writeln!(out, "revoked {}, serial {}", entry.holder, entry.serial)?;
        }
        if revoked.newly.is_empty() {
            writeln!(out, "{target}: nothing was live; all of it had been revoked or had expired")?;
        }
        print_list_advice(&authority, revoked.crl_number, out)?;
        Ok(())
    }
}

impl RenewCrl {
    fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        let authority = Authority::open(&self.dir)?;
        let list = authority.renew_crl(self.days, now_s)?;
        writeln!(
            out,
            "the list names {} certificate(s); renew it before {}",
            list.revoked, list.next_update
        )?;
        print_list_advice(&authority, list.number, out)?;
        Ok(())
    }
}

fn print_list_advice(authority: &Authority, number: u64, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "revocation list {number} is in {}", authority.crl_path().display())?;
    writeln!(out, "a hub that uses this file takes it within 30 s, at once with: kill -HUP PID")?;
    writeln!(out, "a hub elsewhere needs a copy of the file")
}

impl List {
    fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        let listing = Listing::read(&self.dir, now_s)?;
        if self.json {
            let text = serde_json::to_string_pretty(&listing).map_err(CommandError::Encode)?;
            writeln!(out, "{text}")?;
        } else {
            listing.print(now_s, out)?;
        }
        Ok(())
    }
}

//! `strongroom-hub token …`: make, list and revoke the tokens of people and programs.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::entry::{Entry, TokenId};
use super::error::StoreError;
use super::person::PersonId;
use super::role::Role;
use super::store::{RevokedToken, TokenStore};
use crate::pki::files::Moment;

/// Make, list and revoke the tokens with which people and programs use the API and the page.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, this once
    Issue(Issue),
    /// Show whose tokens there are, until when, and which are revoked
    List(List),
    /// Take a token back
    Revoke(Revoke),
}

/// Arguments of `token issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// The token file of the hub
    #[arg(long)]
    file: PathBuf,
    /// The person's account or personnel number (not a name); journals keep it
    #[arg(long, value_name = "ID")]
    person: PersonId,
    /// What the person may do
    #[arg(long, value_enum)]
    role: Role,
    /// How long the token is valid, at most 365
    #[arg(long, default_value_t = 90)]
    days: u32,
}

/// Arguments of `token list`.
#[derive(Debug, Args)]
pub struct List {
    /// The token file of the hub
    #[arg(long)]
    file: PathBuf,
}

/// Arguments of `token revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The token file of the hub
    #[arg(long)]
    file: PathBuf,
    /// The id that `token list` shows
    #[arg(long)]
    id: TokenId,
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The token file refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Standard output is gone.
    #[error("cannot print the result")]
    Print(#[from] io::Error),
}

impl TokenCommand {
    /// Does the work and says on `out` what was done and what comes next.
    pub fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        match self {
            Self::Issue(arguments) => arguments.run(now_s, out),
            Self::List(arguments) => arguments.run(now_s, out),
            Self::Revoke(arguments) => arguments.run(now_s, out),
        }
    }
}

impl Issue {
    fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        let new = TokenStore::new(&self.file).issue(&self.person, self.role, self.days, now_s)?;
        let Entry { id, person, role, expires, .. } = &new.entry;
        // The token stands alone on the first line, so that a script can take it without understanding the rest.
        writeln!(out, "{}", new.secret.token_text())?;
        writeln!(out, "token {id} for {person}, {role}, valid until {expires}")?;
        writeln!(out, "it is shown this once; a running hub accepts it within 30 s")?;
        if new.forgotten > 0 {
            writeln!(out, "{} token(s) that ended more than a year ago left the file", new.forgotten)?;
        }
        Ok(())
    }
}

impl List {
    fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        let now = Moment::from_s(now_s);
        let entries = TokenStore::new(&self.file).entries()?;
        let width =
            entries.iter().map(|entry| entry.person.as_str().len()).max().unwrap_or(0).max("person".len());
        writeln!(out, "{:10}  {:width$}  {:10}  {:20}  state", "id", "person", "role", "expires")?;
        for entry in &entries {
            let Entry { id, person, role, expires, .. } = entry;
            let (person, role) = (person.as_str(), role.as_str());
            writeln!(out, "{id}  {person:width$}  {role:10}  {expires}  {}", state(entry, now))?;
        }
        Ok(())
    }
}

fn state(entry: &Entry, now: Moment) -> String {
    match entry.revoked {
        Some(at) => format!("revoked {at}"),
        None if entry.live(now) => "live".to_owned(),
        None => "expired".to_owned(),
    }
}

impl Revoke {
    fn run(self, now_s: i64, out: &mut dyn Write) -> Result<(), CommandError> {
        match TokenStore::new(&self.file).revoke(&self.id, now_s)? {
            RevokedToken::Now(entry) => {
                writeln!(out, "revoked token {} of {}", entry.id, entry.person)?;
                writeln!(out, "a running hub refuses it, and ends its sessions, within 30 s")?;
            }
            RevokedToken::Before(entry) => {
                writeln!(out, "token {} of {} had been revoked before", entry.id, entry.person)?;
            }
        }
        Ok(())
    }
}

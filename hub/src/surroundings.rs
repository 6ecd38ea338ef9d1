//! Whether what a configuration names is there: certificates and keys, the site in them, tokens, the data folder. It reads,
//! and writes nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runtime::tls::{self, TlsError};
use rustix::fs::{Access, access};

use crate::access::{StoreError as TokenError, Tokens};
use crate::config::Config;

/// How our own authority names itself. Only it writes the site as the organisation.
const OUR_AUTHORITY: &str = "Strongroom CA ";

/// Something that a configuration names and that a hub cannot work with; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    #[error(
        "{key}: cannot read {} ({source}); copy it there from where `strongroom-hub pki` wrote it, or correct the path",
        path.display()
    )]
    Unreadable { key: &'static str, path: PathBuf, source: io::Error },
    #[error("{section}: {source}{}", cause(source))]
    Tls { section: &'static str, source: TlsError },
    #[error(
        "{key}: {} belongs to the site `{found}`, and hub.site is `{site}`: every edge would be refused; write the site of \
         the certificates, or take those of this site",
        path.display()
    )]
    ForeignSite { key: &'static str, path: PathBuf, found: String, site: String },
    #[error("{key}: {} has run out; issue it again with `strongroom-hub pki issue`", path.display())]
    RunOut { key: &'static str, path: PathBuf },
    #[error("{key}: {} is not valid yet; is the clock of this machine right?", path.display())]
    TooEarly { key: &'static str, path: PathBuf },
    #[error("api.tokens: {source}{}", cause(source))]
    Tokens { source: TokenError },
    #[error("hub.data: {} is not a folder; choose another path", path.display())]
    NotAFolder { path: PathBuf },
    #[error("hub.data: cannot write in {} ({source}); give that right to the hub's user, or choose another path", path.display())]
    ClosedData { path: PathBuf, source: io::Error },
}

/// Everything that is not as a hub needs it now, at `now_s` seconds of the epoch.
pub fn flaws(config: &Config, now_s: i64) -> Vec<Flaw> {
    let mut flaws = certificates(config, now_s);
    flaws.extend(Tokens::load(&config.api.tokens).err().map(|source| Flaw::Tokens { source }));
    flaws.extend(data(&config.data));
    flaws
}

/// At the start of a hub: what it cannot do without ends it soon enough, with the rest it works on.
pub fn tell(config: &Config, now_s: i64) {
    for flaw in flaws(config, now_s) {
        tracing::error!("{flaw}");
    }
}

/// For people: that the file itself is in order, and each flaw on a line.
pub fn report(path: &Path, flaws: &[Flaw]) -> String {
    let are = if flaws.len() == 1 { "thing it names is" } else { "things it names are" };
    let head = format!("{}: the file is in order; {} {are} not ready yet", path.display(), flaws.len());
    flaws.iter().fold(head, |text, flaw| format!("{text}\n  {flaw}"))
}

fn certificates(config: &Config, now_s: i64) -> Vec<Flaw> {
    let (gate, api) = (&config.gate.files, &config.api);
    let named = [
        ("gate.ca", &gate.ca),
        ("gate.crl", &gate.crl),
        ("gate.certificate", &gate.certificate),
        ("gate.key", &gate.key),
        ("api.certificate", &api.certificate),
        ("api.key", &api.key),
    ];
    let unreadable = |(key, path): (&'static str, &PathBuf)| {
        // Without opening a pipe, which would wait for its writer.
        let opened = fs::metadata(path)
            .and_then(|is| if is.is_file() { fs::File::open(path).map(drop) } else { Ok(()) });
        opened.err().map(|source| Flaw::Unreadable { key, path: path.clone(), source })
    };
    let mut flaws: Vec<Flaw> = named.into_iter().filter_map(unreadable).collect();
    let is_missing = |section: &str, flaws: &[Flaw]| {
        flaws.iter().any(|flaw| matches!(flaw, Flaw::Unreadable { key, .. } if key.starts_with(section)))
    };
    let (gate_missing, api_missing) = (is_missing("gate.", &flaws), is_missing("api.", &flaws));
    if !gate_missing {
        flaws.extend(tls::mutual_server(gate).err().map(|source| Flaw::Tls { section: "gate", source }));
    }
    if !api_missing {
        let built = tls::https_server(&api.certificate, &api.key);
        flaws.extend(built.err().map(|source| Flaw::Tls { section: "api", source }));
    }
    let judged = [named[0], named[2], named[4]];
    flaws.extend(judged.into_iter().filter_map(|(key, path)| certificate(key, path, &config.site, now_s)));
    flaws
}

/// What cannot be read was told already.
fn certificate(key: &'static str, path: &Path, site: &str, now_s: i64) -> Option<Flaw> {
    let facts = tls::file_facts(path).ok()?;
    let path = path.to_owned();
    let ours = facts.issuer.is_some_and(|issuer| issuer.starts_with(OUR_AUTHORITY));
    match facts.organisation {
        Some(found) if ours && found != site => {
            return Some(Flaw::ForeignSite { key, path, found, site: site.to_owned() });
        }
        _ => {}
    }
    if facts.not_after_s < now_s {
        return Some(Flaw::RunOut { key, path });
    }
    (facts.not_before_s > now_s).then_some(Flaw::TooEarly { key, path })
}

/// The folder and what lies in it, or, where it has to be made, the folder in which that happens.
fn data(folder: &Path) -> Option<Flaw> {
    let within = [folder.join("journal"), folder.join("state.redb")];
    let held = within.iter().filter(|path| path.exists());
    let mut nearest = folder;
    while matches!(fs::metadata(nearest), Err(error) if error.kind() == io::ErrorKind::NotFound) {
        nearest = match nearest.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => break,
        };
    }
    if fs::metadata(nearest).is_ok_and(|is| !is.is_dir()) {
        return Some(Flaw::NotAFolder { path: nearest.to_owned() });
    }
    let closed = |path: &Path| {
        let refused = access(path, Access::WRITE_OK).err()?;
        Some(Flaw::ClosedData { path: path.to_owned(), source: refused.into() })
    };
    closed(nearest).or_else(|| held.into_iter().find_map(|path| closed(path)))
}

/// The causes of an error behind its own words.
fn cause(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.map(|cause| format!(": {cause}")).collect()
}

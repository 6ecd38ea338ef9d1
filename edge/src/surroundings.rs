//! Whether what a configuration names is there: the TLS files, this edge in its certificate, the folder of the spool. It
//! reads and writes nothing.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use runtime::tls::TlsError;

use crate::config::Config;
use crate::uplink::{self, Finding};

/// Something that a configuration names and that an edge cannot work with; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    #[error(
        "{key}: cannot read {} ({source}); copy it there from where `strongroom-hub pki` wrote it, or correct the path",
        path.display()
    )]
    Unreadable { key: &'static str, path: PathBuf, source: io::Error },
    #[error("uplink: {source}{}", cause(source))]
    Tls { source: TlsError },
    #[error("uplink.certificate: {finding}")]
    Certificate { finding: Finding },
    #[error("spool.path: the folder {} is not there ({source}); make it, for the edge's user", path.display())]
    NoFolder { path: PathBuf, source: io::Error },
    #[error("spool.path: {} is not a folder; choose another path", path.display())]
    NotAFolder { path: PathBuf },
    #[error("spool.path: nobody may write into the folder {}; give that right to the edge's user", path.display())]
    ClosedFolder { path: PathBuf },
    #[error("spool.path: cannot write {} ({source}); start the edge as the user who owns the file", path.display())]
    ClosedSpool { path: PathBuf, source: io::Error },
    #[error("spool.path: {} is a folder; write the path of a file in it, such as spool.redb", path.display())]
    SpoolIsAFolder { path: PathBuf },
}

/// Everything that is not as an edge needs it now, at `now_s` seconds of the epoch.
pub fn flaws(config: &Config, now_s: i64) -> Vec<Flaw> {
    let mut flaws = tls(config, now_s);
    flaws.extend(spool(&config.spool.path));
    flaws
}

/// For people: that the file itself is in order, and each flaw on a line.
pub fn report(path: &Path, flaws: &[Flaw]) -> String {
    let (number, are) =
        (flaws.len(), if flaws.len() == 1 { "thing it names is" } else { "things it names are" });
    let head = format!("{}: the file is in order; {number} {are} not ready yet", path.display());
    let lines = flaws.iter().map(|flaw| format!("\n  {flaw}"));
    lines.fold(head, |text, line| text + &line)
}

fn tls(config: &Config, now_s: i64) -> Vec<Flaw> {
    let files = &config.uplink.files;
    let named =
        [("uplink.ca", &files.ca), ("uplink.certificate", &files.certificate), ("uplink.key", &files.key)];
    let unreadable = |(key, path): (&'static str, &PathBuf)| {
        // Without opening a pipe, which would wait for its writer.
        let opened =
            fs::metadata(path).and_then(|is| if is.is_file() { File::open(path).map(drop) } else { Ok(()) });
        opened.err().map(|source| Flaw::Unreadable { key, path: path.clone(), source })
    };
    let unreadable: Vec<Flaw> = named.into_iter().filter_map(unreadable).collect();
    if !unreadable.is_empty() {
        return unreadable;
    }
    match uplink::examine(files, &config.edge, now_s) {
        Ok(Finding::Ours) => Vec::new(),
        Ok(finding) => vec![Flaw::Certificate { finding }],
        Err(source) => vec![Flaw::Tls { source }],
    }
}

fn spool(path: &Path) -> Option<Flaw> {
    match fs::metadata(path) {
        Ok(is) if is.is_dir() => return Some(Flaw::SpoolIsAFolder { path: path.to_owned() }),
        Ok(_) => {
            let opened = OpenOptions::new().read(true).write(true).open(path);
            return opened.err().map(|source| Flaw::ClosedSpool { path: path.to_owned(), source });
        }
        Err(_) => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let path = folder.to_owned();
    match fs::metadata(folder) {
        Err(source) => Some(Flaw::NoFolder { path, source }),
        Ok(is) if !is.is_dir() => Some(Flaw::NotAFolder { path }),
        Ok(is) if is.permissions().readonly() => Some(Flaw::ClosedFolder { path }),
        Ok(_) => None,
    }
}

/// The causes of an error behind its own words.
fn cause(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.map(|cause| format!(": {cause}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(config: &Path, spool: &str) -> Vec<String> {
        let text = format!(
            "[edge]\nid = \"e\"\n[uplink]\nhub = \"hub:1\"\nca = \"ca.pem\"\ncertificate = \"e.pem\"\nkey = \"e.key\"\n\
             [spool]\npath = {spool:?}\n"
        );
        let config: Config = runtime::config::parse(&config.join("edge.toml"), &text).unwrap();
        flaws(&config, 0).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_missing_thing_is_named_with_its_key_and_path() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("e.pem"), "").unwrap();
        let flaws = text(folder.path(), "nowhere/spool.redb");
        let begins = ["uplink.ca: ", "uplink.key: ", "spool.path: "];
        assert_eq!(flaws.len(), begins.len(), "{flaws:?}");
        assert!(flaws.iter().zip(begins).all(|(flaw, begin)| flaw.starts_with(begin)), "{flaws:?}");
        assert!(flaws[2].contains(folder.path().join("nowhere").to_str().unwrap()));
    }

    #[test]
    fn files_that_hold_nothing_and_a_spool_that_is_a_folder_are_flaws() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["ca.pem", "e.pem", "e.key"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let flaws = text(folder.path(), ".");
        assert_eq!(flaws.len(), 2, "{flaws:?}");
        assert!(flaws[0].contains("e.pem") && flaws[1].contains("is a folder"), "{flaws:?}");
        assert_eq!(text(folder.path(), "ca.pem/spool.redb").len(), 2);
        assert_eq!(text(folder.path(), "spool.redb").len(), 1, "the folder is there");
    }
}

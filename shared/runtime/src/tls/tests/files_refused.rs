//! TLS files that cannot be used are refused by name, and with a way out.

use std::error::Error;
use std::fs;
use std::path::Path;

use super::authority::{Authority, set_mode};
use crate::tls::{ServerFiles, TlsError, mutual_server, roots_client};

fn refusal(files: &ServerFiles) -> TlsError {
    mutual_server(files).err().expect("the files are refused")
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let authority = Authority::new();
    let files = authority.server(&[], 60);
    for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
        set_mode(&files.key, mode);
        let error = refusal(&files);
        assert!(matches!(error, TlsError::OpenKey { mode: found, .. } if found == mode));
        assert!(error.to_string().ends_with(&format!("run: chmod 600 {}", name(&files.key))), "{error}");
    }
    for mode in [0o600, 0o400] {
        set_mode(&files.key, mode);
        mutual_server(&files).unwrap();
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let authority = Authority::new();
    let mut files = authority.server(&[], 60);
    files.key = authority.client("other", &[9]).key;
    let error = refusal(&files);
    assert!(matches!(error, TlsError::Pair { .. }), "{error:?}");
    assert!(
        error.to_string().contains(&name(&files.certificate))
            && error.to_string().contains(&name(&files.key))
    );
}

#[test]
fn a_file_with_the_wrong_content_is_refused_by_name() {
    let authority = Authority::new();
    let files = authority.server(&[], 60);
    let two_keys = fs::read_to_string(&files.key).unwrap().repeat(2);
    let two_keys = ServerFiles { key: authority.write("two.key", &two_keys, 0o600), ..files.clone() };
    assert!(matches!(refusal(&two_keys), TlsError::KeyCount { count: 2, .. }));

    let swapped = ServerFiles { crl: files.certificate.clone(), ..files.clone() };
    let message = refusal(&swapped).to_string();
    assert!(
        message.starts_with(&name(&files.certificate)) && message.contains("revocation list"),
        "{message}"
    );

    let empty = ServerFiles { certificate: authority.write("empty.pem", "", 0o644), ..files.clone() };
    assert!(matches!(refusal(&empty), TlsError::Empty { object: "certificate", .. }));

    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let garbage = ServerFiles { ca: authority.write("garbage.pem", garbage, 0o644), ..files.clone() };
    assert!(matches!(refusal(&garbage), TlsError::ParseRoot { .. }));

    let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    let cut = ServerFiles { certificate: authority.write("cut.pem", cut, 0o644), ..files };
    assert!(matches!(refusal(&cut), TlsError::Pem { .. }));
}

#[test]
fn what_is_no_file_of_usable_size_is_refused() {
    let authority = Authority::new();
    let absent = roots_client(&authority.path("absent.pem")).unwrap_err();
    assert!(matches!(absent, TlsError::Read { .. }) && absent.source().is_some());

    let folder = roots_client(&authority.path("")).unwrap_err();
    assert!(matches!(folder, TlsError::NotAFile { .. }), "{folder:?}");

    let huge = authority.write("huge.pem", &"#".repeat(1024 * 1024 + 1), 0o644);
    assert!(matches!(roots_client(&huge).unwrap_err(), TlsError::TooLarge { bytes_max: 1_048_576, .. }));
}

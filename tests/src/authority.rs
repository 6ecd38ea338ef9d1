//! The site's certificate authority, by the hub's own command line, and certificates that it would never issue.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose,
    SanType, date_time_ymd,
};
use runtime::tls::ClientFiles;

use crate::program::run_well;

/// The site in every certificate.
pub const SITE: &str = "test";

#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
}

/// How a certificate differs from what the hub's command line issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    Expired,
    NotYetValid,
    /// It names nobody.
    Nameless,
    /// It names two edges.
    TwoNames,
    /// It names an edge of another site.
    ForeignSite,
}

impl Authority {
    pub fn init(folder: PathBuf, site: &str) -> Self {
        let authority = Self { folder };
        authority.pki(&["init", "--site", site]);
        authority
    }

    pub fn issue_server(&self, name: &str, address: &str) {
        self.pki(&["issue", "--server", name, "--dns", "localhost", "--ip", address]);
    }

    pub fn issue_edge(&self, edge: &str) -> ClientFiles {
        let files = self.files(&format!("edge-{edge}"));
        if !files.certificate.exists() {
            self.pki(&["issue", "--edge", edge]);
        }
        files
    }

    pub fn issue_host_agent(&self, name: &str) -> ClientFiles {
        self.pki(&["issue", "--host-agent", name]);
        self.files(&format!("host-agent-{name}"))
    }

    pub fn revoke_edge(&self, edge: &str) {
        self.pki(&["revoke", "--edge", edge]);
    }

    /// `NAME.pem` and its key among what was issued.
    pub fn files(&self, name: &str) -> ClientFiles {
        let issued = |end: &str| self.folder.join("issued").join(format!("{name}.{end}"));
        ClientFiles { ca: self.ca(), certificate: issued("pem"), key: issued("key") }
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub fn crl(&self) -> PathBuf {
        self.folder.join("crl.pem")
    }

    fn pki(&self, arguments: &[&str]) {
        let folder = self.folder.to_str().expect("temporary folders have plain names");
        let (action, rest) = arguments.split_first().expect("every use names an action");
        run_well("strongroom-hub", &[&["pki", action, "--dir", folder], rest].concat());
    }

    /// Signed by this authority, and wrong in one way.
    pub fn issue_odd(&self, edge: &str, odd: Odd) -> ClientFiles {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, edge);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let (from, to) = match odd {
            Odd::Expired => (2020, 2021),
            Odd::NotYetValid => (4000, 4001),
            Odd::Nameless | Odd::TwoNames | Odd::ForeignSite => (2020, 4000),
        };
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        let names: &[&str] = match odd {
            Odd::Nameless => &[],
            Odd::TwoNames => &[edge, "edge-other"],
            Odd::Expired | Odd::NotYetValid | Odd::ForeignSite => &[edge],
        };
        let site = if odd == Odd::ForeignSite { "another" } else { SITE };
        let uri = |name: &&str| format!("spiffe://{site}/edge/{name}").try_into().expect("a URI is ASCII");
        params.subject_alt_names = names.iter().map(uri).map(SanType::URI).collect();
        let key = KeyPair::generate().expect("keys can be made");
        let certificate = params.signed_by(&key, &self.issuer()).expect("the authority signs");

        let files = self.files(&format!("odd-{edge}"));
        fs::write(&files.certificate, certificate.pem()).expect("the folder can be written");
        write_secret(&files.key, &key.serialize_pem());
        files
    }

    fn issuer(&self) -> Issuer<'static, KeyPair> {
        let read =
            |name: &str| fs::read_to_string(self.folder.join(name)).expect("the authority has its files");
        let key = KeyPair::from_pem(&read("ca.key")).expect("the authority's key can be read");
        Issuer::from_ca_cert_pem(&read("ca.pem"), key).expect("the authority's certificate can be read")
    }
}

fn write_secret(path: &Path, text: &str) {
    let file = fs::File::options().create_new(true).write(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("the folder can be written");
}

//! A private certificate authority with its files.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use runtime::tls::{ClientFiles, ServerFiles, ServerTls, mutual_server};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

pub(crate) struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let authority = Self { folder: TempDir::new().unwrap(), issuer: Issuer::new(params, key) };
        fs::write(authority.path("ca.pem"), root.pem()).unwrap();
        authority
    }

    /// The hub's TLS; its certificate carries this name.
    pub(crate) fn hub(&self, name: &str) -> ServerTls {
        self.hub_in(name, 2001..2090)
    }

    /// The same with a certificate that is valid from the beginning of one of these years to that of the other.
    pub(crate) fn hub_in(&self, name: &str, years: Range<i32>) -> ServerTls {
        let mut names = CertificateParams::new(vec![name.to_owned()]).unwrap();
        names.not_before = rcgen::date_time_ymd(years.start, 1, 1);
        names.not_after = rcgen::date_time_ymd(years.end, 1, 1);
        self.issue("hub", names, ExtendedKeyUsagePurpose::ServerAuth);
        let now = OffsetDateTime::now_utc();
        let list = CertificateRevocationListParams {
            this_update: now - Duration::hours(1),
            next_update: now + Duration::days(1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        fs::write(self.path("crl.pem"), list.signed_by(&self.issuer).unwrap().pem().unwrap()).unwrap();
        let (ca, crl) = (self.path("ca.pem"), self.path("crl.pem"));
        mutual_server(&ServerFiles { ca, crl, certificate: self.path("hub.pem"), key: self.path("hub.key") })
            .unwrap()
    }

    /// Writes an edge's certificate and key, and says where they are.
    pub(crate) fn edge(&self, id: &str) -> ClientFiles {
        let files = self.edge_files(id);
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = vec![SanType::URI(format!("spiffe://site/edge/{id}").try_into().unwrap())];
        self.issue(id, params, ExtendedKeyUsagePurpose::ClientAuth);
        files
    }

    /// Where the files of an edge are, once they are written.
    pub(crate) fn edge_files(&self, id: &str) -> ClientFiles {
        let file = |ending: &str| self.path(&format!("{id}.{ending}"));
        ClientFiles { ca: self.path("ca.pem"), certificate: file("pem"), key: file("key") }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn issue(&self, name: &str, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose) {
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key_path = self.path(&format!("{name}.key"));
        fs::write(&key_path, key.serialize_pem()).unwrap();
        fs::set_permissions(&key_path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(self.path(&format!("{name}.pem")), certificate.pem()).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }
}

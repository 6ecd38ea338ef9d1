//! A private certificate authority with its files, as a site would have it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
};
use runtime::tls::{
    ClientCa, OpenServerFiles, ServerFiles, ServerTls, TlsVersions, mutual_server, open_server,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

pub(crate) struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    serials: AtomicU64,
}

/// A client's certificate with its key.
pub(crate) struct Credentials {
    pub(crate) serial: SerialNumber,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// When a certificate is valid.
pub(crate) enum Validity {
    Now,
    Over,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("site authority")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let authority = Self {
            folder: TempDir::new().unwrap(),
            issuer: Issuer::new(params, key),
            root: root.der().clone(),
            serials: AtomicU64::new(1),
        };
        fs::write(authority.path("ca.pem"), root.pem()).unwrap();
        authority
    }

    /// The server's TLS with a fresh certificate and a list that revokes `revoked`.
    pub(crate) fn server(&self, revoked: &[&Credentials]) -> ServerTls {
        self.write_server_files(revoked);
        let (ca, crl) = (self.path("ca.pem"), self.path("crl.pem"));
        let (certificate, key) = (self.path("hub.pem"), self.path("hub.key"));
        mutual_server(&ServerFiles { ca, crl, certificate, key }).unwrap()
    }

    /// The same for a server whose clients may come without a certificate.
    pub(crate) fn open_server(&self, versions: TlsVersions, revoked: &[&Credentials]) -> ServerTls {
        self.write_server_files(revoked);
        let clients = Some(ClientCa { ca: self.path("ca.pem"), crl: Some(self.path("crl.pem")) });
        let (certificate, key) = (self.path("hub.pem"), self.path("hub.key"));
        open_server(&OpenServerFiles { certificate, key, clients }, versions).unwrap()
    }

    fn write_server_files(&self, revoked: &[&Credentials]) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.serial_number = Some(self.next_serial());
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.path("hub.pem"), certificate.pem()).unwrap();
        fs::write(self.path("hub.key"), key.serialize_pem()).unwrap();
        fs::set_permissions(self.path("hub.key"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(self.path("crl.pem"), self.list(revoked)).unwrap();
    }

    fn list(&self, revoked: &[&Credentials]) -> String {
        let now = OffsetDateTime::now_utc();
        let entry = |credentials: &&Credentials| RevokedCertParams {
            serial_number: credentials.serial.clone(),
            revocation_time: now,
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: now - Duration::hours(1),
            next_update: now + Duration::days(1),
            crl_number: self.next_serial(),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// A certificate for the edge of that id.
    pub(crate) fn edge(&self, id: &str) -> Credentials {
        self.issue(&[&format!("spiffe://site/edge/{id}")], Validity::Now)
    }

    pub(crate) fn issue(&self, uri_names: &[&str], validity: Validity) -> Credentials {
        let now = OffsetDateTime::now_utc();
        let serial = self.next_serial();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names =
            uri_names.iter().map(|name| SanType::URI((*name).try_into().unwrap())).collect();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.serial_number = Some(serial.clone());
        params.not_before = now - Duration::days(2);
        params.not_after = match validity {
            Validity::Now => now + Duration::days(1),
            Validity::Over => now - Duration::days(1),
        };
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let chain = vec![certificate.der().clone()];
        Credentials { serial, chain, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
    }

    /// What a client of this site trusts, with or without a certificate of its own.
    pub(crate) fn client(&self, credentials: Option<&Credentials>) -> Arc<ClientConfig> {
        self.client_of(credentials, &rustls::version::TLS13)
    }

    /// A client that speaks this version only.
    pub(crate) fn client_of(
        &self,
        credentials: Option<&Credentials>,
        version: &'static rustls::SupportedProtocolVersion,
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let builder = ClientConfig::builder_with_protocol_versions(&[version]).with_root_certificates(roots);
        Arc::new(match credentials {
            Some(own) => builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key()).unwrap(),
            None => builder.with_no_client_auth(),
        })
    }

    fn next_serial(&self) -> SerialNumber {
        SerialNumber::from(self.serials.fetch_add(1, Ordering::Relaxed))
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }
}

//! A private certificate authority with its files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use tempfile::TempDir;

pub(crate) struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// With the certificate of a listener on this machine.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // Names that differ: OpenSSL takes a certificate whose issuer has its own name for one that signed itself.
        params.distinguished_name.push(DnType::CommonName, "site authority");
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let authority = Self { folder: TempDir::new().unwrap(), issuer: Issuer::new(params, key) };
        fs::write(authority.path("ca.pem"), root.pem()).unwrap();
        let names = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        authority.issue("listener", names, ExtendedKeyUsagePurpose::ServerAuth);
        authority
    }

    /// Writes `<id>.pem` and `<id>.key` for a device.
    pub(crate) fn device(&self, id: &str) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        let name = format!("spiffe://site/device/{id}");
        params.subject_alt_names = vec![SanType::URI(name.try_into().unwrap())];
        self.issue(id, params, ExtendedKeyUsagePurpose::ClientAuth);
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn issue(&self, name: &str, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose) {
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key_path = self.path(&format!("{name}.key"));
        fs::write(&key_path, key.serialize_pem()).unwrap();
        fs::set_permissions(&key_path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(self.path(&format!("{name}.pem")), certificate.pem()).unwrap();
    }
}

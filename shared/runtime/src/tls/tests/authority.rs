//! A CA in a temporary folder that issues certificates and revocation lists as PEM files.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

use crate::tls::{ClientFiles, ServerFiles};

pub(super) const SERVER_SERIAL: &[u8] = &[0x01];

pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate with its key, as files.
pub(super) struct Issued {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) der: Vec<u8>,
}

impl Authority {
    pub(super) fn new() -> Self {
        Self::named("Strongroom test CA")
    }

    pub(super) fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let authority = Self { issuer, folder: tempfile::tempdir().unwrap() };
        authority.write("ca.pem", &authority.issuer.pem(), 0o644);
        authority
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        set_mode(&path, mode);
        path
    }

    pub(super) fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub(super) fn issue(&self, name: &str, serial: &[u8], names: Vec<SanType>) -> Issued {
        self.issue_for(name, serial, names, 1_000_000_000..4_000_000_000)
    }

    /// Valid from the beginning to the end of `valid_s`, in unix seconds.
    fn issue_for(&self, name: &str, serial: &[u8], names: Vec<SanType>, valid_s: Range<i64>) -> Issued {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(serial));
        params.subject_alt_names = names;
        params.not_before = OffsetDateTime::from_unix_timestamp(valid_s.start).unwrap();
        params.not_after = OffsetDateTime::from_unix_timestamp(valid_s.end).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued {
            der: certificate.der().to_vec(),
            certificate: self.write(&format!("{name}.pem"), &certificate.pem(), 0o644),
            key: self.write(&format!("{name}.key"), &key.serialize_pem(), 0o600),
        }
    }

    /// `next_update_s` counts from now; a negative one makes an expired list.
    pub(super) fn crl(&self, revoked: &[&[u8]], next_update_s: i64) -> String {
        let now = OffsetDateTime::now_utc();
        let entry = |serial: &&[u8]| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: now - Duration::days(2),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: now - Duration::days(2),
            next_update: now + Duration::seconds(next_update_s),
            crl_number: SerialNumber::from_slice(&[1]),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// A server for `localhost` whose list revokes these serials.
    pub(super) fn server(&self, revoked: &[&[u8]], next_update_s: i64) -> ServerFiles {
        let files = self.server_for(1_000_000_000..4_000_000_000);
        self.write("crl.pem", &self.crl(revoked, next_update_s), 0o644);
        files
    }

    /// A server for `localhost` with a certificate that is valid in `valid_s`.
    pub(super) fn server_for(&self, valid_s: Range<i64>) -> ServerFiles {
        let names = vec![SanType::DnsName("localhost".try_into().unwrap())];
        let Issued { certificate, key, .. } = self.issue_for("server", SERVER_SERIAL, names, valid_s);
        let crl = self.write("crl.pem", &self.crl(&[], 86_400), 0o644);
        ServerFiles { ca: self.path("ca.pem"), crl, certificate, key }
    }

    /// A client of this authority that trusts `self`'s servers.
    pub(super) fn client(&self, name: &str, serial: &[u8]) -> ClientFiles {
        let Issued { certificate, key, .. } = self.issue(name, serial, vec![uri(name)]);
        ClientFiles { ca: self.path("ca.pem"), certificate, key }
    }
}

pub(super) fn uri(name: &str) -> SanType {
    SanType::URI(format!("spiffe://site/edge/{name}").try_into().unwrap())
}

pub(super) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

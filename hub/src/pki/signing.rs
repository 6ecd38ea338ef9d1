//! The authority's key at work: the CA's own certificate, leaf certificates, revocation lists. Everything is P-256 with
//! SHA-256, which every device of the last twenty years verifies.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData,
    RevocationReason, RevokedCertParams, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::files::Moment;
use super::identity::{Name, Subject};
use super::ledger::Entry;
use super::reason::Reason;
use super::serial::Serial;

/// Certificates and lists begin a little in the past: a device whose clock is slow must not refuse a fresh one.
const BEGINS_EARLIER_S: i64 = 300;

/// Why something could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The encoder or the key refused.
    #[error("cannot {action}")]
    Refused {
        /// What was tried.
        action: &'static str,
        /// What the encoder said.
        source: rcgen::Error,
    },
    /// The CA's certificate does not decode.
    #[error("ca.pem is not a certificate")]
    NotACertificate,
    /// The pair does not fit: one of the files was exchanged.
    #[error("ca.key does not belong to ca.pem; restore both from the same backup")]
    ForeignKey,
    /// A date beyond the calendar of certificates.
    #[error("{moment} cannot stand in a certificate; check this machine's clock")]
    Date {
        /// The refused moment.
        moment: Moment,
    },
}

fn refused(action: &'static str) -> impl FnOnce(rcgen::Error) -> SigningError {
    move |source| SigningError::Refused { action, source }
}

/// A new authority's two files.
pub(super) struct NewAuthority {
    pub(super) certificate_pem: String,
    pub(super) key_pem: String,
}

/// Makes a CA that may sign leaf certificates only. Its subject carries a part of its serial, so that two authorities of
/// the same site can be told apart.
pub(super) fn new_authority(
    site: &Name,
    serial: Serial,
    now: Moment,
    expires: Moment,
) -> Result<NewAuthority, SigningError> {
    let key = new_key()?;
    let mark: String = serial.to_string().chars().take(8).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = subject_name(site, &format!("Strongroom CA {mark}"));
    params.serial_number = Some(SerialNumber::from_slice(serial.as_bytes()));
    params.not_before = date(begin(now))?;
    params.not_after = date(expires)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).map_err(refused("sign the authority's own certificate"))?;
    Ok(NewAuthority { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
}

/// The public half that a leaf certificate binds.
pub(super) enum LeafKey {
    /// Made here; its private half goes to the holder.
    Made(Box<KeyPair>),
    /// From a device's request.
    Requested(SubjectPublicKeyInfo),
}

impl PublicKeyData for LeafKey {
    fn der_bytes(&self) -> &[u8] {
        match self {
            Self::Made(key) => key.der_bytes(),
            Self::Requested(key) => key.der_bytes(),
        }
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self {
            Self::Made(key) => key.algorithm(),
            Self::Requested(key) => key.algorithm(),
        }
    }
}

/// A fresh P-256 key.
pub(super) fn new_key() -> Result<KeyPair, SigningError> {
    KeyPair::generate().map_err(refused("make a key"))
}

/// What a leaf certificate says.
pub(super) struct Leaf<'a> {
    pub(super) subject: &'a Subject,
    pub(super) serial: Serial,
    pub(super) issued: Moment,
    pub(super) expires: Moment,
}

/// A signed certificate in both of its forms.
pub(super) struct SignedLeaf {
    pub(super) der: Vec<u8>,
    pub(super) pem: String,
}

/// What the CA's own certificate says; reading it needs no key.
pub(super) struct Own {
    public_key: Vec<u8>,
    pub(super) expires: Moment,
}

impl Own {
    pub(super) fn parse(certificate_pem: &str) -> Result<Self, SigningError> {
        let (_, block) = x509_parser::pem::parse_x509_pem(certificate_pem.as_bytes())
            .map_err(|_| SigningError::NotACertificate)?;
        let (_, certificate) =
            X509Certificate::from_der(&block.contents).map_err(|_| SigningError::NotACertificate)?;
        Ok(Self {
            public_key: certificate.public_key().subject_public_key.data.to_vec(),
            expires: Moment::from_s(certificate.validity().not_after.timestamp()),
        })
    }
}

/// The opened CA.
pub(super) struct Signer {
    issuer: Issuer<'static, KeyPair>,
    /// The CA's own last second; nothing that it signs may live longer.
    pub(super) expires: Moment,
}

impl Signer {
    /// Opens the CA from its two files and checks that they belong together.
    pub(super) fn open(certificate_pem: &str, key_pem: &str) -> Result<Self, SigningError> {
        let key = KeyPair::from_pem(key_pem).map_err(refused("read ca.key"))?;
        let own = Own::parse(certificate_pem)?;
        if own.public_key != key.der_bytes() {
            return Err(SigningError::ForeignKey);
        }
        let issuer = Issuer::from_ca_cert_pem(certificate_pem, key).map_err(refused("read ca.pem"))?;
        Ok(Self { issuer, expires: own.expires })
    }

    /// Signs a certificate for `key`.
    pub(super) fn sign(
        &self,
        site: &Name,
        leaf: &Leaf<'_>,
        key: &LeafKey,
    ) -> Result<SignedLeaf, SigningError> {
        let holder = leaf.subject.holder();
        let mut params = CertificateParams::default();
        params.distinguished_name = subject_name(site, holder.name().as_str());
        params.serial_number = Some(SerialNumber::from_slice(leaf.serial.as_bytes()));
        params.not_before = date(begin(leaf.issued))?;
        params.not_after = date(leaf.expires)?;
        // The explicit form makes the encoder write the subject key identifier too.
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        (params.extended_key_usages, params.subject_alt_names) = match leaf.subject {
            Subject::Server { dns, ips, .. } => {
                let dns = dns.iter().map(|name| name.as_str());
                (vec![ExtendedKeyUsagePurpose::ServerAuth], server_names(dns, ips)?)
            }
            Subject::Edge(_) | Subject::HostAgent(_) => {
                let uri = holder.uri(site).expect("edges and host agents have a URI");
                (vec![ExtendedKeyUsagePurpose::ClientAuth], vec![SanType::URI(ia5(&uri)?)])
            }
        };
        let certificate = params.signed_by(key, &self.issuer).map_err(refused("sign the certificate"))?;
        Ok(SignedLeaf { der: certificate.der().to_vec(), pem: certificate.pem() })
    }

    /// Signs the list of everything that is revoked.
    pub(super) fn sign_crl<'a>(
        &self,
        number: u64,
        now: Moment,
        days: u32,
        revoked: impl Iterator<Item = &'a Entry>,
    ) -> Result<String, SigningError> {
        let params = CertificateRevocationListParams {
            this_update: date(begin(now))?,
            next_update: date(now.plus_days(days))?,
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.filter_map(listed).collect::<Result<_, _>>()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = params.signed_by(&self.issuer).map_err(refused("sign the revocation list"))?;
        list.pem().map_err(refused("encode the revocation list"))
    }
}

fn listed(entry: &Entry) -> Option<Result<RevokedCertParams, SigningError>> {
    let revocation = entry.revoked?;
    Some(date(revocation.at).map(|revocation_time| RevokedCertParams {
        serial_number: SerialNumber::from_slice(entry.serial.as_bytes()),
        revocation_time,
        reason_code: reason_code(revocation.reason),
        invalidity_date: None,
    }))
}

/// RFC 5280 wants "unspecified" to be left out rather than written.
fn reason_code(reason: Reason) -> Option<RevocationReason> {
    match reason {
        Reason::Unspecified => None,
        Reason::KeyCompromise => Some(RevocationReason::KeyCompromise),
        Reason::Superseded => Some(RevocationReason::Superseded),
        Reason::CessationOfOperation => Some(RevocationReason::CessationOfOperation),
        Reason::PrivilegeWithdrawn => Some(RevocationReason::PrivilegeWithdrawn),
    }
}

fn subject_name(site: &Name, common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, site.as_str());
    name.push(DnType::CommonName, common_name);
    name
}

fn server_names<'a>(
    dns: impl Iterator<Item = &'a str>,
    ips: &[IpAddr],
) -> Result<Vec<SanType>, SigningError> {
    let mut names = dns.map(|name| ia5(name).map(SanType::DnsName)).collect::<Result<Vec<_>, _>>()?;
    names.extend(ips.iter().copied().map(SanType::IpAddress));
    Ok(names)
}

fn ia5(text: &str) -> Result<rcgen::string::Ia5String, SigningError> {
    text.try_into().map_err(refused("write a name into the certificate"))
}

fn begin(now: Moment) -> Moment {
    Moment::from_s(now.as_s().saturating_sub(BEGINS_EARLIER_S))
}

fn date(moment: Moment) -> Result<OffsetDateTime, SigningError> {
    OffsetDateTime::from_unix_timestamp(moment.as_s()).map_err(|_| SigningError::Date { moment })
}

//! A private certificate authority, the broker's certificate and the agent's.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

/// Writes `ca.pem`, `broker.{pem,key}` for localhost and `agent.{pem,key}` for a device.
pub(crate) fn issue(folder: &Path, device: &str) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // With one name for all, OpenSSL takes each for a root of its own.
    params.distinguished_name.push(DnType::CommonName, "authority");
    let key = KeyPair::generate().unwrap();
    fs::write(folder.join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let write = |name: &str, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose| {
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        fs::write(folder.join(format!("{name}.pem")), params.signed_by(&key, &issuer).unwrap().pem())
            .unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
        only_for_owner(&folder.join(format!("{name}.key"))).unwrap();
    };
    let broker = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    write("broker", broker, ExtendedKeyUsagePurpose::ServerAuth);
    let mut agent = CertificateParams::new(Vec::new()).unwrap();
    agent.subject_alt_names = vec![SanType::URI(format!("spiffe://site/agent/{device}").try_into().unwrap())];
    write("agent", agent, ExtendedKeyUsagePurpose::ClientAuth);
}

fn only_for_owner(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

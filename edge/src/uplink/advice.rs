//! What a person can do about a connection that does not come about, or does not last. Pure.

use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError};

use super::link::LinkError;
use super::route::Lasted;

/// A connection that lasted so long was sound. Longer than the longest delay between two attempts, so that two edges which
/// push each other out never count as sound.
pub(super) const SOUND_AFTER: Duration = Duration::from_secs(60);
/// So many connections in a row that break off right away are no accident of the network.
const BRIEF_MAX: u32 = 3;

/// Knows what several failures in a row mean.
#[derive(Debug, Default)]
pub(super) struct Adviser {
    /// Connections in a row that the hub had accepted and that did not last.
    brief: u32,
}

impl Adviser {
    /// The connection has lasted.
    pub(super) fn sound(&mut self) {
        *self = Self::default();
    }

    /// A connection that was accepted broke.
    pub(super) fn lost(&mut self, error: &LinkError, lasted: Lasted) -> Option<&'static str> {
        if lasted == Lasted::Briefly {
            self.brief = self.brief.saturating_add(1);
        }
        let again_and_again = self.brief >= BRIEF_MAX && error.is_cut_off();
        advice(error).or(again_and_again
            .then_some("it is closed again and again: another process may be using this edge id"))
    }
}

pub(super) fn advice(error: &LinkError) -> Option<&'static str> {
    const GATES_PORT: &str = "is this the gate's port?";
    match error {
        LinkError::Connect(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Some("does the hub run, and is this the gate's port?")
        }
        LinkError::Silent => Some("does a firewall between swallow it, or does the hub hang?"),
        _ if error.is_foreign_edge() => Some(
            "the hub does not accept this edge: is edge.id the one in the certificate, and does the certificate belong to \
             the hub's site?",
        ),
        _ if error.is_no_mqtt() => Some(GATES_PORT),
        _ => match error.tls()? {
            rustls::Error::AlertReceived(alert) => alerted(*alert),
            rustls::Error::InvalidCertificate(error) => distrusted(error),
            rustls::Error::InvalidMessage(_) => Some(GATES_PORT),
            _ => None,
        },
    }
}

/// What the hub thinks of this edge's certificate.
fn alerted(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRevoked => {
            Some("the hub refused this edge's certificate: it is revoked; issue a new one")
        }
        Alert::CertificateExpired => Some(
            "the hub refused this edge's certificate: it has expired, or is not valid yet; issue a new one, and compare \
             the clocks",
        ),
        Alert::UnknownCA => Some(
            "the hub refused this edge's certificate: it is from another CA than the hub's gate.ca; issue one there",
        ),
        Alert::CertificateRequired | Alert::NoCertificate => {
            Some("the hub saw no certificate; name the edge's own in uplink.certificate")
        }
        Alert::BadCertificate | Alert::UnsupportedCertificate | Alert::DecryptError => Some(
            "the hub refused this edge's certificate as no good one; issue a new one, for an edge and not for a server",
        ),
        Alert::CertificateUnknown | Alert::AccessDenied => Some(
            "the hub refused this edge's certificate: has the hub's revocation list run out? The hub's log says why",
        ),
        Alert::ProtocolVersion | Alert::HandshakeFailure => {
            Some("it does not speak TLS 1.3 as the gate does: is this the gate's port?")
        }
        _ => None,
    }
}

/// What this edge thinks of the hub's certificate.
fn distrusted(error: &CertificateError) -> Option<&'static str> {
    match error {
        CertificateError::UnknownIssuer => {
            Some("the hub's certificate is from another CA than uplink.ca; is this the right hub?")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Some("the hub's certificate carries another name; write that into uplink.server_name")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Some("the hub's certificate has expired, or this edge's clock is wrong")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Some("the hub's certificate is not valid yet, or this edge's clock is wrong")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::mqttbytes::Error as CodecError;
    use rumqttc::mqttbytes::v4::ConnectReturnCode;

    use super::*;

    fn alert(alert: AlertDescription) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, rustls::Error::AlertReceived(alert))
    }

    #[test]
    fn an_alert_is_put_into_words_wherever_it_is_read() {
        let revoked = || alert(AlertDescription::CertificateRevoked);
        let wrapped = io::Error::other(revoked());
        for error in [
            LinkError::Handshake(revoked()),
            LinkError::Broken(revoked().into()),
            LinkError::Broken(wrapped.into()),
        ] {
            assert!(advice(&error).unwrap().contains("revoked; issue a new one"), "{error:?}");
        }
        assert_eq!(advice(&LinkError::Handshake(io::ErrorKind::ConnectionReset.into())), None);
    }

    #[test]
    fn an_edge_that_the_hub_does_not_want_is_told_what_to_compare() {
        let advised = |code| advice(&LinkError::Refused { code });
        let foreign = [ConnectReturnCode::NotAuthorized, ConnectReturnCode::BadClientId].map(advised);
        assert!(foreign.iter().all(|advice| advice.unwrap().contains("edge.id")));
        assert_eq!(advised(ConnectReturnCode::ServiceUnavailable), None);
    }

    #[test]
    fn what_is_no_gate_is_doubted() {
        for error in [LinkError::Unexpected, LinkError::Broken(CodecError::MalformedPacket)] {
            assert_eq!(advice(&error), Some("is this the gate's port?"));
        }
    }

    #[test]
    fn an_edge_that_is_pushed_out_again_and_again_suspects_a_double() {
        let mut adviser = Adviser::default();
        let reset = || LinkError::Broken(io::Error::from(io::ErrorKind::ConnectionReset).into());
        assert_eq!(adviser.lost(&reset(), Lasted::Long), None, "that was no push");
        assert_eq!(adviser.lost(&LinkError::Closed, Lasted::Briefly), None);
        assert_eq!(adviser.lost(&LinkError::Closed, Lasted::Briefly), None);
        for error in [reset(), LinkError::Closed] {
            let advice = adviser.lost(&error, Lasted::Briefly);
            assert!(advice.unwrap().contains("another process"), "it stands as long as that goes on");
        }
        adviser.sound();
        assert_eq!(adviser.lost(&LinkError::Closed, Lasted::Briefly), None);
    }
}

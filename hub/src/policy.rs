//! What an edge may do at the hub's gate: be itself, send its envelopes and heartbeats, and listen to its own commands.

use std::collections::BTreeSet;
use std::sync::Mutex;

use gate::{Certificate, ConnectRequest, Identity, Peer, Policy, PublishRequest, Qos, Refusal};
use wire::{EdgeId, Envelope, Heartbeat, Topic};

/// The class that stands in an edge's certificate: `spiffe://<site>/edge/<id>`.
const EDGE: &str = "edge";

#[derive(Debug)]
pub struct HubPolicy {
    site: String,
    /// Edges that were known before the revocation list ran out: it never locks them out. Whoever connects while the list
    /// is fresh becomes known.
    known: Mutex<BTreeSet<EdgeId>>,
}

impl HubPolicy {
    pub fn new(site: String, known: BTreeSet<EdgeId>) -> Self {
        Self { site, known: Mutex::new(known) }
    }

    fn edge(&self, identity: &Identity) -> Result<EdgeId, Refusal> {
        if identity.site != self.site {
            let detail =
                format!("the certificate belongs to the site {}, this hub to {}", identity.site, self.site);
            return Err(Refusal::new("foreign_site", detail));
        }
        if identity.class != EDGE {
            return Err(Refusal::new("not_an_edge", format!("{identity} is not an edge")));
        }
        EdgeId::parse(&identity.id).map_err(|error| Refusal::new("edge_id", error.to_string()))
    }
}

impl Policy for HubPolicy {
    fn connect(&self, certificate: &Certificate, request: &ConnectRequest<'_>) -> Result<(), Refusal> {
        let edge = self.edge(&certificate.identity)?;
        if request.client_id != edge.as_str() {
            let detail = format!("the client id is {:?}, the certificate says {edge}", request.client_id);
            return Err(Refusal::new("foreign_client_id", detail));
        }
        if request.will.is_some() || request.login.is_some() {
            return Err(Refusal::new("will_or_login", "edges use neither wills nor passwords"));
        }
        let mut known = self.known.lock().expect("nothing panics with the lock");
        if certificate.crl_expired && !known.contains(&edge) {
            let detail =
                format!("the revocation list has run out; {edge} is new and must wait for a fresh one");
            return Err(Refusal::new("crl_expired", detail));
        }
        known.insert(edge);
        Ok(())
    }

    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal> {
        let bytes_max = match request.topic.parse() {
            Ok(Topic::Envelopes(edge, _)) if edge.as_str() == peer.identity.id => Envelope::BYTES_MAX,
            Ok(Topic::Heartbeat(edge)) if edge.as_str() == peer.identity.id => Heartbeat::BYTES_MAX,
            Ok(_) | Err(_) => {
                return Err(Refusal::new("foreign_topic", format!("topic {:?}", request.topic)));
            }
        };
        if request.retain || request.qos != Qos::AtLeastOnce {
            return Err(Refusal::new("publish_flags", "edges publish with QoS 1 and without retain"));
        }
        if request.payload_bytes > bytes_max {
            let detail = format!("{} bytes on {}, at most {bytes_max}", request.payload_bytes, request.topic);
            return Err(Refusal::new("payload_too_large", detail));
        }
        Ok(())
    }

    fn subscribe(&self, peer: &Peer, filter: &str) -> Result<(), Refusal> {
        let own = EdgeId::parse(&peer.identity.id).is_ok_and(|edge| filter == Topic::commands_filter(&edge));
        if own { Ok(()) } else { Err(Refusal::new("foreign_filter", format!("filter {filter:?}"))) }
    }
}

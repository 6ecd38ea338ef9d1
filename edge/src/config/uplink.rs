//! The way to the hub: where it listens, by which name its certificate is checked, and who this edge is.

use std::time::Duration;

use runtime::config::{FromSection, Parsed, Section};
use runtime::tls::ClientFiles;

use super::endpoint::Endpoint;

#[derive(Clone, Debug)]
pub struct UplinkConfig {
    /// `host:port`, already checked.
    pub hub: String,
    /// The name that the hub's certificate must carry.
    pub server_name: String,
    pub files: ClientFiles,
    pub heartbeat_interval: Duration,
}

impl UplinkConfig {
    /// The same as `hub`, taken apart.
    pub fn endpoint(&self) -> Endpoint {
        self.hub.parse().expect("`hub` was checked when the file was read")
    }
}

impl FromSection for UplinkConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let hub = section.required("hub").map(|Parsed(hub): Parsed<Endpoint>| hub);
        let server_name: Option<String> = section.optional("server_name");
        let ca = section.path("ca");
        let certificate = section.path("certificate");
        let key = section.path("key");
        let bounds = Duration::from_secs(1)..=Duration::from_secs(60);
        let heartbeat_interval = section.within("heartbeat_interval", Duration::from_secs(5), bounds);
        if server_name.as_deref() == Some("") {
            section.fault("server_name", "the name is empty; write the name in the hub's certificate");
        }
        let hub = hub?;
        Some(Self {
            server_name: server_name.unwrap_or_else(|| hub.host.clone()),
            hub: hub.to_string(),
            files: ClientFiles { ca: ca?, certificate: certificate?, key: key? },
            heartbeat_interval,
        })
    }
}

//! What `check` and `kinds` print, for people. Pure.

use wire::{DeviceId, Kind, ValueType};

use crate::app::Plan;
use runtime::tls::TlsVersions;

use crate::config::{CoilConfig, Config, Hub, ListenerConfig};
use crate::field::listener::Token;
use crate::terminal::aligned;

/// What a correct configuration will make the edge do.
pub fn plan(Plan { config, site, .. }: &Plan, doubts: &[String]) -> String {
    let points: usize = site.devices.iter().map(|device| device.profile.points.len()).sum();
    let mut rows = vec![["DEVICE", "PROFILE", "ADDRESS", "UNIT", "POLL", "POINTS"].map(str::to_owned)];
    for device in &site.devices {
        rows.push([
            device.id.to_string(),
            device.profile.name.to_string(),
            device.access.to_string(),
            device.access.unit().map_or_else(|| "-".to_owned(), |unit| unit.to_string()),
            format!("{:?}", device.poll_interval),
            device.profile.points.len().to_string(),
        ]);
    }
    let arming = match &config.arming {
        Some(device) => format!("arming comes from {device}"),
        None => "no device tells the arming of the part: it counts as set".to_owned(),
    };
    let status = match config.status.address {
        Some(address) => format!("status at http://{address}/status, for this machine alone\n"),
        None => "nobody can ask for the status: there is no status.address\n".to_owned(),
    };
    let coil = |(id, coil): (&str, &CoilConfig)| {
        let kinds: Vec<&str> = coil.on.iter().map(|trigger| trigger.kind.name()).collect();
        format!("coil {} of {id} ({}) is switched on by {}\n", coil.coil, coil.name, kinds.join(", "))
    };
    let coils =
        config.annunciators.iter().flat_map(|from| from.coils.iter().map(|coil| (from.id.as_str(), coil)));
    let coils: String = coils.map(coil).collect();
    let doubts: String = doubts.iter().map(|doubt| format!("look at: {doubt}\n")).collect();
    let listeners: String = config.listeners.iter().map(|from| listener(config, from)).collect();
    format!(
        "edge {edge} → hub {hub}\n{devices} devices, {points} points, point table {version}\n\
         spool {spool}, at most {bytes} bytes of envelopes (the file may take 2.3 times that)\n{arming}\n{status}{listeners}{coils}{doubts}\n{table}",
        edge = config.edge,
        hub = hubs(config),
        devices = site.devices.len(),
        version = site.table.version(),
        spool = config.spool.path.display(),
        bytes = config.spool.bytes_max,
        table = aligned(&rows),
    )
}

fn listener(
    config: &Config,
    ListenerConfig { name, address, interface, files, versions, .. }: &ListenerConfig,
) -> String {
    let of_this = |listener: &&str| *listener == name.as_str();
    let senders = config.devices.iter().filter_map(|device| Some(device.sender.as_ref()?.listener.as_str()));
    let devices = senders.filter(of_this).count();
    let interface = interface.as_ref().map_or(String::new(), |name| format!(" on {name}"));
    let tls = match versions {
        TlsVersions::Only13 => "TLS 1.3",
        TlsVersions::From12 => "TLS 1.2 and 1.3",
    };
    let proof = if files.clients.is_some() { "certificates or tokens" } else { "tokens" };
    format!("listener {name} at {address}{interface}, {tls}, {proof}, for {devices} devices\n")
}

/// A new token for a device, with what to do with it.
pub fn token(device: &DeviceId) -> Result<String, getrandom::Error> {
    let token = Token::generate()?;
    Ok(format!(
        "user      {device}\npassword  {}\n\nThe password is shown this once only. In the entry of {device}:\n\n\
         token_sha256 = \"{}\"\n",
        token.password(),
        token.digest()
    ))
}

/// The ways to the hub in their order, each with the name that the certificate must carry.
fn hubs(config: &Config) -> String {
    let hub = |hub: &Hub| format!("{} (certificate name {})", hub.address, hub.server_name);
    let hubs: Vec<String> = config.uplink.hubs.iter().map(hub).collect();
    hubs.join(", else ")
}

/// The catalogue of kinds.
pub fn kinds() -> String {
    let mut rows = vec![["KIND", "LANE", "VALUE", "UNIT"].map(str::to_owned)];
    for kind in Kind::ALL {
        let value = match kind.value_type() {
            ValueType::Flag => "yes or no".to_owned(),
            ValueType::State(states) => states.join(" "),
            ValueType::Count(_) => "count".to_owned(),
            ValueType::Measure(_) => "measure".to_owned(),
            ValueType::Text => "text".to_owned(),
        };
        rows.push([
            kind.name().to_owned(),
            kind.lane().to_string(),
            value,
            kind.value_type().unit().to_owned(),
        ]);
    }
    aligned(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_line() {
        let text = kinds();
        assert_eq!(text.lines().count(), Kind::ALL.len() + 1);
        assert!(text.contains("door.contact"));
        let columns = |line: &str| line.find("urgent").or(line.find("routine"));
        let lanes: Vec<_> = text.lines().skip(1).map(columns).collect();
        assert!(lanes.windows(2).all(|pair| pair[0] == pair[1]), "the columns stand under each other");
    }
}

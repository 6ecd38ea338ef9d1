//! A room with a device of every class on one real edge: simulated devices on Modbus TCP, a libmodbus device on a serial line,
//! a window sensor on MQTT, and the agent of a computer.

use std::net::SocketAddr;

use serde_json::Value;

use crate::authority::SITE;
use crate::edge::{EdgeSettings, RealEdge};
use crate::field::{Field, ROOM};
use crate::host_agent::HostAgent;
use crate::libmodbus::{self, Libmodbus};
use crate::mqtt_window::MqttWindow;
use crate::program::run_well;
use crate::proxy::Proxy;
use crate::serial::Serial;
use crate::site::Site;
use crate::wait::{until, within};
use crate::watched_room::EDGE;

/// A site has an address of its own, so that its ports are free. An edge must be told this one.
const FIELD_PORT: u16 = 8_884;
/// The unit on the serial line.
const UNIT: u8 = 7;
/// A device that speaks by itself is lost after ten seconds, and everything may be slow.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

pub struct FullRoom {
    pub edge: RealEdge,
    pub field: Field,
    pub on_the_line: Libmodbus,
    pub window: MqttWindow,
    pub agent: HostAgent,
    pub site: Site,
    pub settings: EdgeSettings,
    login: Login,
    window_boot: u32,
    _serial: Serial,
}

/// Where the edge listens, and what lets the window sensor in.
struct Login {
    listener: SocketAddr,
    token: String,
}

impl FullRoom {
    /// One point of each class, with what it says at rest.
    pub const REST: [(&'static str, &'static str); 4] = [
        ("door-1:contact", "closed"),
        ("door-7:handle", "yes"),
        ("window-1:contact", "closed"),
        ("desk-1:agent", "online"),
    ];

    /// Waits until everything is at rest and shown so.
    pub async fn start() -> FullRoom {
        Self::build(Site::with_edges(&[EDGE]).await, None).await
    }

    /// The edge reaches the hub through a proxy.
    pub async fn behind_proxy() -> (FullRoom, Proxy) {
        let site = Site::with_edges(&[EDGE]).await;
        let proxy = Proxy::start(site.hub.ports().gate).await;
        let address = proxy.address();
        (Self::build(site, Some(address)).await, proxy)
    }

    async fn build(site: Site, by_way_of: Option<SocketAddr>) -> FullRoom {
        let field = Field::start(site.folder(), site.address, ROOM).await;
        let serial = Serial::start();
        let on_the_line = Libmodbus::rtu(site.folder(), UNIT, &serial.device).await;
        let (token, digest) = token("window-1");
        let login = Login { listener: SocketAddr::new(site.address, FIELD_PORT), token };
        site.authority.issue_server("field", &site.address.to_string());
        let settings = EdgeSettings::room(&field).more(&sections(&site, &serial, &login, &digest));
        let settings = by_way_of.into_iter().fold(settings, EdgeSettings::by_way_of);
        let mut edge = site.real_edge(EDGE, settings.clone());
        edge.file("libmodbus.toml", libmodbus::PROFILE);
        edge.start();
        // The sensor's client gives up at once if nobody listens.
        until("the field listener", async || {
            if edge.log().contains("listening for devices") { Ok(()) } else { Err(edge.log()) }
        })
        .await;
        let window_boot = 1;
        let window = window(&site, &login, window_boot);
        let files = site.authority.issue_host_agent("desk-1");
        let agent = HostAgent::start(site.folder(), login.listener, &files, "desk-1");
        let room = FullRoom {
            edge,
            field,
            on_the_line,
            window,
            agent,
            site,
            settings,
            login,
            window_boot,
            _serial: serial,
        };
        room.becomes("edge:arming", "unset").await;
        for (point, value) in Self::REST {
            room.becomes(point, value).await;
        }
        room
    }

    /// The window sensor as it is after its power was gone: a new life, and a closed window.
    pub fn restart_window(&mut self) {
        self.window_boot += 1;
        self.window = window(&self.site, &self.login, self.window_boot);
    }

    /// A point as the hub shows it.
    pub async fn point(&self, point: &str) -> Value {
        self.site.api().point("room", &format!("{EDGE}:{point}")).await
    }

    /// Waits until the hub shows this value and believes it.
    pub async fn becomes(&self, point: &str, value: &str) {
        within(PATIENCE, &format!("{point} to be {value}"), async || {
            let found = self.point(point).await;
            let there = found["text"] == value && found["quality"] == "good";
            if there { Ok(()) } else { Err(found.to_string()) }
        })
        .await;
    }

    /// Waits until the hub shows the point and does not take it for the present state.
    pub async fn is_disbelieved(&self, point: &str) -> Value {
        within(PATIENCE, &format!("{point} to be disbelieved"), async || {
            let found = self.point(point).await;
            let bad = ["stale", "comm_failure", "device_failure"].iter().any(|bad| found["quality"] == *bad);
            if bad { Ok(found) } else { Err(found.to_string()) }
        })
        .await
    }

    /// Waits until an event says this of a point, at its beginning at least.
    pub async fn event(&self, point: &str, text: &str) {
        let id = format!("{EDGE}:{point}");
        within(PATIENCE, &format!("the event {point} {text}"), async || {
            let events = self.site.api().events(EDGE).await;
            let of_point: Vec<_> = events.into_iter().filter(|event| event.point == id).collect();
            let found =
                of_point.iter().any(|event| event.text.as_deref().is_some_and(|said| said.starts_with(text)));
            if found { Ok(()) } else { Err(format!("{of_point:?}")) }
        })
        .await;
    }
}

fn window(site: &Site, login: &Login, boot: u32) -> MqttWindow {
    MqttWindow::start(site.folder(), login.listener, &site.authority.ca(), "window-1", &login.token, boot)
}

/// A token of that device and its digest, by the edge's own command line.
fn token(device: &str) -> (String, String) {
    let said = run_well("strongroom-edge", &["token", device]);
    let of = |key: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_else(|| panic!("there is no {key} in {said}")).trim().trim_matches('"').to_owned()
    };
    (of("password"), of("token_sha256 ="))
}

fn sections(site: &Site, serial: &Serial, login: &Login, digest: &str) -> String {
    let files = site.authority.files("server-field");
    format!(
        r#"[[buses]]
id = "rs485-1"
path = {line:?}
baud = 115200
parity = "even"
[[devices]]
id = "door-7"
profile = "libmodbus.toml"
bus = "rs485-1"
unit = {UNIT}
poll_interval = "100ms"
[[listeners]]
name = "field"
address = "{listener}"
certificate = {certificate:?}
key = {key:?}
ca = {ca:?}
[[devices]]
id = "window-1"
profile = "mqtt-window-sensor"
listener = "field"
token_sha256 = "{digest}"
report_interval = "2s"
[[devices]]
id = "desk-1"
profile = "host-agent"
listener = "field"
certificate_id = "spiffe://{SITE}/host-agent/desk-1"
report_interval = "2s"
"#,
        line = serial.edge,
        listener = login.listener,
        certificate = files.certificate,
        key = files.key,
        ca = files.ca,
    )
}

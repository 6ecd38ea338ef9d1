//! A room as it will be watched: simulated devices, a real edge, a real hub, everything at rest and unset.

use std::net::SocketAddr;

use serde_json::Value;

use crate::api::RecordKey;
use crate::edge::{EdgeSettings, RealEdge};
use crate::field::{Field, ROOM};
use crate::proxy::Proxy;
use crate::site::Site;
use crate::wait::until;

/// The edge of the room, which is the part `room`.
pub const EDGE: &str = "edge-1";

pub struct WatchedRoom {
    pub edge: RealEdge,
    pub field: Field,
    pub site: Site,
}

impl WatchedRoom {
    pub async fn start() -> WatchedRoom {
        Self::build(Site::with_edges(&[EDGE]).await, None).await
    }

    /// The edge reaches the hub through a proxy.
    pub async fn behind_proxy() -> (WatchedRoom, Proxy) {
        let site = Site::with_edges(&[EDGE]).await;
        let proxy = Proxy::start(site.hub.ports().gate).await;
        let address = proxy.address();
        (Self::build(site, Some(address)).await, proxy)
    }

    async fn build(site: Site, by_way_of: Option<SocketAddr>) -> WatchedRoom {
        let field = Field::start(site.folder(), site.address, ROOM).await;
        let settings = EdgeSettings::room(&field);
        let settings = by_way_of.into_iter().fold(settings, EdgeSettings::by_way_of);
        let mut edge = site.real_edge(EDGE, settings);
        edge.start();
        let room = WatchedRoom { edge, field, site };
        let rest = [
            ("edge:arming", "unset"),
            ("door-1:contact", "closed"),
            ("door-1:handle", "no"),
            ("cabinet-1:bolt", "extended"),
        ];
        for (point, value) in rest {
            room.becomes(point, value).await;
        }
        room
    }

    /// A point as the hub shows it.
    pub async fn point(&self, point: &str) -> Value {
        self.site.api().point("room", &format!("{EDGE}:{point}")).await
    }

    /// Waits until the hub shows this value and believes it.
    pub async fn becomes(&self, point: &str, value: &str) {
        until(&format!("{point} to be {value}"), async || {
            let found = self.point(point).await;
            let there = found["text"] == value && found["quality"] == "good";
            if there { Ok(()) } else { Err(found.to_string()) }
        })
        .await;
    }

    /// Turns the door's handle: a change that no rule minds. Returns what the hub will call it.
    pub fn turn_handle(&self, turned: Handle) -> &'static str {
        let (state, value) = match turned {
            Handle::Pressed => ("on", "yes"),
            Handle::Released => ("off", "no"),
        };
        self.field.set(&[&format!("door-1.handle={state}")]);
        value
    }

    /// Turns the handle and waits until the hub shows it.
    pub async fn handle_becomes(&self, turned: Handle) {
        let value = self.turn_handle(turned);
        self.becomes("door-1:handle", value).await;
    }

    /// What the hub holds of the edge, each record once, and nothing that anybody was told of.
    pub async fn holds_each_record_once(&self) -> Vec<RecordKey> {
        let api = self.site.api();
        api.judged().await;
        let records = api.records(EDGE).await;
        let twice: Vec<_> = records.iter().filter(|(_, times)| **times != 1).collect();
        assert!(twice.is_empty(), "counted more than once: {twice:?}");
        for counter in ["ingest_gaps_total", "ingest_forks_total", "ingest_quarantined_total"] {
            assert_eq!(api.metric(counter).await, 0.0, "{counter}");
        }
        assert_eq!(api.incidents().await, [], "no gap, no fork, nothing at all");
        records.into_keys().collect()
    }
}

/// How the handle of the door stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    Pressed,
    Released,
}

impl Handle {
    /// Pressed, released, pressed, …
    pub fn turns() -> impl Iterator<Item = Handle> {
        [Handle::Pressed, Handle::Released].into_iter().cycle()
    }
}

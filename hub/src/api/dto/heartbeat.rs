//! The latest heartbeat of an edge: how it is itself.

use serde::Serialize;
use utoipa::ToSchema;
use wire::ClockState;
use wire::heartbeat::Storage as Stored;

use super::Time;
use crate::beats::Beat;

/// What an edge said of itself last. What it cannot tell is `null`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Heartbeat {
    pub received: Time,
    /// Name and version of the edge's software.
    #[schema(example = "strongroom-edge 0.1.0")]
    pub software: String,
    /// The first eight bytes of the SHA-256 of its configuration, in hexadecimal digits.
    pub config: String,
    pub clock: Clock,
    /// By how much its wall clock is ahead of the hub's.
    pub clock_offset_ms: i64,
    pub storage: Storage,
    /// Records that the hub has not confirmed.
    pub unconfirmed_urgent: u64,
    pub unconfirmed_routine: u64,
    /// Age of the oldest of them.
    pub oldest_unconfirmed_ms: u64,
    pub disk_free_percent: Option<u8>,
    pub disk_free_bytes: Option<u64>,
    /// The hottest zone of its machine.
    pub temperature_celsius: Option<f64>,
    pub certificate_expires: Option<Time>,
    pub spool_bytes: Option<u64>,
    /// What the spool wrote to its disk since the process started.
    pub written_bytes: Option<u64>,
    pub uptime_s: Option<u64>,
    /// The place of the hub's address in use in the edge's configuration; 0 is the preferred one.
    pub way: Option<u8>,
    /// How long the hub took to confirm the heartbeat before this one.
    pub confirm_ms: Option<u32>,
    pub memory_bytes: Option<u64>,
    pub open_files: Option<u32>,
    /// Whether all local annunciators stand as they should.
    pub annunciators_well: Option<bool>,
}

/// How far an edge trusts its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// It was never set.
    Unset,
    /// Nothing says that it follows a time source.
    Free,
    Synchronised,
}

/// Where an edge keeps what is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    Durable,
    /// Its disk has failed: a power cut loses what is not confirmed.
    Memory,
}

impl From<&Beat> for Heartbeat {
    fn from(beat: &Beat) -> Self {
        let said = &beat.heartbeat;
        let health = said.health.clone().unwrap_or_default();
        let [urgent, routine] = said.lanes;
        Self {
            received: Time(beat.hub_ms),
            software: said.software.to_string(),
            config: format!("{:016x}", said.config_hash),
            clock: match said.clock {
                ClockState::Unset => Clock::Unset,
                ClockState::Free => Clock::Free,
                ClockState::Synchronised => Clock::Synchronised,
            },
            clock_offset_ms: beat.clock_offset_ms(),
            storage: match said.storage {
                Stored::Durable => Storage::Durable,
                Stored::Memory => Storage::Memory,
            },
            unconfirmed_urgent: urgent.unconfirmed,
            unconfirmed_routine: routine.unconfirmed,
            oldest_unconfirmed_ms: urgent.oldest_ms.max(routine.oldest_ms),
            disk_free_percent: health.disk_free_percent,
            disk_free_bytes: health.disk_free_bytes,
            temperature_celsius: health.temperature_tenths.map(|tenths| f64::from(tenths) / 10.0),
            certificate_expires: health.certificate_not_after_s.map(|s| Time(s.saturating_mul(1_000))),
            spool_bytes: health.spool_bytes,
            written_bytes: health.written_bytes,
            uptime_s: health.uptime_s,
            way: health.hub,
            confirm_ms: health.rtt_ms,
            memory_bytes: health.memory_bytes,
            open_files: health.open_files,
            annunciators_well: health.annunciators_well,
        }
    }
}

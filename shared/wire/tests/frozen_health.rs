//! The health that heartbeats carry since it was added to them: bytes that no later version may write otherwise. A
//! heartbeat without health is frozen with version 1.

#![allow(clippy::unwrap_used)]

use strongroom_wire::Heartbeat;
use strongroom_wire::heartbeat::Health;

/// A heartbeat of version 1, and the same with health.
const PLAIN: &[u8] = include_bytes!("../fuzz/seeds/heartbeat/durable");
const HEALTHY: &[u8] = include_bytes!("../fuzz/seeds/heartbeat/healthy");

/// `ac`: every key; then key and value one after the other.
const WHOLE: &[u8] =
    b"\xac\x00\x18\x2a\x01\x1a\x3b\x9a\xca\x00\x02\x38\x63\x03\x1a\x6a\xb1\x3b\x80\x04\x19\x10\x00\
    \x05\x1a\x00\x01\x00\x00\x06\x18\x3c\x07\x01\x08\x18\xfa\x09\x1a\x00\xa0\x00\x00\x0a\x18\x20\x0b\xf5";

fn whole() -> Health {
    Health {
        disk_free_percent: Some(42),
        disk_free_bytes: Some(1_000_000_000),
        temperature_tenths: Some(-100),
        certificate_not_after_s: Some(1_790_000_000),
        spool_bytes: Some(4_096),
        written_bytes: Some(65_536),
        uptime_s: Some(60),
        hub: Some(1),
        rtt_ms: Some(250),
        memory_bytes: Some(10 << 20),
        open_files: Some(32),
        annunciators_well: Some(true),
    }
}

#[test]
fn health_is_written_as_it_always_was() {
    assert_eq!(minicbor::to_vec(whole()).unwrap(), WHOLE);
    assert_eq!(minicbor::decode::<Health>(WHOLE).unwrap(), whole());
    assert_eq!(minicbor::to_vec(Health::default()).unwrap(), [0xa0], "what is not known takes no room");
}

#[test]
fn a_heartbeat_grows_by_one_key() {
    let mut heartbeat = Heartbeat::decode(PLAIN).unwrap();
    assert_eq!(heartbeat.health, None);
    heartbeat.health = Some(whole());
    assert_eq!(heartbeat.encode(), HEALTHY);
    assert_eq!(Heartbeat::decode(HEALTHY).unwrap(), heartbeat);
    let grown = [&[0xab], &PLAIN[1..], &[0x0a], WHOLE].concat();
    assert_eq!(grown, HEALTHY);
}

//! The driver against a device that this project did not write: libmodbus serves it, on TCP and on a serial line.

mod server;

use std::sync::atomic::Ordering;

use strongroom_edge::field::{Sample, ScanFailure};
use wire::Value;

use crate::line::sections;
use crate::rig::Rig;
pub(crate) use server::{NullModem, Server};

/// Something of each table, with a pair of registers behind a gap.
pub(crate) const FOUR_TABLES: &str = r#"
name = "test"
[header]
magic = 0x5352
type = 3
map_version = 1
[[points]]
name = "contact"
kind = "door.contact"
register = 8
[[points]]
name = "pair"
kind = "panel.wrong_codes"
register = 20
type = "u32"
[[points]]
name = "supply"
kind = "door.supply"
table = "holding"
register = 5
scale = 0.01
[[points]]
name = "tamper"
kind = "door.tamper"
table = "discrete"
register = 11
[[points]]
name = "untouched"
kind = "door.tamper"
table = "discrete"
register = 12
[[points]]
name = "forced"
kind = "door.tamper"
table = "coil"
register = 7
"#;

const LINES: &str = "poll_interval = \"50ms\"\ntimeout = \"2s\"\n";

fn values(samples: &[Sample]) -> Vec<Option<Value>> {
    samples.iter().map(|sample| sample.value.clone()).collect()
}

fn wanted() -> Vec<Option<Value>> {
    let flag = |flag| Some(Value::Flag(flag));
    let numbers = [Some(Value::Integer(1)), Some(Value::Integer(65_538)), Some(Value::Number(12.34))];
    numbers.into_iter().chain([flag(true), flag(false), flag(true)]).collect()
}

fn tcp(server: &Server, unit: u8, lines: &str) -> String {
    let address = &server.place;
    format!(
        "[[devices]]\nid = \"d\"\nprofile = \"test.toml\"\naddress = \"{address}\"\nunit = {unit}\n{LINES}{lines}"
    )
}

/// Whether the device answers with its own values, again and again.
async fn is_read(rig: &mut Rig) {
    for _ in 0..10 {
        assert_eq!(values(&rig.scan().await.outcome.unwrap()), wanted());
    }
}

#[tokio::test]
async fn all_four_tables_are_read_over_tcp() {
    let server = Server::tcp(7);
    let mut rig = Rig::with(&tcp(&server, 7, ""), FOUR_TABLES);
    is_read(&mut rig).await;
    rig.stop().await;
}

#[tokio::test]
async fn all_four_tables_are_read_over_a_serial_line() {
    let modem = NullModem::start();
    let _server = Server::rtu(7, &modem.device);
    let mut rig = Rig::with(&sections(&modem.edge, [7], LINES), FOUR_TABLES);
    is_read(&mut rig).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_unit_that_is_not_on_the_line_is_silent_and_does_not_harm_the_one_that_is() {
    let modem = NullModem::start();
    let _server = Server::rtu(7, &modem.device);
    let lines = "poll_interval = \"100ms\"\ntimeout = \"1s\"\n";
    let mut rig = Rig::with(&sections(&modem.edge, [7, 8], lines), FOUR_TABLES);
    // How often the live one was read since the other was silent.
    let mut read: Option<usize> = None;
    while read.is_none_or(|times| times < 20) {
        let scan = rig.scan().await;
        match (scan.device, scan.outcome) {
            (0, Ok(samples)) => {
                assert_eq!(values(&samples), wanted());
                read = read.map(|times| times + 1);
            }
            (1, Err(ScanFailure::Timeout { .. })) => {
                read.get_or_insert(0);
            }
            (device, outcome) => panic!("device {device}: {outcome:?}"),
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_disturbed_line_costs_polls_and_never_shows_a_wrong_value() {
    let modem = NullModem::start();
    let _server = Server::rtu(7, &modem.device);
    let lines = "poll_interval = \"50ms\"\ntimeout = \"200ms\"\nretries = 0\n";
    let mut rig = Rig::with(&sections(&modem.edge, [7], lines), FOUR_TABLES);
    assert_eq!(values(&rig.scan().await.outcome.unwrap()), wanted());
    // From now on one byte in so many is turned over, in both directions.
    modem.one_wrong_in.store(150, Ordering::SeqCst);
    let (mut good, mut failed) = (0, 0);
    while good < 5 || failed < 5 {
        match rig.scan().await.outcome {
            Ok(samples) => {
                assert_eq!(values(&samples), wanted());
                good += 1;
            }
            Err(ScanFailure::Protocol { .. } | ScanFailure::Timeout { .. }) => failed += 1,
            // A question that arrives as another sound one, or an exception for it, would be a checksum that fits.
            Err(failure) => panic!("{failure}"),
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_register_that_the_device_lacks_is_a_fault_of_the_configuration() {
    let past = FOUR_TABLES.replace("register = 20", "register = 200");
    let modem = NullModem::start();
    let (server, _rtu) = (Server::tcp(7), Server::rtu(7, &modem.device));
    for sections in [tcp(&server, 7, ""), sections(&modem.edge, [7], LINES)] {
        let mut rig = Rig::with(&sections, &past);
        for _ in 0..2 {
            let failure = rig.failure().await;
            assert!(matches!(failure, ScanFailure::Exception(2)), "{failure}");
        }
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_device_that_does_not_know_what_it_is_is_read_all_the_same() {
    let modem = NullModem::start();
    let (server, _rtu) = (Server::tcp(7), Server::rtu(7, &modem.device));
    for sections in [
        tcp(&server, 7, "identify = true\n"),
        sections(&modem.edge, [7], &format!("{LINES}identify = true\n")),
    ] {
        let mut rig = Rig::with(&sections, FOUR_TABLES);
        is_read(&mut rig).await;
        rig.stop().await;
    }
}

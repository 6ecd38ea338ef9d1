//! Faults of the devices themselves, as a reader of the bus meets them: frozen, silent, busy, gone, and back again.
#![allow(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

mod stage;

use std::time::Duration;

use stage::{Stage, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_modbus::ExceptionCode;
use tokio_modbus::client::{Context, Reader};

const SITE: &str = r#"
    [device.door-1]
    class = "door"
    listen = "127.0.0.1:0"
    unit = 1
    [device.door-2]
    class = "door"
    listen = "127.0.0.1:0"
    unit = 2
"#;

const HEARTBEAT: u16 = 4;
const CONTACT: u16 = 8;

async fn register(client: &mut Context, address: u16) -> u16 {
    client.read_input_registers(address, 1).await.unwrap().unwrap()[0]
}

/// Reads on until the device's heartbeat is above `last`.
async fn beats_beyond(stage: &Stage, device: &str, unit: u8, last: u16) -> u16 {
    until("the next heartbeat", || async {
        let beat = register(&mut stage.client(device, unit).await, HEARTBEAT).await;
        (beat > last).then_some(beat)
    })
    .await
}

/// Long enough for a device to notice whatever was sent to it.
async fn two_seconds_pass(stage: &Stage) {
    let then = stage.site.elapsed() + Duration::from_secs(2);
    until("the site's clock goes on", || async { (stage.site.elapsed() > then).then_some(()) }).await;
}

#[tokio::test]
async fn a_frozen_device_answers_with_a_heartbeat_that_stands_still() {
    let stage = Stage::start(SITE).await;
    let mut client = stage.client("door-1", 1).await;
    let first = beats_beyond(&stage, "door-1", 1, 0).await;
    stage.act("door-1", "freeze");
    stage.act("door-1", "force");
    let stood = register(&mut client, HEARTBEAT).await;
    assert!(stood >= first);

    let elsewhere = register(&mut stage.client("door-2", 2).await, HEARTBEAT).await;
    beats_beyond(&stage, "door-2", 2, elsewhere + 1).await;
    assert_eq!(register(&mut client, HEARTBEAT).await, stood);
    assert_eq!(register(&mut client, CONTACT).await, 0, "nor does it show what happens to the door");

    stage.act("door-1", "restore");
    assert_eq!(register(&mut client, CONTACT).await, 1);
    beats_beyond(&stage, "door-1", 1, stood).await;
    stage.stop().await;
}

#[tokio::test]
async fn a_silent_device_takes_requests_and_never_answers_them() {
    let stage = Stage::start(SITE).await;
    let request = |transaction: u8| [0, transaction, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1];
    stage.act("door-1", "silence");
    let mut connection = stage.connection("door-1").await;
    connection.write_all(&request(1)).await.unwrap();
    two_seconds_pass(&stage).await;
    stage.act("door-1", "restore");
    connection.write_all(&request(2)).await.unwrap();
    let mut reply = [0; 11];
    connection.read_exact(&mut reply).await.unwrap();
    assert_eq!(reply, [0, 2, 0, 0, 0, 5, 1, 4, 2, 0x53, 0x52], "only the second request has an answer");
    stage.stop().await;
}

#[tokio::test]
async fn a_busy_device_says_so() {
    let stage = Stage::start(SITE).await;
    let mut client = stage.client("door-1", 1).await;
    stage.act("door-1", "busy");
    assert_eq!(client.read_input_registers(0, 8).await.unwrap(), Err(ExceptionCode::ServerDeviceBusy));
    stage.act("door-1", "restore");
    assert!(client.read_input_registers(0, 8).await.unwrap().is_ok());
    stage.stop().await;
}

#[tokio::test]
async fn a_disconnected_device_is_gone_until_it_comes_back_at_the_same_address() {
    let stage = Stage::start(SITE).await;
    let mut client = stage.client("door-1", 1).await;
    assert!(client.read_input_registers(0, 8).await.is_ok());
    stage.act("door-1", "disconnect");
    until("connections are refused", || async {
        tokio::net::TcpStream::connect(stage.address("door-1")).await.err()
    })
    .await;
    assert!(client.read_input_registers(0, 8).await.is_err(), "open connections are cut");
    assert!(
        stage.client("door-2", 2).await.read_input_registers(0, 8).await.is_ok(),
        "the other is not concerned"
    );

    stage.act("door-1", "restore");
    let words = until("the port is open again", || async {
        let slave = tokio_modbus::prelude::Slave(1);
        let mut client =
            tokio_modbus::client::tcp::connect_slave(stage.address("door-1"), slave).await.ok()?;
        client.read_input_registers(0, 4).await.ok()?.ok()
    })
    .await;
    assert_eq!(words[0], 0x5352);
    stage.stop().await;
}

#[tokio::test]
async fn a_value_held_by_hand_stays_until_it_is_given_back() {
    let stage = Stage::start(SITE).await;
    let mut client = stage.client("door-1", 1).await;
    stage.set("door-1.magic=17");
    stage.set("door-1.door_state=held");
    two_seconds_pass(&stage).await;
    assert_eq!((register(&mut client, 0).await, register(&mut client, 11).await), (17, 3));
    stage.set("door-1.door_state=auto");
    assert_eq!(register(&mut client, 11).await, 0);
    stage.act("door-1", "restore");
    assert_eq!(register(&mut client, 0).await, 0x5352);
    stage.stop().await;
}

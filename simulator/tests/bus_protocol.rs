//! What a reader of the bus meets: the header, silence for foreign units, and an exception for every wrong request.
#![allow(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

mod stage;

use stage::{Stage, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_modbus::ExceptionCode;
use tokio_modbus::client::{Reader, Writer};

const SITE: &str = r#"
    [device.door-1]
    class = "door"
    listen = "127.0.0.1:0"
    unit = 7
    connections_max = 2
    [device.panel-1]
    class = "panel"
    listen = "127.0.0.1:0"
    unit = 8
    foreign_unit = "gateway-exception"
"#;

/// A request to read input registers, as it goes over the wire.
fn frame(transaction: u8, unit: u8, start: u8, count: u8) -> [u8; 12] {
    [0, transaction, 0, 0, 0, 6, unit, 4, 0, start, 0, count]
}

/// The transaction, the unit and the rest of the next reply.
async fn reply(connection: &mut tokio::net::TcpStream) -> (u8, u8, Vec<u8>) {
    let mut head = [0; 7];
    connection.read_exact(&mut head).await.unwrap();
    let mut rest = vec![0; usize::from(head[5]) - 1];
    connection.read_exact(&mut rest).await.unwrap();
    (head[1], head[6], rest)
}

#[tokio::test]
async fn every_device_introduces_itself() {
    let stage = Stage::start(SITE).await;
    for (device, unit, device_type) in [("door-1", 7, 3), ("panel-1", 8, 1)] {
        let words = stage.client(device, unit).await.read_input_registers(0, 8).await.unwrap().unwrap();
        assert_eq!(words[..4], [0x5352, device_type, 1, u16::from(unit)]);
        assert_eq!(words[7], 0, "no status bit");
    }
    stage.stop().await;
}

#[tokio::test]
async fn a_foreign_unit_is_met_with_silence() {
    let stage = Stage::start(SITE).await;
    let mut connection = stage.connection("door-1").await;
    for transaction in 0..5 {
        connection.write_all(&frame(transaction, 6, 0, 4)).await.unwrap();
    }
    connection.write_all(&frame(9, 7, 3, 1)).await.unwrap();
    // Requests on one connection are answered in order, so an answer to a foreign one would have come first.
    assert_eq!(reply(&mut connection).await, (9, 7, vec![4, 2, 0, 7]));
    stage.stop().await;
}

#[tokio::test]
async fn a_gateway_says_that_a_foreign_unit_does_not_respond() {
    let stage = Stage::start(SITE).await;
    let answer = stage.client("panel-1", 9).await.read_input_registers(0, 8).await.unwrap();
    assert_eq!(answer, Err(ExceptionCode::GatewayTargetDevice));
    stage.stop().await;
}

#[tokio::test]
async fn writing_is_refused() {
    let stage = Stage::start(SITE).await;
    let mut client = stage.client("panel-1", 8).await;
    let before = client.read_input_registers(8, 12).await.unwrap().unwrap();
    let refused = Err(ExceptionCode::IllegalFunction);
    assert_eq!(client.write_single_register(8, 0).await.unwrap(), refused);
    assert_eq!(client.write_multiple_registers(8, &[0, 0]).await.unwrap(), refused);
    assert_eq!(client.write_single_coil(0x3001, false).await.unwrap(), refused);
    assert_eq!(client.write_multiple_coils(0x3001, &[false]).await.unwrap(), refused);
    assert_eq!(client.masked_write_register(8, 0, 0).await.unwrap(), refused);
    assert_eq!(
        client.read_write_multiple_registers(8, 1, 8, &[1]).await.unwrap(),
        Err(ExceptionCode::IllegalFunction)
    );
    assert_eq!(client.read_input_registers(8, 1).await.unwrap().unwrap(), before[..1]);
    stage.stop().await;
}

#[tokio::test]
async fn wrong_reads_are_refused_each_with_its_exception() {
    let stage = Stage::start(SITE).await;
    let mut door = stage.client("door-1", 7).await;
    let address = Err(ExceptionCode::IllegalDataAddress);
    assert_eq!(door.read_input_registers(20, 1).await.unwrap(), address, "between the rows");
    assert_eq!(door.read_input_registers(0, 21).await.unwrap(), address, "over the edge");
    assert_eq!(door.read_input_registers(65_535, 2).await.unwrap(), address, "over the end of all addresses");
    assert_eq!(door.read_input_registers(0, 0).await.unwrap(), Err(ExceptionCode::IllegalDataValue));
    assert_eq!(door.read_input_registers(0, 126).await.unwrap(), Err(ExceptionCode::IllegalDataValue));
    assert_eq!(door.read_holding_registers(8, 1).await.unwrap(), Err(ExceptionCode::IllegalFunction));
    assert_eq!(door.read_coils(0, 1).await.unwrap(), Err(ExceptionCode::IllegalFunction));
    assert_eq!(
        door.read_discrete_inputs(0, 1).await.unwrap(),
        Err(ExceptionCode::IllegalFunction),
        "a door has none"
    );

    let mut panel = stage.client("panel-1", 8).await;
    assert_eq!(panel.read_discrete_inputs(0x1401, 8).await.unwrap().unwrap(), [false; 8]);
    assert_eq!(panel.read_discrete_inputs(0x1401, 9).await.unwrap(), Err(ExceptionCode::IllegalDataAddress));
    assert_eq!(panel.read_discrete_inputs(0x3000, 2).await.unwrap(), Err(ExceptionCode::IllegalDataAddress));
    stage.stop().await;
}

#[tokio::test]
async fn garbage_ends_its_connection_and_no_other() {
    let stage = Stage::start(SITE).await;
    let mut good = stage.client("door-1", 7).await;
    let mut bad = stage.connection("door-1").await;
    bad.write_all(&[0, 1, 0x47, 0x45, 0, 6, 7, 4, 0, 0, 0, 1]).await.unwrap();
    let mut rest = Vec::new();
    // Closed or reset, both are an end.
    let _ = bad.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert!(good.read_input_registers(0, 8).await.unwrap().is_ok());
    stage.stop().await;
}

#[tokio::test]
async fn one_connection_too_many_is_closed_until_another_ends() {
    let stage = Stage::start(SITE).await;
    let mut first = stage.client("door-1", 7).await;
    let mut second = stage.client("door-1", 7).await;
    assert!(
        first.read_input_registers(0, 8).await.is_ok() && second.read_input_registers(0, 8).await.is_ok()
    );
    let mut third = stage.client("door-1", 7).await;
    assert!(third.read_input_registers(0, 8).await.is_err(), "the door takes two");
    drop(first);
    until("the freed place is given to somebody else", || async {
        let mut next = stage.client("door-1", 7).await;
        next.read_input_registers(0, 8).await.ok()?.ok()
    })
    .await;
    assert!(second.read_input_registers(0, 8).await.is_ok());
    stage.stop().await;
}

#[tokio::test]
async fn a_shutdown_cuts_every_connection() {
    let stage = Stage::start(SITE).await;
    let mut connection = stage.connection("door-1").await;
    connection.write_all(&frame(1, 7, 3, 1)).await.unwrap();
    reply(&mut connection).await;
    let address = stage.address("door-1");
    stage.stop().await;
    assert_eq!(connection.read(&mut [0; 1]).await.unwrap_or(0), 0, "the connection is at its end");
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

//! A scenario is played in its order, is told line by line, and reaches the registers.
#![allow(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

mod stage;

use stage::{Stage, until};
use tokio_modbus::client::Reader;

const SITE: &str = r#"
    scenario = "scenario.toml"
    [device.panel-1]
    class = "panel"
    listen = "127.0.0.1:0"
    exit_delay = "0s"
    [device.door-1]
    class = "door"
    listen = "127.0.0.1:0"
"#;

const SCENARIO: &str = r#"
    [[step]]
    at = "300ms"
    device = "panel-1"
    do = "unset 9"

    [[step]]
    at = "100ms"
    note = "the room is set"
    device = "panel-1"
    do = "set 12"

    [[step]]
    at = "200ms"
    set = { "panel-1.zone_state[3]" = "alarm", "door-1.occupancy" = 4 }

    [[step]]
    at = "0s"
    repeat = "200ms"
    device = "door-1"
    do = "rex"
"#;

#[tokio::test]
async fn steps_happen_in_the_order_of_time() {
    let stage = Stage::start_with(SITE, SCENARIO).await;
    until("the scenario's last step", || async {
        stage.told.of(Some("panel-1")).iter().any(|line| line.starts_with("unset")).then_some(())
    })
    .await;
    let told = stage.told.of(Some("panel-1"));
    assert!(told[0].starts_with("panel, unit 1, listens on 127.0.0.1:"), "{told:?}");
    let story = [
        "set by user 12",
        "zone_state[3] = alarm",
        "zone 3 alarm",
        "ALARM in sector 1",
        "unset by user 9, the alarm is over",
    ];
    assert_eq!(told[1..], story);
    assert_eq!(stage.told.of(None)[1..], ["the room is set"]);

    let mut panel = stage.client("panel-1", 1).await;
    let words = panel.read_input_registers(8, 4).await.unwrap().unwrap();
    assert_eq!((words[0], words[2], words[3]), (0, 9, 2), "unset, by user 9, by unsetting");
    let mut door = stage.client("door-1", 1).await;
    assert_eq!(door.read_input_registers(16, 1).await.unwrap().unwrap(), [4]);
    until("the repeated step happens again and again", || async {
        (door_rex_count(&stage).await >= 4).then_some(())
    })
    .await;
    stage.stop().await;
}

async fn door_rex_count(stage: &Stage) -> u16 {
    stage.client("door-1", 1).await.read_input_registers(19, 1).await.unwrap().unwrap()[0]
}

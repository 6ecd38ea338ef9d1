//! An edge whose hub is away keeps what happens in every class, and tells it later: once, in order, urgent first.

use strongroom_tests::api::Event;
use strongroom_tests::full_room::FullRoom;
use strongroom_tests::wait::until;
use strongroom_tests::watched_room::EDGE;
use wire::Lane;

/// How often everything changes there and back without a hub.
const ROUNDS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_without_a_hub_arrives_once_in_order_and_urgent_first() {
    let mut room = FullRoom::start().await;
    room.field.act("panel-1", "set 12");
    room.becomes("edge:arming", "set").await;
    room.site.hub.kill();
    let before = next(&room);
    for _ in 0..ROUNDS {
        // At the same moment, and so in the same poll: what is routine is seen when what is urgent is.
        happens(&room, "door-1", || room.field.set(&["door-1.handle=on", "door-1.psu_v=24"])).await;
        happens(&room, "window-1", || room.window.stands("tilted")).await;
        happens(&room, "door-7", || room.on_the_line.turn_over()).await;
        happens(&room, "door-1", || room.field.set(&["door-1.handle=off", "door-1.psu_v=27"])).await;
        happens(&room, "window-1", || room.window.stands("closed")).await;
        happens(&room, "door-7", || room.on_the_line.turn_over()).await;
    }
    happens(&room, "desk-1", || room.agent.plug("1-2", "60A4")).await;
    happens(&room, "cabinet-1", || room.field.act("cabinet-1", "force")).await;

    let [until_urgent, _] = next(&room);
    room.site.restart_hub().await;
    let api = room.site.api();
    let supply = format!("{EDGE}:door-1:supply");
    until("everything that waited", async || {
        let events = api.events(EDGE).await;
        let supplies = events.iter().filter(|event| event.point == supply && !event.snapshot).count();
        if supplies >= 2 * ROUNDS { Ok(()) } else { Err(format!("{supplies}: {events:?}")) }
    })
    .await;
    let records = api.records(EDGE).await;
    let twice: Vec<_> = records.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "counted more than once: {twice:?}");
    for counter in ["ingest_gaps_total", "ingest_forks_total", "ingest_quarantined_total"] {
        assert_eq!(api.metric(counter).await, 0.0, "{counter}");
    }

    // As they came to the hub.
    let mut events = api.events(EDGE).await;
    events.reverse();
    for lane in ["urgent", "routine"] {
        let numbers: Vec<_> =
            events.iter().filter(|event| event.lane == lane).map(|event| event.seq).collect();
        assert!(numbers.is_sorted(), "{lane}: {numbers:?}");
    }
    let said = |point: &str| -> Vec<String> {
        let id = format!("{EDGE}:{point}");
        let of_point = events.iter().filter(|event| event.point == id && !event.snapshot);
        of_point.filter_map(|event| event.text.clone()).collect()
    };
    assert_eq!(said("door-1:handle"), ["yes", "no"].repeat(ROUNDS));
    assert_eq!(said("window-1:contact"), ["open", "closed"].repeat(ROUNDS));
    assert_eq!(said("door-7:handle"), ["no", "yes"].repeat(ROUNDS));
    assert_eq!(said("door-1:supply"), ["24", "27"].repeat(ROUNDS));
    assert_eq!(said("desk-1:media").len(), 1, "{:?}", said("desk-1:media"));

    // The cabinet was forced last of all, and still nothing that is routine came before it.
    let waited = |event: &Event, lane: Lane| event.lane == lane.name() && event.seq >= before[lane.index()];
    let alarm =
        events.iter().position(|event| event.point.ends_with("cabinet-1:door-closed") && !event.snapshot);
    let routine = events.iter().position(|event| waited(event, Lane::Routine)).unwrap();
    let overtaken = events[routine..]
        .iter()
        .filter(|event| waited(event, Lane::Urgent) && event.seq < until_urgent)
        .count();
    assert_eq!(overtaken, 0, "urgent events came behind routine ones");
    assert!(alarm.unwrap() < routine);
    assert_eq!(api.incidents_of("R-07", 1).await[0].subject, "edge-1:cabinet-1");
}

/// Does something to a device, and waits until the edge has heard of it and has it in its spool. That something was
/// written is not enough: it may be a checkpoint under what happened before.
async fn happens(room: &FullRoom, device: &str, what: impl FnOnce()) {
    let [before, _] = next(room);
    what();
    room.edge.hears(device).await;
    until("the edge to write it down", async || {
        let [now, _] = next(room);
        if now > before { Ok(()) } else { Err(now.to_string()) }
    })
    .await;
}

/// The numbers of the next records, by lane.
fn next(room: &FullRoom) -> [u64; 2] {
    let spool = &room.edge.status()["spool"];
    Lane::ALL.map(|lane| spool[lane.name()]["next"].as_u64().unwrap())
}

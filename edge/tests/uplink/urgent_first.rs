//! An alarm does not wait behind a backlog.

use wire::Lane;

use crate::authority::Authority;
use crate::hub::{Hub, Mood};
use crate::room::{Room, edge, numbers};

#[tokio::test]
async fn an_alarm_overtakes_a_backlog_that_is_under_way() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.connect(listening.port, authority.edge("doc-1"), "localhost");
    // What the epoch begins with is urgent too, and is not to stand before the backlog.
    hub.holds(room.tails()).await;
    hub.change(|memory| memory.mood = Mood::Hold);
    room.append_backlog(150).await;
    let routine =
        |received: &[crate::hub::Received]| received.iter().filter(|r| r.lane == Lane::Routine).count();
    hub.wait("routine is under way", |memory| routine(&memory.received) >= 1).await;

    // The hub confirms nothing at all, and still the alarm arrives.
    room.append(Lane::Urgent, 7..8).await;
    let alarm = |memory: &crate::hub::Memory| {
        memory.received.last().map(|received| received.lane) == Some(Lane::Urgent)
    };
    let memory = hub.wait("the alarm arrives", alarm).await;
    assert!(routine(&memory.received) <= 4, "routine takes no more than half of the window");

    hub.change(|memory| memory.mood = Mood::Confirm);
    listening.cut(&hub);
    let memory = hub.holds(room.tails()).await;
    assert_eq!(numbers(&memory.journal(Lane::Urgent)), [7]);
    room.close().await;
    listening.close().await;
}

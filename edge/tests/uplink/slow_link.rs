//! An alarm is at the hub within two seconds, however much routine waits in front of a slow link.

use std::io::Write;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use wire::Lane;

use crate::authority::Authority;
use crate::hub::Hub;
use crate::narrow::{Line, Narrow};
use crate::room::{Room, edge};

/// 64 kbit/s.
const BYTES_PER_S: u64 = 8_000;
/// Full envelopes: 1 MB, two minutes of this link. As far as an alarm is concerned, a day's worth is no different: only
/// what is under way stands before it.
const BACKLOG: i64 = 250;
/// Enough for a median; each takes seconds of the link.
const ALARMS: i64 = 7;

/// What lies between edge and hub.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A proxy that lets so much through.
    Narrow { stalls: Option<(Duration, Duration)> },
    /// The loopback itself, which the kernel holds to 64 kbit/s (tests/shaped.sh).
    Shaped,
}

/// The latencies of alarms while the backlog is on its way, shortest first.
async fn latencies(way: Way) -> Vec<Duration> {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let line = match way {
        Way::Narrow { stalls } => {
            Some(Line::open(Narrow { bytes_per_s: BYTES_PER_S, stalls }, listening.port))
        }
        Way::Shaped => None,
    };
    let port = line.as_ref().map_or(listening.port, |line| line.port);
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.append_backlog(BACKLOG).await;
    room.connect(port, authority.edge("doc-1"), "localhost");
    let count = |memory: &crate::hub::Memory, lane| memory.received.iter().filter(|r| r.lane == lane).count();
    hub.wait("the backlog is under way", |memory| count(memory, Lane::Routine) >= 2).await;

    let mut latencies = Vec::new();
    for number in 0..ALARMS {
        let (urgent, routine) = {
            let memory = hub.memory();
            (count(&memory, Lane::Urgent), count(&memory, Lane::Routine))
        };
        // At any moment of an envelope's half second, not just when one has come through.
        sleep(Duration::from_millis(number as u64 * 97 % 500)).await;
        let raised = Instant::now();
        room.append(Lane::Urgent, number..number + 1).await;
        hub.wait("the alarm arrives", |memory| count(memory, Lane::Urgent) > urgent).await;
        latencies.push(raised.elapsed());
        // Each alarm meets a link that is busy again.
        hub.wait("the backlog goes on", |memory| count(memory, Lane::Routine) > routine + 1).await;
    }
    let quality = room.quality.clone().unwrap().borrow().clone();
    assert!(quality.rate <= 4 * BYTES_PER_S, "the link is known for what it is: {quality:?}");
    // Shown by `--no-capture`: the figures are of interest in themselves.
    let _ = writeln!(std::io::stderr(), "latencies {latencies:?}; {quality:?}");
    let memory = hub.memory();
    assert!(count(&memory, Lane::Routine) < BACKLOG as usize, "there was a backlog all the time");
    room.abandon();
    listening.close().await;
    latencies.sort();
    latencies
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_passes_a_backlog_on_64_kbit_within_two_seconds() {
    let latencies = latencies(Way::Narrow { stalls: None }).await;
    // The median, because a loaded machine may stand still for a moment; the longest with its room.
    assert!(latencies[latencies.len() / 2] <= Duration::from_secs(2), "{latencies:?}");
    assert!(latencies[latencies.len() - 1] <= Duration::from_secs(6), "{latencies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stalls_of_half_a_second_do_not_pile_up_before_an_alarm() {
    let stalls = Some((Duration::from_millis(200), Duration::from_millis(600)));
    let latencies = latencies(Way::Narrow { stalls }).await;
    assert!(latencies[latencies.len() / 2] <= Duration::from_secs(3), "{latencies:?}");
    assert!(latencies[latencies.len() - 1] <= Duration::from_secs(8), "{latencies:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a network of its own that the kernel slows down: tests/shaped.sh, as part of `make proof`"]
async fn an_alarm_passes_a_backlog_on_a_link_that_the_kernel_shapes_to_64_kbit() {
    let latencies = latencies(Way::Shaped).await;
    assert!(latencies[latencies.len() / 2] <= Duration::from_secs(2), "{latencies:?}");
    assert!(latencies[latencies.len() - 1] <= Duration::from_secs(4), "{latencies:?}");
}

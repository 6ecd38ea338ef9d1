//! A thousand edges that lose their hub together do not come back together. A simulation with the real back-off, without
//! sockets.

use std::time::Duration;

use runtime::backoff::Backoff;

use super::task::{RECONNECT_FIRST, RECONNECT_MAX};

const EDGES: usize = 1_000;

/// Attempts in each second after the loss; the hub answers again after `down`.
fn attempts(down: Duration) -> Vec<usize> {
    let mut seconds = vec![0; 400];
    for _ in 0..EDGES {
        let mut backoff = Backoff::new(RECONNECT_FIRST, RECONNECT_MAX);
        let mut at = backoff.next_delay();
        loop {
            seconds[at.as_secs() as usize] += 1;
            if at >= down {
                break;
            }
            at += backoff.next_delay();
        }
    }
    seconds
}

#[test]
fn the_hub_is_asked_by_a_thousand_edges_at_most_some_hundred_times_in_a_second() {
    for down_s in [0, 1, 5, 20, 60, 300] {
        let seconds = attempts(Duration::from_secs(down_s));
        let peak = seconds.iter().max().unwrap();
        println!("down {down_s} s: at most {peak} attempts in a second");
        assert!(*peak <= 800, "{peak} attempts in one second after {down_s} s");
        // Once it is back they come within the longest delay.
        let came: usize = seconds[down_s as usize..].iter().sum();
        let last = seconds.iter().rposition(|count| *count > 0).unwrap() as u64;
        assert!(came >= EDGES && last <= down_s + RECONNECT_MAX.as_secs());
        // After a longer outage those who return are spread: no second takes a fifth of them.
        if down_s >= 60 {
            let returning = &seconds[down_s as usize..];
            assert!(returning.iter().all(|count| *count <= EDGES / 5), "{returning:?}");
        }
    }
}

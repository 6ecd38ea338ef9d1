//! The soak in its short form; `make soak` lets it live for an hour.

use std::time::Duration;

use strongroom_tests::soak::{self, Settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_with_troubles_neither_loses_nor_leaks() {
    let settings =
        Settings { lasts: Duration::from_secs(40), trouble_every: Duration::from_secs(1), tell: |_| {} };
    let verdict = soak::run(settings).await;
    assert!(verdict.is_sound() && verdict.troubles() >= 5, "{verdict}");
}

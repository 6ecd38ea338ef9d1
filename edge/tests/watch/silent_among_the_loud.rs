//! A device that falls silent is found out in time, however much others have to say.

use std::time::Duration;

use power_cut::{Disk, Fate};

use crate::rig::{CONTACT, Rig};

const DOOR: usize = 0;
/// Nobody's, so that nothing follows from its scans.
const LOUD: usize = 99;
/// By the clock of the rig, which moves with every look, they last for minutes.
const SCANS: usize = 200_000;
/// Beyond the age at which values are stale: a few rounds of the watch.
const SOON_MS: u64 = 10_000;

#[tokio::test]
async fn the_noise_of_one_device_does_not_hide_the_silence_of_another() {
    let rig = Rig::start(Disk::new(Vec::new(), Fate::Spared), Duration::from_millis(50)).unwrap();
    rig.stands(DOOR, (CONTACT, 0)).await;
    for _ in 0..SCANS {
        rig.stands(LOUD, (CONTACT, 0)).await;
    }
    rig.taken().await;
    let stale = rig.stale_at_ms(CONTACT).await;
    assert!(stale.first().is_some_and(|at_ms| *at_ms < 1_000 + SOON_MS), "{stale:?}");
    rig.stop().await;
}

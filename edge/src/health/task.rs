//! Looks at the machine every few seconds, and tells the others.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use runtime::tls::ClientFiles;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use wire::heartbeat::Health;

use super::certificate::Certificate;
use super::machine::{Disk, Machine};
use crate::annunciator;
use crate::clock::Clock;
use crate::detect::OwnValues;
use crate::inquiry::WatchHandle;
use crate::terminal::days_left;

/// A disk fills and a machine warms slowly; a dozen small reads at this pace cost nothing.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// What the task looks at.
#[derive(Clone, Debug)]
pub struct Settings {
    pub machine: Machine,
    pub spool: PathBuf,
    pub files: ClientFiles,
    /// When the process started.
    pub started: Instant,
}

/// Who is told.
#[derive(Debug)]
pub struct Told {
    pub health: watch::Sender<Option<Health>>,
    pub watch: WatchHandle,
}

/// How they stand, as they publish it.
type Annunciators = watch::Receiver<Vec<annunciator::Standing>>;

pub struct HealthTask {
    settings: Settings,
    certificate: Certificate,
    annunciators: Annunciators,
    told: Told,
    clock: Clock,
}

impl HealthTask {
    pub fn new(settings: Settings, annunciators: Annunciators, told: Told, clock: Clock) -> Self {
        Self { settings, certificate: Certificate::default(), annunciators, told, clock }
    }

    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                _ = looks.tick() => {}
                // A coil that fails is told at once; when nobody drives coils any more, the looks go on alone.
                Ok(()) = self.annunciators.changed() => {}
            }
            let health = self.look();
            let own = own_values(&health, (self.clock)().wall_ms.div_euclid(1_000));
            self.told.health.send_replace(Some(health));
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = self.told.watch.tell(own) => {}
            }
        }
    }

    fn look(&mut self) -> Health {
        let Settings { machine, spool, files, started } = &self.settings;
        let disk = Disk::under(spool);
        Health {
            disk_free_percent: disk.map(|disk| disk.free_percent),
            disk_free_bytes: disk.map(|disk| disk.free_bytes),
            temperature_tenths: machine.temperature_tenths(),
            certificate_not_after_s: self.certificate.not_after_s(files),
            // Spool and uplink say these themselves, when the heartbeat is made.
            spool_bytes: None,
            written_bytes: None,
            hub: None,
            rtt_ms: None,
            uptime_s: Some(started.elapsed().as_secs()),
            memory_bytes: machine.memory_bytes(),
            open_files: machine.open_files(),
            annunciators_well: annunciator::all_well(&self.annunciators.borrow_and_update()),
        }
    }
}

/// The same as readings of the edge's own points.
fn own_values(health: &Health, now_s: i64) -> OwnValues {
    OwnValues {
        temperature_c: health.temperature_tenths.map(|tenths| f64::from(tenths) / 10.0),
        disk_free_percent: health.disk_free_percent.map(f64::from),
        certificate_days: health.certificate_not_after_s.map(|end_s| days_left(end_s, now_s).max(0)),
        annunciators_well: health.annunciators_well,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_does_not_tell_is_no_reading() {
        assert_eq!(own_values(&Health::default(), 0), OwnValues::default());
        let health = Health {
            temperature_tenths: Some(-5),
            disk_free_percent: Some(7),
            certificate_not_after_s: Some(3 * 86_400),
            ..Health::default()
        };
        let own = own_values(&health, 86_400);
        assert_eq!((own.temperature_c, own.disk_free_percent), (Some(-0.5), Some(7.0)));
        assert_eq!(own.certificate_days, Some(2));
    }
}

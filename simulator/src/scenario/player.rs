//! The task that carries out a scenario's steps as they become due.

use std::convert::Infallible;
use std::sync::Arc;

use runtime::causes::in_full;
use runtime::shutdown::Shutdown;
use tokio::time::sleep_until;
use tracing::{error, warn};

use super::timeline::{Due, Timeline};
use crate::config::Scenario;
use crate::config::scenario::{Deed, Step};
use crate::site::Site;

pub struct Player {
    site: Arc<Site>,
    steps: Vec<Step>,
    timeline: Timeline,
}

impl Player {
    pub fn new(site: Arc<Site>, scenario: Scenario) -> Self {
        let timeline = Timeline::new(scenario.steps.iter().map(|step| (step.at, step.repeat)));
        Self { site, steps: scenario.steps, timeline }
    }

    /// Plays, and then waits for the shutdown: the site goes on after its scenario.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        while let Some(at) = self.timeline.next_at() {
            tokio::select! {
                () = sleep_until(self.site.instant_of(at)) => {}
                () = shutdown.wait() => return Ok(()),
            }
            while let Some(due) = self.timeline.take_due(self.site.elapsed()) {
                self.carry_out(due);
            }
        }
        self.site.tell_note("the scenario is over, the site goes on");
        shutdown.wait().await;
        Ok(())
    }

    fn carry_out(&self, Due { step: number, skipped }: Due) {
        let step = &self.steps[number];
        if skipped > 0 {
            metrics::counter!("sim_steps_skipped_total").increment(skipped);
            warn!(line = step.line, skipped, "repetitions of a step were overslept");
        }
        if let Some(note) = &step.note {
            self.site.tell_note(note);
        }
        let done = match &step.deed {
            Deed::Nothing => return,
            Deed::Do { device, action } => self.site.act(device, action),
            Deed::Set(settings) => self.site.set(settings),
        };
        if let Err(refused) = done {
            error!(
                line = step.line,
                reason = %in_full(&refused),
                "a step could not be carried out"
            );
        }
    }
}

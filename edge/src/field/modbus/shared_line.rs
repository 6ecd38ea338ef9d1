//! A serial line on which the wishes of annunciators go ahead of the polls: before each question, while the line is idle,
//! and while it is drained. The question that is under way is never broken off, since two would then speak at once.
//!
//! Before a question the wishes that wait have one round, and then the question has its turn: neither side can keep the
//! line from the other.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::failure::ScanFailure;
use super::frame::Question;
use super::line::Line;
use super::plan::Request;
use super::wish::{Want, Wish, Wishes};
use crate::field::profile::Table;

/// A relay answers within a few character times. Beyond this it is tried again, or is no siren.
pub const SWITCH_LIMIT: Duration = Duration::from_millis(200);
/// The coils of an alarm do not wait for the end of a drain; but what is written again and again must let it end.
const WISHES_PER_DRAIN_MAX: u32 = 8;

pub(super) struct SharedLine<'wishes> {
    line: Line,
    wishes: &'wishes mut Wishes,
}

impl<'wishes> SharedLine<'wishes> {
    pub(super) fn new(line: Line, wishes: &'wishes mut Wishes) -> Self {
        Self { line, wishes }
    }

    /// Grants wishes until then; without an end, for ever.
    pub(super) async fn idle(&mut self, until: Option<Instant>) -> Result<(), ScanFailure> {
        loop {
            let due = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            let wish = tokio::select! {
                biased;
                () = due => return Ok(()),
                wish = self.wishes.next() => wish,
            };
            self.grant(wish).await?;
        }
    }

    pub(super) async fn ask(
        &mut self,
        unit: u8,
        question: Question,
        limit: Duration,
    ) -> Result<Vec<u8>, ScanFailure> {
        for _ in 0..self.wishes.waiting() {
            let Some(wish) = self.wishes.ready() else { break };
            self.grant(wish).await?;
        }
        self.settle().await?;
        self.line.ask(unit, question, limit).await
    }

    pub(super) fn distrust(&mut self, limit: Duration) {
        self.line.distrust(limit);
    }

    /// Drains the line if it is suspect. Wishes do not wait for it: an answer that comes late is none to them.
    pub(super) async fn settle(&mut self) -> Result<(), ScanFailure> {
        for _ in 0..WISHES_PER_DRAIN_MAX {
            let wish = tokio::select! {
                biased;
                settled = self.line.settle() => return settled,
                wish = self.wishes.next() => wish,
            };
            self.grant(wish).await?;
        }
        self.line.settle().await
    }

    /// Fails only if the port did.
    async fn grant(&mut self, wish: Wish) -> Result<(), ScanFailure> {
        let (from, unit) = (Instant::now(), wish.want.unit());
        let mut outcome = self.fulfil(wish.want).await;
        // Noise is an exception, and an alarm does not wait for the next attempt. Who was deaf before is not tried twice.
        let is_noise = outcome.as_ref().is_err_and(ScanFailure::may_be_noise);
        if is_noise && !self.wishes.is_deaf(unit) {
            outcome = self.fulfil(wish.want).await;
        }
        // A refusal is an answer.
        let answered = matches!(outcome, Ok(()) | Err(ScanFailure::Exception(_)));
        self.wishes.granted(unit, from, answered);
        match outcome {
            Err(ScanFailure::Port(error)) => {
                wish.answer(Err(ScanFailure::Port(super::bus::again(&error))));
                Err(ScanFailure::Port(error))
            }
            outcome => {
                wish.answer(outcome);
                Ok(())
            }
        }
    }

    async fn fulfil(&mut self, want: Want) -> Result<(), ScanFailure> {
        match want {
            Want::Switch(switch) => self.line.switch(switch, SWITCH_LIMIT).await,
            Want::Knock { unit, coil } => {
                let question = Question::Read(Request { table: Table::Coil, start: coil, count: 1 });
                self.line.settle().await?;
                match self.line.ask(unit, question, SWITCH_LIMIT).await {
                    // Coils that can be written and not be read: the unit is there.
                    Ok(_) | Err(ScanFailure::Exception(0x01..=0x03)) => Ok(()),
                    Err(failure) => Err(failure),
                }
            }
        }
    }
}

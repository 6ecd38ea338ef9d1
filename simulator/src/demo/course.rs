//! The demo from the moment at which everything is up: the story plays, what happens is told as it happens, processes that
//! end are told and written down, and in the end the incidents are compared.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::crew::record::Record;
use super::crew::{Report, What};
use super::error::DemoError;
use super::hub::api::{Api, ApiError};
use super::hub::dto::{Edge, Liveness};
use super::hub::follow::Heard;
use super::site::{HUB, room_of_edge, room_of_part};
use super::story::expect::{Comparison, expected};
use super::story::play::{PlayError, Player};
use super::timeline::incidents::Incidents;
use super::timeline::{Timeline, Tone};
use super::voices::Voices;

/// Incidents may be late when a process was killed just before the end, and so may the hub's answer.
const LATE_MAX: Duration = Duration::from_secs(15);
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// What the last step brings about is told before the end of the story.
const LAST_WORD_AFTER: Duration = Duration::from_secs(2);

/// How the demo ended.
pub enum Ending {
    /// `--for` is over.
    Compared(Comparison),
    /// Somebody stopped it.
    Stopped,
}

pub struct Course {
    pub timeline: Timeline,
    pub api: Api,
    pub reports: mpsc::Receiver<Report>,
    pub heard: mpsc::Receiver<Heard>,
    pub record: Record,
    pub voices: Voices,
    /// How devices are driven by hand, told when the story is over.
    pub by_hand: ByHand,
    incidents: Incidents,
    silent: BTreeSet<String>,
}

/// Of the simulator's own command.
pub struct ByHand {
    pub program: PathBuf,
    pub control: PathBuf,
}

impl Course {
    pub fn new(
        timeline: Timeline,
        api: Api,
        reports: mpsc::Receiver<Report>,
        heard: mpsc::Receiver<Heard>,
        (record, voices): (Record, Voices),
        by_hand: ByHand,
    ) -> Self {
        let (incidents, silent) = (Incidents::default(), BTreeSet::new());
        Self { timeline, api, reports, heard, record, voices, by_hand, incidents, silent }
    }

    /// Until `end`, or until somebody stops it.
    pub async fn run(
        mut self,
        players: Vec<Player>,
        end: Option<Instant>,
        shutdown: Shutdown,
    ) -> Result<Ending, DemoError> {
        let begin = Instant::now();
        let mut playing = JoinSet::new();
        for player in players {
            playing.spawn(player.run(begin, shutdown.clone()));
        }
        let mut comparison = std::pin::pin!(compare_at(end, self.api.clone()));
        let mut last_word = None;
        loop {
            tokio::select! {
                biased;
                () = shutdown.wait() => return Ok(Ending::Stopped),
                Some(report) = self.reports.recv() => self.heed(report)?,
                Some(heard) = self.heard.recv() => self.hear(heard),
                Some(played) = playing.join_next() => {
                    played.map_err(PlayError::Broken)??;
                    if playing.is_empty() && end.is_none() {
                        last_word = Some(Instant::now() + LAST_WORD_AFTER);
                    }
                }
                () = at(last_word) => {
                    last_word = None;
                    self.story_is_over();
                }
                comparison = &mut comparison => return Ok(Ending::Compared(comparison?)),
            }
        }
    }

    fn heed(&mut self, Report { child, what }: Report) -> Result<(), DemoError> {
        let place = room_of_edge(child).or_else(|| room_of_part(child)).map_or(HUB, |room| room.short);
        let who = match child {
            HUB => "process",
            edge if room_of_edge(edge).is_some() => edge,
            _ => "devices",
        };
        let tell = |text: String| self.timeline.tell(Tone::Process, place, who, &text);
        match what {
            What::Started { pid } => {
                tell(format!("runs again (process {pid})"));
                self.voices.started(child);
                self.record.started(child, pid)?;
            }
            What::Ended { how, again_after } => tell(format!("{how}; {}", again(again_after))),
            What::NotStarted { why, again_after } => {
                tell(format!("could not be started ({why}); {}", again(again_after)));
            }
            What::Said(line) => {
                if let Some(told) = self.voices.said(child, &line) {
                    self.timeline.tell(Tone::Plain, told.place, &told.device, &told.says);
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Incident(incident) => {
                let place =
                    room_of_part(&incident.part).map_or(incident.part.clone(), |room| room.short.into());
                for news in self.incidents.heard(incident) {
                    self.timeline.tell(news.tone, &place, &news.who, &news.text);
                }
            }
            Heard::Edge(edge) => self.hear_of_edge(&edge),
            Heard::Unreadable(why) => {
                self.timeline.tell(
                    Tone::Process,
                    HUB,
                    "stream",
                    &format!("something unreadable came: {why}"),
                );
            }
        }
    }

    fn hear_of_edge(&mut self, edge: &Edge) {
        let place = room_of_edge(&edge.id).map_or("", |room| room.short);
        match edge.liveness {
            Liveness::Silent if self.silent.insert(edge.id.clone()) => {
                self.timeline.tell(Tone::Alarm, place, &edge.id, "gives no sign of life");
            }
            Liveness::Live if self.silent.remove(&edge.id) => {
                self.timeline.tell(Tone::Relief, place, &edge.id, "is heard again");
            }
            Liveness::Silent | Liveness::Live | Liveness::Unknown => {}
        }
    }

    fn story_is_over(&self) {
        let (program, control) = (self.by_hand.program.display(), self.by_hand.control.display());
        self.timeline.say(&format!(
            "\nThe story is over; the site goes on until Ctrl-C. Handle the incidents on the page, or drive devices by hand:\n\
             \x20 {program} do --control {control} door-1 force\n\
             \x20 {program} do --help        shows what else they can do\n"
        ));
    }
}

fn again(after: Duration) -> String {
    format!("it is started again in {:.1} s", after.as_secs_f64())
}

/// Never, when there is no such moment.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn compare_at(end: Option<Instant>, api: Api) -> Result<Comparison, ApiError> {
    at(end).await;
    let expected = expected();
    let patience = Instant::now() + LATE_MAX;
    loop {
        let comparison = api.incidents().await.map(|found| Comparison::new(&expected, &found));
        let settled = comparison.as_ref().is_ok_and(|found| found.agrees() || !found.may_still_agree());
        if settled || Instant::now() >= patience {
            return comparison;
        }
        sleep(ASK_AGAIN).await;
    }
}

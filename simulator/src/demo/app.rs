//! The wiring of the demo: starts everything, lets the course run, and ends every process on every way out. The only file
//! that knows every stage.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::shutdown::{Shutdown, on_signals};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::arguments::DemoArgs;
use super::course::{ByHand, Course, Ending};
use super::crew::record::{DEMO_FILE, Record};
use super::crew::{Crew, Report};
use super::error::DemoError;
use super::hub::follow::Follower;
use super::prepare::folder::Folder;
use super::prepare::programs::Programs;
use super::site::ROOMS;
use super::start::{Start, Up};
use super::story;
use super::story::play::Player;
use super::timeline::{self, Timeline};
use super::voices::Voices;

/// The demo waits most of the time; the machine is for the processes that it shows.
const WORKER_THREADS: usize = 2;
/// Changes of the hub that wait to be told.
const HEARD_MAX: usize = 256;

pub fn run(arguments: &DemoArgs) -> Result<ExitCode, DemoError> {
    runtime::tls::install_provider();
    let (timeline, printer) = timeline::to_stdout(Instant::now()).map_err(DemoError::Begin)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .map_err(DemoError::Begin)?;
    let outcome = runtime.block_on(perform(arguments, &timeline));
    // A question to devices that hang must not hold the process.
    runtime.shutdown_background();
    printer.finish();
    outcome
}

async fn perform(arguments: &DemoArgs, timeline: &Timeline) -> Result<ExitCode, DemoError> {
    let shutdown = Shutdown::new();
    follow_signals(&shutdown)?;
    let programs = Programs::find()?;
    let folder = Arc::new(Folder::claim(arguments.dir.as_deref()).await?);
    greet(timeline, &folder);
    let (crew, reports) = Crew::new();
    let show = Show {
        timeline: timeline.clone(),
        folder: Arc::clone(&folder),
        programs,
        crew: crew.clone(),
        run_for: arguments.run_for,
        shutdown,
    };
    // A task of its own, so that the processes are ended in order even if it panics.
    let local = LocalSet::new();
    let shown = local.spawn_local(show.run(reports));
    let outcome = local.run_until(shown).await.unwrap_or_else(|error| Err(DemoError::Broken(error)));
    timeline.say("\nEnding every process.");
    crew.stop().await;
    conclude(outcome, arguments.run_for, timeline, &folder)
}

/// SIGTERM and Ctrl-C, and the closing of the terminal, which only the demo itself is told of.
fn follow_signals(shutdown: &Shutdown) -> Result<(), DemoError> {
    let mut hangup = signal(SignalKind::hangup()).map_err(DemoError::Begin)?;
    let ends = shutdown.clone();
    tokio::spawn(async move {
        hangup.recv().await;
        ends.begin();
    });
    let ends = shutdown.clone();
    tokio::spawn(async move {
        // Without signals nobody could end it in order, so it ends at once.
        if on_signals(ends.clone()).await.is_err() {
            ends.begin();
        }
    });
    Ok(())
}

fn greet(timeline: &Timeline, folder: &Folder) {
    timeline.say(&format!("Strongroom demo. Everything lies in {}", folder.path().display()));
    if folder.leftovers > 0 {
        timeline.say(&format!("{} processes of a former demo that was killed were ended.", folder.leftovers));
    }
}

struct Show {
    timeline: Timeline,
    folder: Arc<Folder>,
    programs: Programs,
    crew: Crew,
    run_for: Option<Duration>,
    shutdown: Shutdown,
}

impl Show {
    async fn run(self, reports: mpsc::Receiver<Report>) -> Result<Ending, DemoError> {
        let began = tokio::time::Instant::now() - self.timeline.elapsed();
        let mut start = Start {
            timeline: self.timeline.clone(),
            folder: Arc::clone(&self.folder),
            programs: self.programs.clone(),
            crew: self.crew.clone(),
            reports,
            shutdown: self.shutdown.clone(),
            record: Record::new(self.folder.path()),
            voices: Voices::default(),
        };
        let up = start.run().await?;
        self.welcome(&up);
        let (sender, heard) = mpsc::channel(HEARD_MAX);
        tokio::spawn(Follower::new(up.api.clone(), sender).run());
        let players = self.players(up.so_far)?;
        let by_hand =
            ByHand { program: self.programs.simulator.clone(), control: self.folder.control(&ROOMS[0]) };
        let Start { reports, record, voices, .. } = start;
        let course = Course::new(self.timeline.clone(), up.api, reports, heard, (record, voices), by_hand);
        let end = self.run_for.map(|run_for| self.end(began + run_for));
        course.run(players, end, self.shutdown).await
    }

    fn players(&self, so_far: Vec<story::so_far::SoFar>) -> Result<Vec<Player>, DemoError> {
        let player =
            |(room, so_far)| Player::new(room, so_far, self.folder.control(room), self.timeline.clone());
        Ok(ROOMS.iter().zip(so_far).map(player).collect::<Result<_, _>>()?)
    }

    fn welcome(&self, up: &Up) {
        let demo_json = self.folder.path().join(DEMO_FILE);
        let ending = match self.run_for {
            Some(run_for) => {
                format!("by itself, {} s after the command; Ctrl-C ends it sooner", run_for.as_secs())
            }
            None => "Ctrl-C".to_owned(),
        };
        self.timeline.say(&format!(
            "\n  The page      {}/\n  Sign in with  {}\n  For programs  {}\n  Ends          {ending}\n",
            up.page,
            up.token,
            demo_json.display()
        ));
    }

    /// The story needs its time even when starting took long.
    fn end(&self, wanted: tokio::time::Instant) -> tokio::time::Instant {
        let settled = tokio::time::Instant::now() + story::SETTLED;
        if settled > wanted {
            let later = (settled - wanted).as_secs_f64();
            self.timeline
                .say(&format!("Starting took long, so the demo ends {later:.0} s later than asked.\n"));
        }
        wanted.max(settled)
    }
}

fn conclude(
    outcome: Result<Ending, DemoError>,
    run_for: Option<Duration>,
    timeline: &Timeline,
    folder: &Folder,
) -> Result<ExitCode, DemoError> {
    let good = match &outcome {
        Ok(Ending::Compared(comparison)) => {
            timeline.say(&format!("\nThe incidents in the hub:\n\n{}", comparison.table()));
            let agrees = comparison.agrees();
            let verdict = if agrees { "Exactly as expected." } else { "NOT as expected." };
            timeline.say(verdict);
            agrees
        }
        Ok(Ending::Stopped) if run_for.is_some() => {
            timeline.say("Stopped before its end: nothing was compared.");
            false
        }
        Ok(Ending::Stopped) => true,
        Err(_) => false,
    };
    if !good {
        timeline.say(&format!("The logs lie in {}", folder.logs().display()));
    } else if folder.leave() {
        timeline.say("The temporary folder is removed; `--dir DIR` keeps everything.");
    }
    outcome.map(|_| if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

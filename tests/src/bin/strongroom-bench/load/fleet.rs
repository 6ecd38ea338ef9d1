//! Many simulated edges on one thread: connects them, starts them together, stops them together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::edge::Edge;
use super::flood::{self, Flood};
use super::line::{Door, Line};
use super::points::{Point, Points};
use super::quiet::{self, Wish};
use super::room::Room;
use super::script::Plan;
use super::tally::Tally;
use crate::place::interrupt;
use crate::place::pki::Pki;

/// Handshakes under way at once: a site that comes back, not a flood of connections.
const HANDSHAKES_MAX: usize = 32;
const READY_MAX: Duration = Duration::from_secs(120);
const STOP_MAX: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Edges connect and say their first words.
    Gather,
    Run,
    /// Nothing new is sent; edges leave when all is confirmed.
    Stop,
}

pub(crate) struct Fleet {
    runtime: Runtime,
    phase: watch::Sender<Phase>,
    tasks: JoinSet<anyhow::Result<()>>,
    pub(crate) tally: Arc<Tally>,
    edges: usize,
}

/// What all edges of a fleet share.
struct Site<'a> {
    pki: &'a Pki,
    door: Door,
    points: Arc<Points>,
    arming: Point,
}

impl Fleet {
    pub(crate) fn flooding(pki: &Pki, door: Door, edges: usize, flood: Flood) -> anyhow::Result<Self> {
        let points = Points::new()?;
        let plan = Arc::new(Plan::new(&points)?);
        Self::launch(pki, door, edges, points, "unset", |room, _, share, phase| {
            flood::run(room, plan.clone(), share, flood, phase)
        })
    }

    /// Edges in which nothing happens but what is wished for, each through its own sender.
    pub(crate) fn quiet(
        pki: &Pki,
        door: Door,
        edges: usize,
        arming: &'static str,
    ) -> anyhow::Result<(Self, Vec<mpsc::Sender<Wish>>)> {
        let mut senders = Vec::new();
        let fleet = Self::launch(pki, door, edges, Points::new()?, arming, |room, _, share, phase| {
            let (sender, wishes) = mpsc::channel(4);
            senders.push(sender);
            quiet::run(room, share, wishes, phase)
        })?;
        Ok((fleet, senders))
    }

    fn launch<T: Future<Output = anyhow::Result<()>> + Send + 'static>(
        pki: &Pki,
        door: Door,
        edges: usize,
        points: Points,
        arming: &'static str,
        mut live: impl FnMut(Room, usize, f64, watch::Receiver<Phase>) -> T,
    ) -> anyhow::Result<Self> {
        let arming_point = points.find("edge", "arming")?;
        let site = Site { pki, door, points: Arc::new(points), arming: arming_point };
        // One thread: the load must not take more than its share of two cores.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("load")
            .enable_all()
            .build()
            .context("cannot start the runtime of the load")?;
        let (phase, _) = watch::channel(Phase::Gather);
        let mut fleet = Self { runtime, phase, tasks: JoinSet::new(), tally: Arc::new(Tally::new()), edges };
        let rooms = fleet.gather(&site, arming)?;
        for (number, room) in rooms.into_iter().enumerate() {
            let share = number as f64 / edges as f64;
            let life = live(room, number, share, fleet.phase.subscribe());
            fleet.tasks.spawn_on(life, fleet.runtime.handle());
        }
        Ok(fleet)
    }

    /// Connects all edges; each has said its first words and has them confirmed.
    fn gather(&self, site: &Site<'_>, arming: &'static str) -> anyhow::Result<Vec<Room>> {
        let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
        let table = Arc::new(site.points.table.clone());
        let mut joining = Vec::new();
        for number in 0..self.edges {
            let (id, tls) = site.pki.edge(number)?;
            let (places, tally, table) = (places.clone(), self.tally.clone(), table.clone());
            let (door, point) = (site.door, site.arming);
            joining.push(self.runtime.spawn(async move {
                let _place = places.acquire().await?;
                let line = Line::connect(door, &id, tls).await?;
                let mut room = Room::new(Edge::new(id, number, table), line, tally);
                room.begin(point, arming).await?;
                Ok::<Room, anyhow::Error>(room)
            }));
        }
        self.runtime.block_on(async {
            let all = async {
                let mut rooms = Vec::new();
                for joined in joining {
                    rooms.push(joined.await??);
                }
                Ok::<_, anyhow::Error>(rooms)
            };
            tokio::time::timeout(READY_MAX, all).await.context("not all edges were connected in time")?
        })
    }

    pub(crate) fn run(&self) {
        self.phase.send_replace(Phase::Run);
    }

    /// Fails if an edge ended before its time.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        match self.tasks.try_join_next() {
            None => Ok(()),
            Some(ended) => {
                ended.context("an edge panicked")?.context("an edge failed")?;
                bail!("an edge ended before its time")
            }
        }
    }

    /// Waits for `span`; ends at once if an edge fails.
    pub(crate) fn watch(&mut self, span: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + span;
        while Instant::now() < end {
            std::thread::sleep(end.saturating_duration_since(Instant::now()).min(Duration::from_millis(100)));
            interrupt::check()?;
            self.check()?;
        }
        Ok(())
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Nothing new is sent; returns when all that was sent is confirmed.
    pub(crate) fn stop(mut self) -> anyhow::Result<Arc<Tally>> {
        self.phase.send_replace(Phase::Stop);
        let tasks = &mut self.tasks;
        self.runtime.block_on(async {
            let all = async {
                while let Some(ended) = tasks.join_next().await {
                    ended??;
                }
                Ok::<_, anyhow::Error>(())
            };
            tokio::time::timeout(STOP_MAX, all)
                .await
                .context("not all that was sent was confirmed in time")?
        })?;
        Ok(self.tally.clone())
    }
}

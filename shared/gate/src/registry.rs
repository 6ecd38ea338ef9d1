//! The live sessions: one per identity. Whoever comes later takes over, whoever is revoked is cut.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::Gauge;

use crate::identity::{Identity, SessionId};
use crate::session::Line;

pub(crate) struct Registry {
    live: Mutex<Live>,
    count: Gauge,
}

#[derive(Default)]
struct Live {
    /// All that have entered and not left, which includes those that are cut and not over yet.
    by_id: HashMap<SessionId, Arc<Line>>,
    newest: HashMap<Identity, Arc<Line>>,
}

impl Registry {
    pub(crate) fn new(count: Gauge) -> Self {
        count.set(0.0);
        Self { live: Mutex::default(), count }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().by_id.len()
    }

    pub(crate) fn cut(&self, session: SessionId, reason: &'static str) {
        if let Some(line) = self.lock().by_id.get(&session) {
            line.cut(reason);
        }
    }

    /// Returns how many sessions were cut.
    pub(crate) fn cut_revoked(&self, revoked: impl Fn(&[u8]) -> bool) -> usize {
        let live = self.lock();
        let certificate = |line: &Arc<Line>| line.peer.certificate.as_ref().map(|own| own.serial.clone());
        let to_cut = live.by_id.values().filter(|line| certificate(line).is_some_and(|own| revoked(&own)));
        to_cut.inspect(|line| line.cut("certificate_revoked")).count()
    }

    fn enter(&self, line: &Arc<Line>) -> Option<Arc<Line>> {
        let mut live = self.lock();
        live.by_id.insert(line.id, Arc::clone(line));
        let older = live.newest.insert(line.peer.identity.clone(), Arc::clone(line));
        self.count.set(live.by_id.len() as f64);
        older.inspect(|older| older.cut("taken_over"))
    }

    fn leave(&self, line: &Line) {
        let mut live = self.lock();
        live.by_id.remove(&line.id);
        if live.newest.get(&line.peer.identity).is_some_and(|newest| newest.id == line.id) {
            live.newest.remove(&line.peer.identity);
        }
        self.count.set(live.by_id.len() as f64);
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session's entry in the registry. Dropping it says that the session is over, however it ended.
pub(crate) struct Membership {
    registry: Arc<Registry>,
    line: Arc<Line>,
}

impl Membership {
    /// Also returns the session of the same identity that was cut in favour of this one, if any.
    pub(crate) fn enter(registry: &Arc<Registry>, line: Arc<Line>) -> (Self, Option<Arc<Line>>) {
        let older = registry.enter(&line);
        (Self { registry: Arc::clone(registry), line }, older)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.registry.leave(&self.line);
        self.line.end();
    }
}

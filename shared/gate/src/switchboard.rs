//! Which session subscribed to what: carries the commands that come out of the router to the lines.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::codec;
use crate::identity::SessionId;
use crate::policy::{Qos, Refusal};
use crate::session::Line;

#[derive(Default)]
pub(crate) struct Switchboard {
    routes: Mutex<HashMap<SessionId, Route>>,
}

struct Route {
    line: Arc<Line>,
    filters: Vec<(String, Qos)>,
}

impl Switchboard {
    /// Live at once: a command that comes out of the router from now on is carried.
    pub(crate) fn subscribe(
        &self,
        line: &Arc<Line>,
        filter: &str,
        qos: Qos,
        filters_max: usize,
    ) -> Result<(), Refusal> {
        let mut routes = self.lock();
        let route =
            routes.entry(line.id).or_insert_with(|| Route { line: Arc::clone(line), filters: Vec::new() });
        if let Some(known) = route.filters.iter_mut().find(|(known, _)| known == filter) {
            known.1 = qos;
            return Ok(());
        }
        if route.filters.len() >= filters_max {
            let detail = format!("{filter:?} would be subscription {} of {filters_max}", filters_max + 1);
            return Err(Refusal::new("subscriptions_full", detail));
        }
        route.filters.push((filter.to_owned(), qos));
        Ok(())
    }

    pub(crate) fn unsubscribe(&self, session: SessionId, filter: &str) {
        if let Some(route) = self.lock().get_mut(&session) {
            route.filters.retain(|(known, _)| known != filter);
        }
    }

    pub(crate) fn leave(&self, session: SessionId) {
        self.lock().remove(&session);
    }

    /// Returns how many sessions the command was queued to. Overlapping filters still mean one copy.
    pub(crate) fn carry(&self, topic: &str, payload: &Bytes) -> usize {
        let routes = self.lock();
        let mut carried = 0;
        for route in routes.values() {
            if let Some(qos) = route.wants(topic) {
                route.line.command(topic, payload, qos);
                carried += 1;
            }
        }
        carried
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Route>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Route {
    /// The best quality of service of all filters that match.
    fn wants(&self, topic: &str) -> Option<Qos> {
        let matching = self.filters.iter().filter(|(filter, _)| codec::matches(topic, filter));
        matching.map(|(_, qos)| *qos).max_by_key(|qos| *qos == Qos::AtLeastOnce)
    }
}

//! One client, from its CONNECT to its end.
//!
//! A session is one task: reader and writer run inside it side by side, and whichever ends first ends both.
//! Whoever answers the session (confirms, commands, cuts) does so over its `Line`.

mod chunk;
mod connect;
mod end;
mod line;
mod reader;
mod window;
mod writer;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::BytesMut;
use runtime::shutdown::Shutdown;
use tokio::time::timeout;
use tracing::debug;

use crate::arrival::{Arrival, Delivery, Origin};
use crate::codec::{self, ConnectAnswer, Will};
use crate::gate::Shared;
use crate::handshake::Stream;
use crate::identity::{Caller, Peer, SessionId};
use crate::limits::MESSAGE_OVERHEAD_BYTES;
use crate::metrics;
use crate::registry::Membership;

use connect::Accepted;
use end::End;
pub(crate) use line::Line;
use reader::Reader;
use writer::Writer;

/// Runs the session of an authenticated client until it ends.
pub(crate) async fn serve(shared: Arc<Shared>, mut stream: Stream, caller: Caller, shutdown: Shutdown) {
    let mut buffer = BytesMut::new();
    let accepted = tokio::select! {
        accepted = connect::expect(&shared, &mut stream, &mut buffer, &caller) => accepted,
        () = shutdown.wait() => return,
    };
    let accepted = match accepted {
        Ok(accepted) => accepted,
        Err(refused) => {
            shared.refused.note(refused.reason(), &caller, &refused.detail());
            connect::turn_away(&mut stream, &refused).await;
            return;
        }
    };
    let line = new_line(&shared, &accepted.peer);
    let Some(_membership) = join(&shared, &line, &shutdown).await else { return };
    debug!(session = %line.id, peer = %line.peer, "session begins");
    let end = talk(&shared, &line, stream, buffer, &accepted, &shutdown).await;
    if let Some(will) = accepted.will.filter(|_| end.leaves_a_will()) {
        hand_over_will(&shared, &line, will).await;
    }
    report(&shared, &line, &end).await;
}

fn new_line(shared: &Shared, peer: &Arc<Peer>) -> Arc<Line> {
    let id = SessionId::new(shared.next_session.fetch_add(1, Ordering::Relaxed));
    let (limits, budget) = (Arc::clone(&shared.limits), Arc::clone(&shared.budget));
    Arc::new(Line::new(id, Arc::clone(peer), limits, budget))
}

/// Takes the identity's place and tells the consumer. An older session of the same identity is cut, and its
/// end is told first. `None`: this session was cut in turn before it began.
async fn join(shared: &Arc<Shared>, line: &Arc<Line>, shutdown: &Shutdown) -> Option<Membership> {
    let (membership, older) = Membership::enter(&shared.registry, Arc::clone(line));
    // A list that came during the handshake may revoke the certificate; later ones find the session here.
    let certificate = line.peer.certificate.as_ref();
    if certificate.is_some_and(|own| shared.tls.load().crl.revokes(&own.serial)) {
        line.cut("certificate_revoked");
    }
    if let Some(older) = older
        && timeout(shared.limits.connect_timeout, older.until_ended()).await.is_err()
    {
        // Its end waits for a consumer that is behind. Those who come later queue up behind its news.
        shared.refused.note("take_over_late", &line.peer, &"the older session has not ended yet");
        return None;
    }
    let permit = tokio::select! {
        biased;
        reason = line.until_cut() => {
            shared.refused.note(reason, &line.peer, &"cut before the session began");
            return None;
        }
        () = shutdown.wait() => return None,
        permit = shared.arrivals.reserve() => permit.ok()?,
    };
    permit.send(Arrival::Connected { session: line.id, peer: Arc::clone(&line.peer) });
    line.answer(|out| codec::put_connack(out, ConnectAnswer::Accepted));
    Some(membership)
}

async fn talk(
    shared: &Arc<Shared>,
    line: &Arc<Line>,
    stream: Stream,
    buffer: BytesMut,
    accepted: &Accepted,
    shutdown: &Shutdown,
) -> End {
    let (read_half, write_half) = tokio::io::split(stream);
    let mut reader = Reader::new(Arc::clone(shared), Arc::clone(line), read_half, buffer, accepted);
    let confirmed = shared.metrics.confirmed.clone();
    let mut writer = Writer::new(Arc::clone(line), write_half, shared.limits.write_timeout, confirmed);
    let end = tokio::select! {
        biased;
        reason = line.until_cut() => End::Cut(reason),
        () = shutdown.wait() => End::Shutdown,
        end = writer.run() => end,
        end = reader.run() => end,
    };
    if matches!(end, End::Shutdown) {
        line.begin_drain();
        // Being late is no fault of the session: what is not confirmed now is sent again to the next gate.
        let _ = timeout(shared.limits.drain_timeout, writer.run()).await;
        writer.close().await;
        reader.linger().await;
    }
    shared.switchboard.leave(line.id);
    line.close();
    if !matches!(end, End::Shutdown) {
        writer.close().await;
    }
    end
}

/// Behind everything that the session handed over, and before its end is told: a newer session waits for that end.
async fn hand_over_will(shared: &Shared, line: &Arc<Line>, will: Will) {
    let bytes = will.topic.len() + will.payload.len() + MESSAGE_OVERHEAD_BYTES;
    let confirm = line.admit_will(bytes).await;
    shared.metrics.wills.increment(1);
    let delivery = Delivery {
        session: line.id,
        peer: Arc::clone(&line.peer),
        topic: will.topic,
        payload: will.payload,
        received: Instant::now(),
        origin: Origin::Will,
        confirm,
    };
    // A consumer that is gone needs no news.
    let _ = shared.arrivals.send(Arrival::Published(delivery)).await;
}

async fn report(shared: &Shared, line: &Line, end: &End) {
    let reason = end.reason();
    metrics::count_end(reason);
    if end.is_refusal() {
        shared.refused.note(reason, &line.peer, &end.detail());
    }
    debug!(session = %line.id, peer = %line.peer, reason, "session ends");
    let gone = Arrival::Disconnected { session: line.id, peer: Arc::clone(&line.peer), reason };
    // A consumer that is gone needs no news.
    let _ = shared.arrivals.send(gone).await;
}

//! What goes wrong in the life of a gateway, one thing at a time.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::sleep;

use crate::proxy::{Conduct, Direction, Proxy};
use crate::wait::until;
use crate::watched_room::{Handle, WatchedRoom};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection to the hub breaks.
    LinkCut,
    /// Nothing moves for a while, then all of it.
    LinkStalled,
    /// What the edge sends vanishes, then the connection breaks.
    LinkSwallows,
    /// The hub is killed and comes back.
    HubKilled,
    /// A device hangs up and comes back.
    DeviceGone,
    /// Much happens at once.
    Busy,
    /// The configuration is read again.
    Reload,
}

/// Shorter than the patience of any rule.
const A_WHILE: Duration = Duration::from_secs(2);
const TURNS: usize = 40;

impl Trouble {
    pub(super) const ALL: [Trouble; 7] = [
        Trouble::LinkCut,
        Trouble::Busy,
        Trouble::LinkStalled,
        Trouble::DeviceGone,
        Trouble::LinkSwallows,
        Trouble::Reload,
        Trouble::HubKilled,
    ];

    pub(super) async fn happens(self, room: &mut WatchedRoom, proxy: &Proxy) {
        match self {
            Trouble::LinkCut => proxy.cut(),
            Trouble::LinkStalled => {
                proxy.set(Direction::ToHub, Conduct::Stall);
                busy(room);
                sleep(A_WHILE).await;
                proxy.set(Direction::ToHub, Conduct::Pass);
            }
            Trouble::LinkSwallows => {
                proxy.set(Direction::ToHub, Conduct::Swallow);
                busy(room);
                sleep(A_WHILE).await;
                proxy.cut();
                proxy.set(Direction::ToHub, Conduct::Pass);
            }
            Trouble::HubKilled => room.site.kill_and_restart_hub().await,
            Trouble::DeviceGone => {
                room.field.act("cabinet-1", "disconnect");
                sleep(A_WHILE).await;
                room.field.act("cabinet-1", "restore");
            }
            Trouble::Busy => busy(room),
            Trouble::Reload => reload(room).await,
        }
    }
}

/// The stages of the edge end and begin anew.
async fn reload(room: &mut WatchedRoom) {
    let taken = |room: &WatchedRoom| room.edge.log().matches("the new configuration works").count();
    let before = taken(room);
    room.edge.process().signal(Signal::HUP);
    until("the edge to have read its configuration again", async || {
        let now = taken(room);
        if now > before { Ok(()) } else { Err(format!("{now} times")) }
    })
    .await;
}

fn busy(room: &WatchedRoom) {
    for turn in Handle::turns().take(TURNS) {
        room.turn_handle(turn);
    }
}

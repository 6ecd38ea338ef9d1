//! What goes wrong in the life of a gateway, one thing at a time.

use crate::full_room::FullRoom;
use crate::proxy::{Conduct, Direction, Proxy};
use crate::wait::until;

use super::hand::Hand;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// The connection to the hub breaks.
    LinkCut,
    /// The hub is killed while records are under way, and comes back.
    HubKilled,
    /// Nothing moves for a while, then all of it.
    LinkStalled,
    /// A device hangs up and comes back.
    DeviceGone,
    /// What the edge sends vanishes, then the connection breaks.
    LinkSwallows,
    /// The configuration is read again.
    Reload,
    /// A unit on the serial line holds its tongue.
    UnitSilent,
    /// The power of a sensor is gone for a moment.
    SensorRestarted,
    /// Much happens at once.
    Busy,
}

/// At two polls each they take longer than the link needs to find that something is wrong, and far less than a device may
/// be away before it counts as lost.
const TURNS: usize = 12;

impl Trouble {
    pub(super) const ALL: [Trouble; 9] = [
        Trouble::LinkCut,
        Trouble::HubKilled,
        Trouble::LinkStalled,
        Trouble::DeviceGone,
        Trouble::LinkSwallows,
        Trouble::Reload,
        Trouble::UnitSilent,
        Trouble::SensorRestarted,
        Trouble::Busy,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Trouble::LinkCut => "link cut",
            Trouble::HubKilled => "hub killed",
            Trouble::LinkStalled => "link stalled",
            Trouble::DeviceGone => "device gone",
            Trouble::LinkSwallows => "link swallows",
            Trouble::Reload => "reload",
            Trouble::UnitSilent => "unit silent",
            Trouble::SensorRestarted => "sensor restarted",
            Trouble::Busy => "busy",
        }
    }

    pub(super) async fn happens(self, room: &mut FullRoom, proxy: &Proxy, hand: &mut Hand) {
        match self {
            Trouble::LinkCut => proxy.cut(),
            Trouble::HubKilled => {
                hand.turns_handle(room, 1).await;
                room.site.hub.kill();
                hand.turns_handle(room, TURNS).await;
                room.site.restart_hub().await;
            }
            Trouble::LinkStalled => {
                proxy.set(Direction::ToHub, Conduct::Stall);
                hand.turns_handle(room, TURNS).await;
                proxy.set(Direction::ToHub, Conduct::Pass);
            }
            Trouble::LinkSwallows => {
                proxy.set(Direction::ToHub, Conduct::Swallow);
                hand.turns_handle(room, TURNS).await;
                proxy.cut();
                proxy.set(Direction::ToHub, Conduct::Pass);
            }
            Trouble::DeviceGone => {
                room.field.act("cabinet-1", "disconnect");
                room.is_disbelieved("cabinet-1:bolt").await;
                room.field.act("cabinet-1", "restore");
                room.becomes("cabinet-1:bolt", "extended").await;
            }
            Trouble::Reload => reload(room).await,
            Trouble::UnitSilent => {
                room.on_the_line.falls_silent();
                let (handle, stands) = hand.line();
                room.is_disbelieved(handle).await;
                room.on_the_line.speaks_again();
                room.becomes(handle, stands).await;
            }
            Trouble::SensorRestarted => {
                hand.shuts_window(room).await;
                room.restart_window();
                room.edge.hears("window-1").await;
            }
            Trouble::Busy => hand.turns_handle(room, TURNS).await,
        }
    }
}

/// The configuration is another one, and the stages of the edge end and begin anew.
async fn reload(room: &mut FullRoom) {
    let taken = |room: &FullRoom| room.edge.log().matches("the new configuration works").count();
    let before = taken(room);
    // One that says the same would change nothing, and the stages would work on.
    room.edge.touch();
    until("the edge to have read its configuration again", async || {
        let now = taken(room);
        if now > before { Ok(()) } else { Err(format!("{now} times")) }
    })
    .await;
}

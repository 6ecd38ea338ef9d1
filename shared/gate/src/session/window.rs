//! The commands that a client has not confirmed yet, by packet id. Pure.
//! They are never sent twice: a command is a state, and the present one is sent again on connect.

use std::collections::VecDeque;
use std::num::NonZeroU16;

#[derive(Default)]
pub(crate) struct CommandWindow {
    under_way: VecDeque<NonZeroU16>,
    last: u16,
}

impl CommandWindow {
    /// The packet id for one more command, or `None` if the client lags too far behind.
    pub(crate) fn open(&mut self, commands_max: usize) -> Option<NonZeroU16> {
        if self.under_way.len() >= commands_max {
            return None;
        }
        let packet_id = self.free_id();
        self.under_way.push_back(packet_id);
        Some(packet_id)
    }

    /// False if the id was not under way, as after a reconnect.
    pub(crate) fn close(&mut self, packet_id: NonZeroU16) -> bool {
        let Some(index) = self.under_way.iter().position(|id| *id == packet_id) else { return false };
        self.under_way.remove(index);
        true
    }

    /// Ends, because the window is smaller than the number of ids.
    fn free_id(&mut self) -> NonZeroU16 {
        loop {
            self.last = self.last.wrapping_add(1);
            if let Some(packet_id) = NonZeroU16::new(self.last)
                && !self.under_way.contains(&packet_id)
            {
                return packet_id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_bounded_and_opens_again() {
        let mut window = CommandWindow::default();
        let first = window.open(2).unwrap();
        let second = window.open(2).unwrap();
        assert_ne!(first, second);
        assert_eq!(window.open(2), None);
        assert!(window.close(second) && !window.close(second));
        assert!(window.open(2).is_some());
    }

    #[test]
    fn an_id_under_way_is_not_given_twice_when_the_numbers_wrap() {
        let mut window = CommandWindow::default();
        let stuck = window.open(8).unwrap();
        for _ in 0..70_000 {
            let id = window.open(8).unwrap();
            assert_ne!(id, stuck);
            assert!(window.close(id));
        }
    }
}

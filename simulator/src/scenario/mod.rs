//! Playing a scenario: when each step is due, and the task that carries it out.

mod player;
mod timeline;

pub use self::player::Player;
pub use self::timeline::{Due, Timeline};

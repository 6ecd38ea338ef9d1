//! The demo: a whole Strongroom on this machine, from nothing. A hub, three edges and their devices run as processes of
//! their own; a scenario plays, and at the end the incidents in the hub are compared with the expected ones.
//!
//! The programs are started and asked over their sockets, as anybody else would; nothing of hub or edge is linked here.
//!
//! ```text
//! prepare: folder, ports, certificates, configurations
//!    │
//!  crew: one keeper per process, which starts it again        ── demo.json, children.json
//!    │
//!  hub: its API and live stream                story: steps through the control sockets, expected incidents
//!    └───────────────┬───────────────────────────┘
//!                timeline: what happens, line by line
//! ```

pub mod app;
pub mod arguments;
pub mod course;
pub mod crew;
pub mod error;
pub mod files;
pub mod hub;
pub mod prepare;
pub mod site;
pub mod start;
pub mod story;
pub mod timeline;
pub mod voices;

pub use self::app::run;
pub use self::arguments::DemoArgs;
pub use self::error::DemoError;

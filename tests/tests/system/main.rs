//! What Strongroom promises, over its real processes. One file per property.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a preparation that fails is a failed test, and a skipped test says why"
)]

mod acknowledge_and_close;
mod alone;
mod annunciator;
mod checkpoints;
mod config_faults;
mod documents;
mod edge_silent;
mod event_path;
mod every_device_class;
mod failed_fsync;
mod foreign_certificate;
mod fork;
mod full_disk;
mod gap;
mod garbage;
mod killed_edge;
mod killed_hub;
mod loopback_only;
mod lost_puback;
mod lost_spool;
mod old_image_restored;
mod reload;
mod restored_hub_refilled;
mod revoked_session;
mod silent_socket;
mod slow_reader;
mod soak;
mod stream_resume;

//! What the spool promises, over real redb stores: see `src/spool/mod.rs`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;

mod bookmarks;
mod damaged_file;
mod full_spool;
mod inspected;
mod killed_at_each_sync;
mod lost_file;
mod order_and_chain;
mod resumed;
mod signed;
mod storage_failed;
mod too_old;
mod wear;

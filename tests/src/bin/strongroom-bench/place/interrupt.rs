//! Ctrl-C and SIGTERM: the bench then ends at the next look, and with it, in order, all that it started.

use std::sync::OnceLock;
use std::thread;

use anyhow::{Context as _, bail};
use runtime::shutdown::{Shutdown, on_signals};

/// Signals concern the whole process, and so does this.
static ASKED: OnceLock<Shutdown> = OnceLock::new();

pub(crate) fn listen() -> anyhow::Result<()> {
    let asked = ASKED.get_or_init(Shutdown::new).clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listening = move || {
        if let Err(error) = runtime.block_on(on_signals(asked)) {
            eprintln!("Signals are not heard: {error}");
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listening).context("no thread for signals")?;
    Ok(())
}

/// Fails once somebody has asked the bench to end.
pub(crate) fn check() -> anyhow::Result<()> {
    if ASKED.get().is_some_and(Shutdown::begun) {
        bail!("interrupted");
    }
    Ok(())
}

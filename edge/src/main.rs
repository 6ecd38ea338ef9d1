//! The command line of the edge.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use strongroom_edge::app::{self, AppError};
use strongroom_edge::summary;

/// Worker threads: one may wait for a file while the other serves the devices.
const WORKERS: usize = 2;

const EXIT_CODES: &str = "\
Exit codes:
   0  stopped as it was told, with everything sealed; or `check` found no fault
   1  stopped by a failure that the last log lines name
   2  the command line or the configuration is wrong, and every fault is printed with its line; or `check` found that
      files and folders are missing that a sound configuration names
  74  the storage of the spool failed. The file was not touched again; start the edge again: what was
      reported durable is still there, and after two failures in a row the edge works from memory

Signals: SIGTERM and SIGINT seal what is on its way and stop.
Logs go to standard error; RUST_LOG sets their level (default info).";

/// The unattended gateway of one key part: reads its alarm panels, doors, cabinets and jammers, keeps what changed
/// durably, and forwards it to the hub over mutual TLS. It watches; it switches nothing.
#[derive(Parser)]
#[command(name = "strongroom-edge", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Watch the room and forward what happens, until told to stop
    Run {
        /// The edge's configuration (TOML)
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Read the configuration, the device profiles and the TLS files, look for the folder of the spool, print every fault,
    /// and do nothing else
    Check {
        /// The edge's configuration (TOML)
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print the kinds of points that device profiles may name, with lane, values and unit
    Kinds,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run { config } => run(config),
        Command::Check { config } => app::check(&config).map(|plan| print(&summary::plan(&plan))),
        Command::Kinds => {
            print(&summary::kinds());
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(config: PathBuf) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    runtime.map_err(AppError::Thread)?.block_on(app::run(&config))
}

/// A reader that goes away early, such as `head`, is no failure.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// The error with all its causes, for whoever reads the terminal or the journal.
fn complain(error: &AppError) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    let _ = writeln!(io::stderr().lock(), "{text}");
}

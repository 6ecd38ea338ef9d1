//! The command line of the edge.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use runtime::causes::in_full;
use strongroom_edge::app::{self, AppError};
use strongroom_edge::config::LoopbackAddress;
use strongroom_edge::probe::{self, Answer, Verdict};
use strongroom_edge::status::{client, table};
use strongroom_edge::{summary, surroundings};
use wire::DeviceId;

/// Worker threads: one may wait for a file while the other serves the devices.
const WORKERS: usize = 2;

const EXIT_CODES: &str = "\
Exit codes:
   0  stopped as it was told, with everything sealed; or `check` found no fault; or `probe` read the device; or `status`
      found all well
   1  stopped by a failure that the last log lines name; or `probe` could not read the device, and says why; or `status`
      found something to look at
   2  the command line or the configuration is wrong, and every fault is printed with its line; or `check` found that
      files and folders are missing that a sound configuration names; or `status` reached no edge
  74  the storage of the spool failed. The file was not touched again; start the edge again: what was
      reported durable is still there. After two failures in a row, or if the file cannot be opened, the edge works
      from memory; it goes back to the disk by itself once that had room for spool.return_after and the hub has all

Signals: SIGTERM and SIGINT seal what is on its way and stop. SIGHUP reads the configuration and its profiles again: if all
is sound, the edge goes on with them within a second; with any fault it goes on as it was, and the log and `status` say why.
If nothing changed, nothing is begun anew. What is known of devices that did not change, and of sirens, is taken along.
The hash by which `status` and the hub tell configurations apart covers the file and every profile that a device names.

Logs go to standard error; RUST_LOG sets their level (default info).";

/// The unattended gateway of one key part: reads its alarm panels, doors, cabinets and jammers, keeps what changed
/// durably, and forwards it to the hub over mutual TLS. It watches; it switches nothing but the coils of local annunciators that
/// its configuration names.
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
    /// Ask a running edge how it is, and print it as a table
    Status {
        /// The configuration with which the edge runs (TOML): its status.address is asked
        #[arg(long, value_name = "FILE", required_unless_present = "address")]
        config: Option<PathBuf>,
        /// Where the edge answers, in place of what a configuration says
        #[arg(long, value_name = "ADDRESS", conflicts_with = "config")]
        address: Option<LoopbackAddress>,
        /// Print the report itself (JSON)
        #[arg(long)]
        json: bool,
    },
    /// Make a token for a device that has no certificate, and print it with the line for the device's entry. It is shown
    /// this once only; the device sends its id as the user and the token as the password
    Token {
        /// The id of the device in the configuration
        device: DeviceId,
    },
    /// Print what the spool of an edge that is not running holds, and change nothing: depth, age, gaps, bookmarks
    Spool {
        /// The edge's configuration (TOML)
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Ask one device once, through its profile, and print what it is and what each of its points says
    Probe(probe::Arguments),
    /// Print the kinds of points that device profiles may name, with lane, values and unit
    Kinds,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Probe(arguments) => return probe(&arguments),
        Command::Run { config } => run(config),
        Command::Check { config } => {
            app::check(&config).map(|plan| print(&summary::plan(&plan, &surroundings::doubts(&plan.config))))
        }
        Command::Status { config, address, json } => return status(config, address, json),
        Command::Token { device } => {
            summary::token(&device).map(|text| print(&text)).map_err(AppError::Token)
        }
        Command::Spool { config } => app::spool_report(&config).map(|report| print(&report)),
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
    runtime.map_err(AppError::Runtime)?.block_on(app::run(&config))
}

/// Well, not well, or not reached.
fn status(config: Option<PathBuf>, address: Option<LoopbackAddress>, json: bool) -> ExitCode {
    const NOT_REACHED: u8 = 2;
    let asked = match address {
        Some(address) => Ok(address.address()),
        None => app::status_address(&config.expect("the command line has one of the two")),
    };
    let asked = asked.map_err(|error| complain(&error));
    match asked.and_then(|address| client::ask(address).map_err(|error| complain(&error))) {
        Ok(report) => {
            print(&if json { table::json(&report) } else { table::text(&report) });
            if report.well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(()) => ExitCode::from(NOT_REACHED),
    }
}

fn probe(arguments: &probe::Arguments) -> ExitCode {
    match probe::run(arguments) {
        Ok(Answer { text, verdict }) => {
            print(&text);
            ExitCode::from(match verdict {
                Verdict::Readable => 0,
                Verdict::Unreadable => 1,
            })
        }
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// A reader that goes away early, such as `head`, is no failure.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// For whoever reads the terminal or the journal.
fn complain(error: &dyn Error) {
    let _ = writeln!(io::stderr().lock(), "{}", in_full(error));
}

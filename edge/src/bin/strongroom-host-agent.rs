//! The command line of the reference host agent.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use runtime::causes::in_full;
use strongroom_edge::agent::run::{self, AgentError};

const EXIT_CODES: &str = "\
Exit codes:
   0  stopped as it was told
   1  stopped by a failure that the last log lines name
   2  the command line or the configuration is wrong
  74  the folder of the buffer cannot be opened

Signals: SIGTERM and SIGINT keep a last report and stop.
Logs go to standard error; RUST_LOG sets their level (default info).";

/// Observes this computer and reports to the edge of its room: media, radios, cameras, interfaces, ways out, logons, clock.
/// It blocks nothing, and reads no content.
#[derive(Parser)]
#[command(name = "strongroom-host-agent", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Observe and report until told to stop
    Run {
        /// The agent's configuration (TOML)
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Read the configuration, print every fault, and do nothing else
    Check {
        /// The agent's configuration (TOML)
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Look once, and print the report that would be sent
    Once {
        /// The agent's configuration (TOML)
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run { config } => run(config),
        Command::Check { config } => run::check(&config).map(|_| print("The configuration is sound.\n")),
        Command::Once { config } => run::once(&config).map(|report| print(&report)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr().lock(), "{}", in_full(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(config: PathBuf) -> Result<(), AgentError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(AgentError::Runtime)?.block_on(run::run(&config))
}

/// A reader that goes away early, such as `head`, is no failure.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

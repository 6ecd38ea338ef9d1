//! `strongroom-hub`: the command line of the hub.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks to people on its standard streams"
)]

use std::io::stdout;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use runtime::{clock, telemetry, tls};
use strongroom_hub::access::command::TokenCommand;
use strongroom_hub::app::{self, AppError};
use strongroom_hub::config::Config;
use strongroom_hub::correlator::CorrelatorError;
use strongroom_hub::ingest::committer::IngestError;
use strongroom_hub::journal::JournalError;
use strongroom_hub::pki::command::PkiCommand;
use strongroom_hub::store::StoreError;
use strongroom_hub::surroundings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A file could not be used; every fault was printed.
const EXIT_FAULTY: u8 = 2;
/// Another hub runs with the same data folder (EX_TEMPFAIL): once it has ended, this one can start.
const EXIT_IN_USE: u8 = 75;
/// The disk failed: nothing is confirmed any more (EX_IOERR).
const EXIT_STORAGE: u8 = 74;

/// The centre of Strongroom: takes what the edges of all key parts send, keeps it, judges it, and shows it to supervisors.
///
/// First steps:
///   strongroom-hub pki init --dir pki --site my-site
///   strongroom-hub pki issue --dir pki --server hub --dns hub.example --ip 192.0.2.10
///   strongroom-hub pki issue --dir pki --edge edge-1
///   strongroom-hub token issue --file tokens.json --person officer-1 --role supervisor
///   strongroom-hub check --config hub.toml
///   strongroom-hub run --config hub.toml
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
#[command(
    after_help = "Exit codes: 0 ended as asked, 1 failed, 2 a file is faulty or missing, 74 the disk failed, 75 another hub runs with the same data folder."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the hub until it is told to stop (SIGTERM); SIGHUP reads certificates and the revocation list again
    Run {
        /// The configuration file
        #[arg(long)]
        config: PathBuf,
        /// Write the addresses the hub listens on into this file, as JSON, once it does
        #[arg(long)]
        ports_file: Option<PathBuf>,
    },
    /// Check the configuration, the rule pack, and whether the certificates, tokens and folders that it names are there
    Check {
        /// The configuration file
        #[arg(long)]
        config: PathBuf,
    },
    /// Make and revoke certificates: a private certificate authority for one site
    #[command(subcommand)]
    Pki(PkiCommand),
    /// Make and revoke the tokens with which people and programs sign in
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print the catalogue of point kinds that rules and device profiles may name
    Kinds,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let now_s = clock::wall_ms() / 1_000;
    let done = match arguments.command {
        Command::Run { config, ports_file } => run(&config, ports_file.as_deref()),
        Command::Check { config } => check(&config),
        Command::Pki(command) => command.run(now_s, &mut stdout().lock()).map_err(Into::into),
        Command::Token(command) => command.run(now_s, &mut stdout().lock()).map_err(Into::into),
        Command::Kinds => {
            print_kinds();
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn run(path: &Path, ports_file: Option<&Path>) -> anyhow::Result<()> {
    // Huge pages would keep many small states of a large site resident that are not in use. It is a wish, not a need.
    let _refused = rustix::thread::disable_transparent_huge_pages(true);
    let config = Config::load(path)?;
    telemetry::init_logs(config.log);
    tls::install_provider();
    let metrics = telemetry::init_metrics();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    let ended = runtime.block_on(app::run(config, path, metrics, ports_file));
    if let Err(error) = &ended {
        let error = error as &dyn std::error::Error;
        tracing::error!(error, "strongroom-hub ends");
    }
    // A stage that was late must not hold the process.
    runtime.shutdown_background();
    Ok(ended?)
}

fn check(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    let (_, pack) = app::read_pack(&config)?;
    let flaws = surroundings::flaws(&config, clock::wall_ms() / 1_000);
    if !flaws.is_empty() {
        return Err(NotReady(surroundings::report(path, &flaws)).into());
    }
    println!("{} is in order.", path.display());
    println!("Site {} ({}), data in {}.", config.site, config.name, config.data.display());
    println!("Rule pack {} {}: {} rules.", pack.name, pack.version, pack.rules.len());
    for (rule, needs) in pack.waiting() {
        println!("Rule {} ({}) finds nothing yet. It needs {needs}.", rule.id, rule.title);
    }
    for part in &config.parts {
        let edges: Vec<&str> = part.edges.iter().map(wire::EdgeId::as_str).collect();
        let edges = if edges.is_empty() { "no edge yet".to_owned() } else { edges.join(", ") };
        println!("Part {} ({}): {edges}.", part.part, part.name);
    }
    Ok(())
}

/// What `check` found around a file that is in order itself.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotReady(String);

fn print_kinds() {
    println!("{:<28} {:<8} {:<7} VALUES", "KIND", "LANE", "UNIT");
    for kind in wire::Kind::ALL {
        let values = match kind.value_type() {
            wire::ValueType::Flag => "yes, no".to_owned(),
            wire::ValueType::State(names) => names.join(", "),
            wire::ValueType::Count(_) => "a whole number".to_owned(),
            wire::ValueType::Measure(_) => "a number".to_owned(),
            wire::ValueType::Text => "text".to_owned(),
        };
        let line =
            format!("{:<28} {:<8} {:<7} {values}", kind.name(), kind.lane().name(), kind.value_type().unit());
        println!("{}", line.trim_end());
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let faulty = |cause: &(dyn std::error::Error + 'static)| cause.is::<runtime::config::ConfigError>();
    let storage = |cause: &(dyn std::error::Error + 'static)| {
        cause.is::<IngestError>()
            || cause.is::<CorrelatorError>()
            || cause.is::<JournalError>()
            || cause.is::<StoreError>()
    };
    let app = error.downcast_ref::<AppError>();
    let at_start =
        matches!(app, Some(AppError::Config(_) | AppError::Pack { .. } | AppError::StateAhead { .. }));
    let broken = matches!(app, Some(AppError::Journal(_) | AppError::Store(_)));
    let in_use = matches!(app, Some(AppError::InUse { .. }));
    if in_use {
        EXIT_IN_USE
    } else if error.is::<NotReady>() || at_start || error.chain().any(faulty) {
        EXIT_FAULTY
    } else if broken || error.chain().any(storage) {
        EXIT_STORAGE
    } else {
        1
    }
}

//! `strongroom-sim`: reads the command line and hands over. Exit status: 0 done, 1 failed, 2 faulty files or usage.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use runtime::shutdown::Shutdown;
use runtime::telemetry::{LogFormat, init_logs};
use strongroom_simulator::cli::{self, CheckArgs, Command, RunArgs};
use strongroom_simulator::config::Plan;
use strongroom_simulator::control::{Reply, Request, client, table};
use strongroom_simulator::narrate::Format;
use strongroom_simulator::{app, demo, ports};

/// Two are plenty for a site, and leave the machine to those who read it.
const WORKER_THREADS: usize = 2;
const FAULTY: u8 = 2;

fn main() -> ExitCode {
    match command(cli::parse().command) {
        Ok(status) => status,
        Err(error) => {
            complain(&format!("strongroom-sim: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn command(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(args) => run(args),
        Command::Check(files) => Ok(match plan(&files) {
            Ok(plan) => {
                let steps = plan.scenario.map_or(0, |scenario| scenario.steps.len());
                let (file, devices) = (files.config.display(), plan.site.devices.len());
                say(&format!("{file} is in order; devices: {devices}, scenario steps: {steps}\n"))?;
                ExitCode::SUCCESS
            }
            Err(status) => status,
        }),
        Command::Set(args) => tell(&args.control.control, Request::Set { assignments: args.assignments }),
        Command::Do(args) => {
            tell(&args.control.control, Request::Do { device: args.device, action: args.action.join(" ") })
        }
        Command::Show(args) => tell(&args.control.control, Request::Show { device: args.device }),
        Command::Demo(args) => Ok(demo::run(&args)?),
    }
}

/// Prints every fault when there is no plan.
fn plan(files: &CheckArgs) -> Result<Plan, ExitCode> {
    Plan::load(&files.config, files.scenario.as_deref()).map_err(|faults| {
        complain(&faults.to_string());
        ExitCode::from(FAULTY)
    })
}

fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let plan = match plan(&args.files) {
        Ok(plan) => plan,
        Err(status) => return Ok(status),
    };
    init_logs(LogFormat::Text);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .context("cannot start the tasks")?;
    let outcome = runtime.block_on(serve(plan, &args));
    // A line may still be stuck in a pipe that nobody reads; it must not keep the process.
    runtime.shutdown_background();
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve(plan: Plan, args: &RunArgs) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    let format = if args.json { Format::Json } else { Format::Text };
    let mut running = app::start(plan, format, Box::new(io::stdout()), &shutdown).await?;
    running.stop_on_signals(&shutdown);
    if let Some(path) = &args.ports_file {
        ports::write(path, &running.addresses)?;
    }
    Ok(running.run().await?)
}

/// One request to a running site, and its reply for a person.
fn tell(control: &Path, request: Request) -> anyhow::Result<ExitCode> {
    match client::ask(control, &request)? {
        Reply::Done { happened } => {
            let lines = happened.iter().map(|h| format!("{}: {}\n", h.device, h.says));
            say(&lines.collect::<String>())?;
        }
        Reply::Shown { devices } => say(&table::render(&devices))?,
        Reply::Refused { reason } => anyhow::bail!(reason),
    }
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        // `show | head` closes the pipe early, which is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn complain(text: &str) {
    // When even the standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

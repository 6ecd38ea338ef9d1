//! The command line: what can be asked of the simulator, and the help that explains it.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::demo::DemoArgs;
use crate::device::{CLASSES, conduct};

#[derive(Debug, Parser)]
#[command(name = "strongroom-sim", version, about = "A site of simulated field devices on Modbus TCP", long_about = ABOUT)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const ABOUT: &str = "\
A site of simulated field devices on Modbus TCP.

Alarm panels, doors, windows, cabinets, phone jammers, emanation protection, supplies and room sensors that behave like
real ones, each on a port of its own. A scenario file lets things happen by themselves; the control socket lets you make
them happen.

`demo` shows all of Strongroom at once. For devices alone, take the first two examples, and `do --help` for what can happen.

Examples:
  strongroom-sim check --config simulator/examples/site.toml
  strongroom-sim run --config simulator/examples/site.toml
  strongroom-sim show --control /tmp/strongroom-sim.sock door-1
  strongroom-sim do --control /tmp/strongroom-sim.sock door-1 force
  strongroom-sim set --control /tmp/strongroom-sim.sock panel-1.zone_state[3]=alarm";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start every device of a site and play its scenario, until Ctrl-C
    Run(RunArgs),
    /// Read the files and print every fault in them; exit status 2 when there is one
    Check(CheckArgs),
    /// Set signals of a running site by hand
    Set(SetArgs),
    /// Make a device of a running site do something
    Do(DoArgs),
    /// Print the signals of a running site as a table
    Show(ShowArgs),
    /// Start a hub, three edges and their devices on this machine and play a story, until Ctrl-C
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The site file: which devices there are and where they listen
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The scenario file, instead of the one that the site file names
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub files: CheckArgs,
    /// Write a JSON object of device and address to this file once all devices listen
    #[arg(long, value_name = "FILE")]
    pub ports_file: Option<PathBuf>,
    /// Print what happens as JSON lines instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ControlArgs {
    /// The control socket of the running site, as its site file names it
    #[arg(long, value_name = "PATH")]
    pub control: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Values are written as `show` prints them, without the unit: open, on, 230.5. A value that the device's own program works
out is held until it is given back with `auto`, or until the device is told to `restore`.

Examples:
  strongroom-sim set --control sim.sock door-1.contact=open
  strongroom-sim set --control sim.sock panel-1.zone_state[3]=alarm panel-1.mains_v=0
  strongroom-sim set --control sim.sock panel-1.mains_v=auto")]
pub struct SetArgs {
    #[command(flatten)]
    pub control: ControlArgs,
    /// All of them are set at the same moment, or none when one makes no sense
    #[arg(required = true, value_name = "DEVICE.SIGNAL=VALUE")]
    pub assignments: Vec<String>,
}

#[derive(Debug, Args)]
pub struct DoArgs {
    #[command(flatten)]
    pub control: ControlArgs,
    /// The device, as `show` names it
    #[arg(value_name = "DEVICE")]
    pub device: String,
    /// The action and what belongs to it, such as `force` or `grant 4711`
    #[arg(required = true, value_name = "ACTION", trailing_var_arg = true)]
    pub action: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub control: ControlArgs,
    /// Only this device
    #[arg(value_name = "DEVICE")]
    pub device: Option<String>,
}

/// Reads the command line; help, versions and mistakes end the process as clap does.
pub fn parse() -> Cli {
    let command = Cli::command().mut_subcommand("do", |command| command.after_help(actions_help()));
    let matches = command.get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Every action of every class, from the classes' own tables.
fn actions_help() -> String {
    let mut help = String::from("Actions of every device:\n");
    let mut list = |heading: Option<&str>, actions: &[crate::device::action::ActionHelp]| {
        if let Some(name) = heading {
            writeln!(help, "\nActions of class {name}:").expect("writing to a string cannot fail");
        }
        for action in actions {
            let typed = format!("{} {}", action.word, action.arguments);
            writeln!(help, "  {typed:<28} {}", action.says).expect("writing to a string cannot fail");
        }
    };
    list(None, conduct::ACTIONS);
    for class in CLASSES {
        list(Some(class.name), class.actions);
    }
    help.push_str("\nExample:\n  strongroom-sim do --control sim.sock door-1 grant 4711");
    help
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_every_action() {
        let help = actions_help();
        for class in CLASSES {
            for action in class.actions {
                assert!(help.contains(&format!("\n  {} ", action.word)), "{}", action.word);
            }
        }
    }
}

//! `strongroom-soak`: a watched room for as long as one likes, with something going wrong every few seconds.

#![expect(clippy::print_stdout, reason = "a command line speaks to people on its standard streams")]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use strongroom_tests::soak::{self, Settings};

/// Lets a hub, an edge and a device of every class live with troubles, and prints which promises were kept. Fails if one
/// was broken: lost, doubled or leaked.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How long, in seconds
    #[arg(long = "for", default_value_t = 3_600)]
    seconds: u64,
    /// Seconds from the end of one trouble to the next
    #[arg(long, default_value_t = 5)]
    trouble_every: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { seconds, trouble_every } = Arguments::parse();
    println!("A room with troubles every {trouble_every} s, for {seconds} s …");
    let settings = Settings {
        lasts: Duration::from_secs(seconds),
        trouble_every: Duration::from_secs(trouble_every),
        tell: |line| println!("{line}"),
    };
    let verdict = soak::run(settings).await;
    println!("{verdict}");
    if verdict.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

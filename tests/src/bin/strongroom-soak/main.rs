//! `strongroom-soak`: a watched room for as long as one likes, with something going wrong every few seconds.

#![expect(clippy::print_stdout, reason = "a command line speaks to people on its standard streams")]

use std::time::Duration;

use clap::Parser;
use strongroom_tests::soak::{self, Settings};

/// Lets a hub, an edge and its devices live with troubles, and fails if anything is lost, doubled or leaked.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How long, in seconds
    #[arg(long = "for", default_value_t = 3_600)]
    seconds: u64,
    /// Seconds from one trouble to the next
    #[arg(long, default_value_t = 5)]
    trouble_every: u64,
}

#[tokio::main]
async fn main() {
    let Arguments { seconds, trouble_every } = Arguments::parse();
    println!("A room with troubles every {trouble_every} s, for {seconds} s …");
    let settings =
        Settings { lasts: Duration::from_secs(seconds), trouble_every: Duration::from_secs(trouble_every) };
    println!("{}", soak::run(settings).await);
}

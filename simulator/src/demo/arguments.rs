//! The arguments of `strongroom-sim demo`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::story;

/// A demo that is to end by itself is a test; whoever wants to watch for longer leaves `--for` out.
const FOR_MAX: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 ended as asked (with --for: exactly the expected incidents stand in the hub), 1 failed, 2 wrong usage.

As soon as everything is up, DIR/demo.json tells programs where everything is: the hub's API and gate, a token, the edges
with their certificates, every process id. A process that is killed is started again within a second. If the demo itself is
killed with SIGKILL its processes stay behind; the next demo in the same DIR ends them first.

Examples:
  strongroom-sim demo
  strongroom-sim demo --for 45s --dir /tmp/strongroom")]
pub struct DemoArgs {
    /// Stop after this long (at least 45s, such as 45s, 2m or 1h), and fail unless exactly the expected incidents stand
    #[arg(long = "for", value_name = "DURATION", value_parser = run_time)]
    pub run_for: Option<Duration>,
    /// Keep everything here: a new or empty folder, or that of a former demo [default: a fresh temporary one]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

fn run_time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration; write such as 45s, 2m or 1h");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let run_for = Duration::from_secs(number.saturating_mul(seconds));
    if run_for < story::FOR_MIN {
        return Err(format!("the scenario needs its time; write at least {}s", story::FOR_MIN.as_secs()));
    }
    if run_for > FOR_MAX {
        return Err("more than a day; leave --for out and end it with Ctrl-C".to_owned());
    }
    Ok(run_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_times_have_a_unit_and_leave_the_scenario_its_time() {
        assert_eq!(run_time("45s"), Ok(Duration::from_secs(45)));
        assert_eq!(run_time("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(run_time("1h"), Ok(Duration::from_secs(3_600)));
        for wrong in ["", "45", "s", "45ms", "1.5m", "-1s", "ü", "44s", "25h", "99999999999999999999h"] {
            assert!(run_time(wrong).is_err(), "{wrong}");
        }
    }
}

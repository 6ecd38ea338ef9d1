//! What a process says about itself: log lines to standard error and metrics as Prometheus text.
//! This is the only place that knows the subscriber and the exporter; all others use the facades.

use std::io::{self, IsTerminal};
use std::str::FromStr;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::warn;
use tracing_subscriber::EnvFilter;

/// Bounds for every metric whose name ends in `_seconds`: from a fsync on a good disk to a lost link.
const SECONDS_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Histogram samples queue up until they are folded. A scrape does that too, but nobody has to scrape.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// One object per line, for collectors.
    Json,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a log format; write `text` or `json`")]
pub struct UnknownLogFormat(String);

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(UnknownLogFormat(other.to_owned())),
        }
    }
}

/// Some libraries tell their inner life at `info`. rustls warns of every client that puts an address where a host name belongs,
/// as MQTT libraries do with each connection: whoever can reach the port could fill the log. What rustls refuses, its caller
/// is told and logs.
const DEFAULT_FILTER: &str = "info,rumqttd=warn,rumqttc=warn,rustls::msgs=error";

/// Logs go to standard error; `RUST_LOG` filters them, by default from `info` upwards.
/// A second call keeps the first choice, so that tests may call it freely.
pub fn init_logs(format: LogFormat) {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let filter = filter(&asked);
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let outcome = match format {
        LogFormat::Text => logs.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).with_current_span(false).try_init(),
    };
    // The only reason to fail is a subscriber that is already in place, and that one works as well.
    drop(outcome);
}

/// What is asked for stands behind the defaults and wins over them.
fn filter(asked: &str) -> EnvFilter {
    EnvFilter::builder().parse_lossy(format!("{DEFAULT_FILTER},{asked}"))
}

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// All metrics in the Prometheus text format.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

/// Installs the recorder on its first call; every further call gives the same metrics.
pub fn init_metrics() -> Metrics {
    Metrics(METRICS.get_or_init(install).clone())
}

fn install() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)
        .expect("the list of buckets is not empty")
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        warn!("metrics stay empty: this process already has another recorder");
    }
    let upkeep = handle.clone();
    // It owns nothing that needs a safe end, so it is no task of the group and dies with the process.
    let spawned = thread::Builder::new().name("metrics-upkeep".to_owned()).spawn(move || {
        loop {
            thread::sleep(UPKEEP_EVERY);
            upkeep.run_upkeep();
        }
    });
    if let Err(error) = spawned {
        warn!(%error, "histograms are folded only when somebody scrapes them");
    }
    handle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_formats_are_named() {
        assert_eq!("text".parse(), Ok(LogFormat::Text));
        assert_eq!("json".parse(), Ok(LogFormat::Json));
        let refused = "xml".parse::<LogFormat>().unwrap_err().to_string();
        assert_eq!(refused, "`xml` is not a log format; write `text` or `json`");
    }

    #[test]
    fn what_strangers_could_fill_the_log_with_is_silent_unless_asked_for() {
        let told = |asked: &str| {
            let logs =
                tracing_subscriber::fmt().with_env_filter(filter(asked)).with_writer(io::sink).finish();
            tracing::subscriber::with_default(logs, || {
                (
                    tracing::enabled!(target: "rustls::msgs::handshake", tracing::Level::WARN),
                    tracing::enabled!(target: "strongroom_hub", tracing::Level::INFO),
                )
            })
        };
        assert_eq!(told(""), (false, true));
        assert_eq!(told("rustls::msgs=warn"), (true, true));
    }

    #[test]
    fn logs_may_be_initialised_twice() {
        init_logs(LogFormat::Text);
        init_logs(LogFormat::Json);
    }

    #[test]
    fn every_handle_renders_the_same_metrics() {
        let first = init_metrics();
        metrics::counter!("telemetry_probe_total").increment(3);
        metrics::histogram!("telemetry_probe_seconds").record(0.002);
        let text = init_metrics().render();
        assert!(text.contains("telemetry_probe_total 3"), "{text}");
        assert!(text.contains("telemetry_probe_seconds_bucket{le=\"0.0025\"} 1"), "{text}");
        assert!(first.render().contains("telemetry_probe_total 3"));
    }
}

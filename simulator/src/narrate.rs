//! Tells a person at the terminal what happens, one line each: `  12.0s  door-1         forced open`. A slow terminal never
//! holds up the site: lines wait in a bounded queue, and those that find it full are counted and logged.

use std::io::{self, Write};
use std::time::Duration;

use runtime::shutdown::Shutdown;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinError;
use tracing::{info, warn};

/// More lines than a person follows; a pipe that nobody reads fills up behind this.
const LINES_WAITING_MAX: usize = 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

/// One thing that happened. A note of a scenario belongs to no device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub at_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    pub says: String,
}

impl Line {
    pub fn of(device: impl Into<String>, at: Duration, says: impl Into<String>) -> Self {
        Self { at_s: tenths(at), device: Some(device.into()), says: says.into() }
    }

    pub fn note(at: Duration, says: impl Into<String>) -> Self {
        Self { at_s: tenths(at), device: None, says: says.into() }
    }

    fn render(&self, format: Format) -> String {
        match (format, &self.device) {
            (Format::Text, Some(device)) => format!("{:>7.1}s  {device:<13}  {}\n", self.at_s, self.says),
            (Format::Text, None) => format!("{:>7.1}s  -- {}\n", self.at_s, self.says),
            (Format::Json, _) => {
                let json = serde_json::to_string(self).expect("a line holds only text and a finite number");
                format!("{json}\n")
            }
        }
    }
}

fn tenths(at: Duration) -> f64 {
    (at.as_secs_f64() * 10.0).round() / 10.0
}

/// Where lines are handed in.
#[derive(Clone, Debug)]
pub struct Narrator {
    lines: mpsc::Sender<Line>,
}

/// Where lines end up: the standard output, or whatever a test looks at.
pub type Output = Box<dyn Write + Send>;

/// The task that writes them out.
pub struct Printer {
    lines: mpsc::Receiver<Line>,
    format: Format,
    /// Gone while a line is being written, and for good once nobody reads any more.
    output: Option<Output>,
}

#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error("cannot print what happens")]
    Write(#[source] io::Error),
    #[error("the writing of a line broke off")]
    Broken(#[source] JoinError),
}

pub fn narration(format: Format, output: Output) -> (Narrator, Printer) {
    let (sender, receiver) = mpsc::channel(LINES_WAITING_MAX);
    (Narrator { lines: sender }, Printer { lines: receiver, format, output: Some(output) })
}

impl Narrator {
    pub fn tell(&self, line: Line) {
        if let Err(error) = self.lines.try_send(line) {
            metrics::counter!("sim_lines_dropped_total").increment(1);
            let line = error.into_inner();
            warn!(
                device = line.device,
                says = line.says,
                "a line could not be printed, the output does not keep up"
            );
        }
    }
}

impl Printer {
    /// Prints until the shutdown has begun and every line handed in before it is out.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), PrintError> {
        loop {
            tokio::select! {
                biased;
                Some(line) = self.lines.recv() => self.print(line).await?,
                () = shutdown.wait() => return Ok(()),
            }
        }
    }

    /// Writing may block for as long as a pipe is full, so it is done where blocking harms nobody.
    async fn print(&mut self, line: Line) -> Result<(), PrintError> {
        let text = line.render(self.format);
        let Some(mut output) = self.output.take() else {
            return Ok(());
        };
        let write = move || {
            let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
            (output, written)
        };
        let (output, written) = tokio::task::spawn_blocking(write).await.map_err(PrintError::Broken)?;
        match written {
            Ok(()) => self.output = Some(output),
            // The reader of the pipe went away; the site goes on without an audience.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                info!("nobody reads the output any more")
            }
            Err(error) => return Err(PrintError::Write(error)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_readable_by_people_and_by_programs() {
        let forced = Line::of("door-1", Duration::from_millis(12_040), "forced open");
        assert_eq!(forced.render(Format::Text), "   12.0s  door-1         forced open\n");
        assert_eq!(
            forced.render(Format::Json),
            "{\"at_s\":12.0,\"device\":\"door-1\",\"says\":\"forced open\"}\n"
        );
        let note = Line::note(Duration::from_secs(3), "night falls");
        assert_eq!(note.render(Format::Text), "    3.0s  -- night falls\n");
        assert_eq!(note.render(Format::Json), "{\"at_s\":3.0,\"says\":\"night falls\"}\n");
    }
}

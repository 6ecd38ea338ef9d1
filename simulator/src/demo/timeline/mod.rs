//! What the demo says: first the steps of starting, then one line for each thing that happens, in columns. A terminal that
//! stands still never holds up the demo: lines wait in a bounded queue, and those that find it full are counted.

pub mod incidents;

use std::io::{IsTerminal, Write, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// More than a person reads in minutes.
const LINES_WAITING_MAX: usize = 4_096;

/// How a line stands out on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something in the surroundings, such as a device that acts.
    Plain,
    /// The story.
    Note,
    /// Somebody has to act.
    Alarm,
    /// A matter that got better.
    Relief,
    /// A process of the demo.
    Process,
}

impl Tone {
    fn escape(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Note => "\x1b[1m",
            Tone::Alarm => "\x1b[1;31m",
            Tone::Relief => "\x1b[32m",
            Tone::Process => "\x1b[33m",
        }
    }
}

const PLAIN_AGAIN: &str = "\x1b[0m";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colours {
    On,
    Off,
}

enum Message {
    Text(String),
    End,
}

/// Where lines are handed in; clones write into the same timeline.
#[derive(Clone)]
pub struct Timeline {
    messages: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
    started: Instant,
    colours: Colours,
}

/// The thread that writes them out.
pub struct Printer {
    messages: SyncSender<Message>,
    thread: JoinHandle<()>,
}

pub type Output = Box<dyn Write + Send>;

/// To the standard output; in colours on a terminal, unless NO_COLOR says otherwise.
pub fn to_stdout(started: Instant) -> std::io::Result<(Timeline, Printer)> {
    let colourless = !stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|no| !no.is_empty());
    timeline(started, Box::new(stdout()), if colourless { Colours::Off } else { Colours::On })
}

fn timeline(started: Instant, output: Output, colours: Colours) -> std::io::Result<(Timeline, Printer)> {
    let (messages, receiver) = sync_channel(LINES_WAITING_MAX);
    let dropped = Arc::new(AtomicU64::new(0));
    let lost = Arc::clone(&dropped);
    let thread =
        thread::Builder::new().name("timeline".into()).spawn(move || print(&receiver, &lost, output))?;
    let timeline = Timeline { messages: messages.clone(), dropped, started, colours };
    Ok((timeline, Printer { messages, thread }))
}

impl Timeline {
    /// Since the command was started.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Text as it is, with a line break.
    pub fn say(&self, text: &str) {
        self.put(format!("{text}\n"));
    }

    /// The first half of a line: what is being done.
    pub fn begin(&self, step: &str) {
        self.put(format!("  {step:<58}"));
    }

    /// Its second half: how long it took.
    pub fn end(&self, took: Duration) {
        self.put(format!("{:>5.1} s\n", took.as_secs_f64()));
    }

    /// Its second half when it failed.
    pub fn broke_off(&self) {
        self.put("failed\n".to_owned());
    }

    pub fn note(&self, place: &str, text: &str) {
        self.tell(Tone::Note, place, "", text);
    }

    /// A line with a time: where, who, what.
    pub fn tell(&self, tone: Tone, place: &str, who: &str, text: &str) {
        let line = format!("{:>7.1} s  {place:<13}  {who:<12}  {text}", self.elapsed().as_secs_f64());
        self.put(match (self.colours, tone.escape()) {
            (Colours::Off, _) | (_, "") => format!("{line}\n"),
            (Colours::On, escape) => format!("{escape}{line}{PLAIN_AGAIN}\n"),
        });
    }

    fn put(&self, text: String) {
        if self.messages.try_send(Message::Text(text)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Printer {
    /// Returns when everything handed in before is written.
    pub fn finish(self) {
        // A thread that is gone has nothing left to write.
        drop(self.messages.send(Message::End));
        drop(self.thread.join());
    }
}

fn print(messages: &Receiver<Message>, dropped: &AtomicU64, mut output: Output) {
    while let Ok(Message::Text(text)) = messages.recv() {
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            metrics::counter!("demo_lines_dropped_total").increment(lost);
            put(&mut output, &format!("({lost} lines are missing here, the terminal did not keep up)\n"));
        }
        put(&mut output, &text);
    }
}

fn put(output: &mut Output, text: &str) {
    // When nobody reads any more, as behind `| head`, the demo goes on; its exit status still says how it ended.
    drop(output.write_all(text.as_bytes()).and_then(|()| output.flush()));
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Shown(Arc<Mutex<Vec<u8>>>);

    impl Write for Shown {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn shown(colours: Colours, tell: impl FnOnce(&Timeline)) -> String {
        let shown = Shown::default();
        let (timeline, printer) = timeline(Instant::now(), Box::new(shown.clone()), colours).unwrap();
        tell(&timeline);
        printer.finish();
        String::from_utf8(shown.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn columns_line_up() {
        let text = shown(Colours::Off, |timeline| {
            timeline.note("document room", "Night");
            timeline.tell(Tone::Plain, "printing room", "door-2", "forced open");
            timeline.tell(Tone::Alarm, "hub", "P2 OPENED", "R-01 Door.");
        });
        let texts = ["Night", "forced open", "R-01 Door."];
        let columns: Vec<usize> =
            text.lines().zip(texts).map(|(line, text)| line.find(text).unwrap()).collect();
        assert!(columns.iter().all(|column| *column == columns[0]), "{text}");
    }

    #[test]
    fn colours_are_for_terminals() {
        let text =
            |colours| shown(colours, |timeline| timeline.tell(Tone::Alarm, "hub", "P1 OPENED", "R-07"));
        assert!(text(Colours::On).starts_with("\x1b[1;31m") && text(Colours::On).ends_with("\x1b[0m\n"));
        assert!(!text(Colours::Off).contains('\x1b'));
    }

    #[test]
    fn steps_say_how_long_they_took() {
        let text = shown(Colours::Off, |timeline| {
            timeline.begin("certificates");
            timeline.end(Duration::from_millis(1_250));
        });
        assert!(text.starts_with("  certificates  ") && text.ends_with("  1.2 s\n"), "{text:?}");
    }
}

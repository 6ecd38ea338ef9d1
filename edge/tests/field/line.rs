//! A serial line made of a pseudo terminal, with units on it whose answers are decided by the test. They speak raw bytes,
//! so that they can misbehave in ways in which no library would.

use std::fmt::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::task::JoinHandle;

/// One question, as it stood on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// How many came before it.
    pub(crate) number: usize,
    pub(crate) unit: u8,
    pub(crate) function: u8,
    pub(crate) start: u16,
    pub(crate) count: u16,
}

/// What the units do after a question.
pub(crate) enum Says {
    Nothing,
    Now(Vec<u8>),
    /// Slow units answer while others are asked already.
    Late(Duration, Vec<u8>),
}

/// Gone when it is dropped, like an adapter that is pulled.
pub(crate) struct Line {
    pub(crate) path: PathBuf,
    asked: Arc<Mutex<Vec<Question>>>,
    task: JoinHandle<()>,
    /// Without it the other side would be seen as hung up between two that open it.
    _held_open: OwnedFd,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Line {
    pub(crate) fn start(script: impl Fn(Question) -> Says + Send + Sync + 'static) -> Line {
        let (master, path) = terminal();
        let held_open = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let asked = Arc::default();
        let task = tokio::spawn(serve(master, script, Arc::clone(&asked)));
        Line { path, asked, task, _held_open: held_open }
    }

    /// All questions so far.
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }
}

/// The side of the units, and the path of the other one.
pub(crate) fn terminal() -> (OwnedFd, PathBuf) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap().into();
    (master, path)
}

async fn serve(master: OwnedFd, script: impl Fn(Question) -> Says, asked: Arc<Mutex<Vec<Question>>>) {
    rustix::io::ioctl_fionbio(&master, true).unwrap();
    let mut output = Sender::from_owned_fd_unchecked(master.try_clone().unwrap()).unwrap();
    let late = Arc::new(tokio::sync::Mutex::new(
        Sender::from_owned_fd_unchecked(master.try_clone().unwrap()).unwrap(),
    ));
    let mut input = Receiver::from_owned_fd_unchecked(master).unwrap();
    // Who speaks late falls silent with the line.
    let mut speakers = tokio::task::JoinSet::new();
    for number in 0.. {
        let mut head = [0; 2];
        if input.read_exact(&mut head).await.is_err() {
            return;
        }
        let [unit, function] = head;
        // A question for an identification is one byte shorter than one for values.
        let mut rest = vec![0; if function == 0x2B { 5 } else { 6 }];
        input.read_exact(&mut rest).await.unwrap();
        let word = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
        let question = Question { number, unit, function, start: word(0), count: word(2) };
        asked.lock().unwrap().push(question);
        match script(question) {
            Says::Nothing => {}
            Says::Now(bytes) => output.write_all(&bytes).await.unwrap(),
            Says::Late(after, bytes) => {
                let late = Arc::clone(&late);
                speakers.spawn(async move {
                    tokio::time::sleep(after).await;
                    late.lock().await.write_all(&bytes).await.unwrap();
                });
            }
        }
    }
}

/// A sound answer of registers.
pub(crate) fn answer(question: Question, words: &[u16]) -> Vec<u8> {
    let mut body = vec![question.unit, question.function, (words.len() * 2) as u8];
    body.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    sealed(body)
}

pub(crate) fn refusal(question: Question, code: u8) -> Vec<u8> {
    sealed(vec![question.unit, question.function | 0x80, code])
}

pub(crate) fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let sum = body.iter().fold(0xFFFF_u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xA001 } else { sum >> 1 })
    });
    body.extend(sum.to_le_bytes());
    body
}

/// The sections of a bus at this path, and of its units; each with further lines.
pub(crate) fn sections(path: &Path, units: impl IntoIterator<Item = u8>, lines: &str) -> String {
    let path = path.display();
    let mut text = format!("[[buses]]\nid = \"b\"\npath = \"{path}\"\nbaud = 115200\n");
    for unit in units {
        let device =
            format!("id = \"u{unit}\"\nprofile = \"test.toml\"\nbus = \"b\"\nunit = {unit}\n{lines}");
        writeln!(text, "[[devices]]\n{device}").unwrap();
    }
    text
}

/// A path that stays the same while the port behind it changes, as udev keeps one for an adapter.
pub(crate) struct Socket {
    folder: TempDir,
}

impl Socket {
    pub(crate) fn new() -> Socket {
        Socket { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("adapter")
    }

    pub(crate) fn plug(&self, line: &Line) {
        std::os::unix::fs::symlink(&line.path, self.path()).unwrap();
    }

    pub(crate) fn unplug(&self) {
        std::fs::remove_file(self.path()).unwrap();
    }
}

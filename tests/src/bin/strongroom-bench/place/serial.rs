//! A serial bus with every unit that one may have, on a pseudo terminal. The bytes take as long as they would on a wire, and
//! the units answer at once.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

pub(crate) const UNITS: u8 = 247;
pub(crate) const BAUD: u32 = 38_400;
/// A header and one register behind it.
pub(crate) const REGISTERS: u16 = 9;
/// Above 19,200 baud the silence between two frames is this long by the standard.
const SILENCE: Duration = Duration::from_micros(1_750);

const PROFILE: &str = r#"
name = "bench-unit"
[header]
magic = 0x5352
type = 3
map_version = 1
[[points]]
name = "contact"
kind = "door.contact"
register = 8
"#;

const READ_INPUT_REGISTERS: u8 = 4;
const QUESTION_BYTES: usize = 8;
const ANSWER_BYTES: usize = 5 + 2 * REGISTERS as usize;
/// Start bit, eight bits, parity, stop bit.
const CHARACTER_BITS: f64 = 11.0;

pub(crate) struct Bus {
    path: PathBuf,
    asked: Arc<Mutex<Vec<u64>>>,
    /// Without it the other side would be seen as hung up between two that open it.
    _held_open: OwnedFd,
}

impl Bus {
    /// Serves until the process ends.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).context("no pseudo terminal")?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = PathBuf::from(ptsname(&master, Vec::new())?.into_string()?);
        let held_open = open(&path, OFlags::empty())?;
        let asked = Arc::new(Mutex::new(vec![0; usize::from(UNITS) + 1]));
        let tally = Arc::clone(&asked);
        thread::Builder::new().name("units".to_owned()).spawn(move || {
            // Until the terminal is gone.
            drop(serve(&master, &tally));
        })?;
        Ok(Self { path, asked, _held_open: held_open })
    }

    /// The end of whoever asks; nothing of an earlier one is left on it.
    pub(crate) fn open(&self) -> anyhow::Result<OwnedFd> {
        let end = open(&self.path, OFlags::NONBLOCK)?;
        tcflush(&end, QueueSelector::IOFlush)?;
        Ok(end)
    }

    /// How often each unit was asked; unit 0 is nobody.
    pub(crate) fn asked(&self) -> Vec<u64> {
        locked(&self.asked).clone()
    }

    /// The sections of an edge's configuration: all units, as often as the line can carry it.
    pub(crate) fn sections(&self, profile: &Path) -> String {
        let bus = format!("[[buses]]\nid = \"bench\"\npath = {:?}\nbaud = {BAUD}\n", self.path);
        let interval_ms = interval().as_millis();
        let unit = |unit: u8| {
            format!(
                "[[devices]]\nid = \"unit-{unit}\"\nprofile = {profile:?}\nbus = \"bench\"\nunit = {unit}\n\
                 poll_interval = \"{interval_ms}ms\"\n"
            )
        };
        bus + &(1..=UNITS).map(unit).collect::<String>()
    }
}

/// Writes the profile of the units.
pub(crate) fn write_profile(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("bench-unit.toml");
    std::fs::write(&path, PROFILE)?;
    Ok(path)
}

/// What a question and its answer take by the standard, with a silence behind each.
pub(crate) fn exchange() -> Duration {
    transfer(QUESTION_BYTES + ANSWER_BYTES) + 2 * SILENCE
}

/// So often a unit can be asked if all are; a little more, since a configuration that fills the line is refused.
pub(crate) fn interval() -> Duration {
    (exchange() * u32::from(UNITS)).mul_f64(1.01)
}

fn transfer(bytes: usize) -> Duration {
    Duration::from_secs_f64(bytes as f64 * CHARACTER_BITS / f64::from(BAUD))
}

fn open(path: &Path, flags: OFlags) -> anyhow::Result<OwnedFd> {
    let end = rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | flags, Mode::empty())?;
    // It would send back what comes in.
    let mut settings = tcgetattr(&end)?;
    settings.make_raw();
    tcsetattr(&end, OptionalActions::Now, &settings)?;
    Ok(end)
}

fn serve(master: &OwnedFd, asked: &Mutex<Vec<u64>>) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut question = Vec::new();
    loop {
        let mut bytes = [0; QUESTION_BYTES];
        let read = rustix::io::read(master, &mut bytes)?;
        question.extend_from_slice(&bytes[..read]);
        if question.len() < QUESTION_BYTES {
            continue;
        }
        let unit = question[0];
        question.clear();
        if let Some(times) = locked(asked).get_mut(usize::from(unit)) {
            *times += 1;
        }
        thread::sleep(transfer(QUESTION_BYTES + ANSWER_BYTES));
        let mut answer = &answer(unit, begun.elapsed().as_secs() as u16)[..];
        while !answer.is_empty() {
            answer = &answer[rustix::io::write(master, answer)?..];
        }
    }
}

fn answer(unit: u8, heartbeat: u16) -> Vec<u8> {
    let words: [u16; REGISTERS as usize] = [0x5352, 3, 1, u16::from(unit), heartbeat, 0, 0, 0, 1];
    let mut frame = vec![unit, READ_INPUT_REGISTERS, 2 * REGISTERS as u8];
    frame.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    let sum = frame.iter().fold(0xFFFF_u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xA001 } else { sum >> 1 })
    });
    frame.extend(sum.to_le_bytes());
    frame
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Builds and runs the device, and lays the line to it.

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{Mode, OFlags};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::task::JoinHandle;

use crate::line::terminal;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/field/libmodbus/server.c");

/// Ends with the test.
pub(crate) struct Server {
    /// Its address, or the path of its port.
    pub(crate) place: String,
    child: Child,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Server {
    pub(crate) fn tcp(unit: u8) -> Server {
        Self::start(&["tcp", &unit.to_string()])
    }

    pub(crate) fn rtu(unit: u8, port: &Path) -> Server {
        Self::start(&["rtu", &unit.to_string(), port.to_str().unwrap()])
    }

    /// Waits until it serves.
    fn start(arguments: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("server");
        let built = Command::new("cc").arg(SOURCE).arg("-o").arg(&program).arg("-lmodbus").status().unwrap();
        assert!(built.success(), "libmodbus is needed: deploy/install-test-needs.sh test");
        let mut child = Command::new(&program).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut place = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut place).unwrap();
        assert!(!place.is_empty(), "the server did not start");
        Server { place: place.trim().to_owned(), child, _folder: folder }
    }
}

/// A line with an end for each program, on which bytes can go wrong.
pub(crate) struct NullModem {
    pub(crate) edge: PathBuf,
    pub(crate) device: PathBuf,
    /// Turns over one byte in so many; 0 for none.
    pub(crate) one_wrong_in: Arc<AtomicUsize>,
    pumps: [JoinHandle<()>; 2],
    _held_open: [OwnedFd; 2],
}

impl Drop for NullModem {
    fn drop(&mut self) {
        self.pumps.iter().for_each(JoinHandle::abort);
    }
}

impl NullModem {
    pub(crate) fn start() -> NullModem {
        let ((left, edge), (right, device)) = (terminal(), terminal());
        let hold =
            |path: &Path| rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let held_open = [hold(&edge), hold(&device)];
        // Nobody has set it up yet: it would send back what comes in before the program does.
        for end in &held_open {
            let mut settings = rustix::termios::tcgetattr(end).unwrap();
            settings.make_raw();
            rustix::termios::tcsetattr(end, rustix::termios::OptionalActions::Now, &settings).unwrap();
        }
        let one_wrong_in = Arc::default();
        let pumps = [pump(&left, &right, &one_wrong_in), pump(&right, &left, &one_wrong_in)];
        NullModem { edge, device, one_wrong_in, pumps, _held_open: held_open }
    }
}

fn pump(from: &OwnedFd, to: &OwnedFd, one_wrong_in: &Arc<AtomicUsize>) -> JoinHandle<()> {
    rustix::io::ioctl_fionbio(from, true).unwrap();
    let mut input = Receiver::from_owned_fd_unchecked(from.try_clone().unwrap()).unwrap();
    let mut output = Sender::from_owned_fd_unchecked(to.try_clone().unwrap()).unwrap();
    let one_wrong_in = Arc::clone(one_wrong_in);
    tokio::spawn(async move {
        let mut bytes = [0; 256];
        let mut passed = 0_usize;
        while let Ok(read) = input.read(&mut bytes).await {
            for byte in &mut bytes[..read] {
                passed += 1;
                let one_in = one_wrong_in.load(Ordering::SeqCst);
                if one_in > 0 && passed.is_multiple_of(one_in) {
                    *byte ^= 1 << (passed / one_in % 8);
                }
            }
            output.write_all(&bytes[..read]).await.unwrap();
        }
    })
}

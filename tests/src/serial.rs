//! A serial line made of two pseudo terminals: an end for each program, as a null modem joins them.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::task::JoinHandle;

pub struct Serial {
    pub edge: PathBuf,
    pub device: PathBuf,
    pumps: [JoinHandle<()>; 2],
    /// Without them an end would be seen as hung up between two programs that open it.
    _held_open: [OwnedFd; 2],
}

impl Drop for Serial {
    fn drop(&mut self) {
        self.pumps.iter().for_each(JoinHandle::abort);
    }
}

impl Serial {
    pub fn start() -> Serial {
        let ((left, edge), (right, device)) = (terminal(), terminal());
        let held_open = [hold(&edge), hold(&device)];
        let pumps = [pump(&left, &right), pump(&right, &left)];
        Serial { edge, device, pumps, _held_open: held_open }
    }
}

/// The side of the line, and the path of the other one.
fn terminal() -> (OwnedFd, PathBuf) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("the system has pseudo terminals");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("a new terminal is ours");
    let path = ptsname(&master, Vec::new()).expect("a terminal has a path");
    (master, path.into_string().expect("paths of terminals are plain").into())
}

/// Nobody has set it up yet: it would send back what comes in before the program does.
fn hold(path: &Path) -> OwnedFd {
    let end = rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty());
    let end = end.expect("a new terminal can be opened");
    let mut settings = tcgetattr(&end).expect("a terminal has settings");
    settings.make_raw();
    tcsetattr(&end, OptionalActions::Now, &settings).expect("a terminal takes settings");
    end
}

fn pump(from: &OwnedFd, to: &OwnedFd) -> JoinHandle<()> {
    let clone = |end: &OwnedFd| {
        rustix::io::ioctl_fionbio(end, true).expect("a terminal need not block");
        end.try_clone().expect("a handle can be cloned")
    };
    let mut input = Receiver::from_owned_fd_unchecked(clone(from)).expect("within a runtime");
    let mut output = Sender::from_owned_fd_unchecked(clone(to)).expect("within a runtime");
    tokio::spawn(async move {
        // Until one end is gone.
        drop(tokio::io::copy(&mut input, &mut output).await);
        drop(output.flush().await);
    })
}

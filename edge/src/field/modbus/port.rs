//! A serial port. The only file that knows terminals; it moves bytes and knows nothing of what they mean.

use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::termios::{ControlModes, InputModes, OptionalActions, QueueSelector, Termios};
use rustix::{fs, termios};
use tokio::net::unix::pipe::{Receiver, Sender};

use crate::config::{LineMode, Parity, StopBits};

/// Two descriptors of one port. Tokio takes any descriptor of the kernel's into its watch as an end of a pipe, and has no
/// other safe way for those that it has no type for.
pub(super) struct Port {
    input: Receiver,
    output: Sender,
}

impl Port {
    /// Nobody else can open it meanwhile: two that ask on one bus would take each other's answers.
    pub(super) fn open(path: &Path, mode: LineMode) -> io::Result<Port> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = fs::open(path, flags, Mode::empty())?;
        let mut settings = termios::tcgetattr(&fd)?;
        // The lock binds whoever asks for it, also those whom the terminal's own does not bind: root.
        fs::flock(&fd, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
            rustix::io::Errno::WOULDBLOCK => io::Error::new(
                io::ErrorKind::ResourceBusy,
                "another program has this port open; stop it, or give it another port",
            ),
            error => error.into(),
        })?;
        termios::ioctl_tiocexcl(&fd)?;
        set(&mut settings, mode)?;
        termios::tcsetattr(&fd, OptionalActions::Now, &settings)?;
        termios::tcflush(&fd, QueueSelector::IOFlush)?;
        let output = Sender::from_owned_fd_unchecked(fd.try_clone()?)?;
        Ok(Port { input: Receiver::from_owned_fd_unchecked(fd)?, output })
    }

    /// At least one byte. A port that ends is gone.
    pub(super) async fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            self.input.readable().await?;
            match self.input.try_read(bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
        }
    }

    pub(super) async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.output.writable().await?;
            match self.output.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Forgets what was to be written and did not go out.
    pub(super) fn forget(&self) -> io::Result<()> {
        Ok(termios::tcflush(&self.input, QueueSelector::OFlush)?)
    }

    /// Forgets what came and was not read.
    pub(super) fn clear(&self) -> io::Result<()> {
        Ok(termios::tcflush(&self.input, QueueSelector::IFlush)?)
    }
}

/// The terminal would stay closed to the next one as long as anybody else still has it open.
impl Drop for Port {
    fn drop(&mut self) {
        let _ = termios::ioctl_tiocnxcl(&self.input);
    }
}

fn set(settings: &mut Termios, mode: LineMode) -> io::Result<()> {
    settings.make_raw();
    let control = &mut settings.control_modes;
    control.remove(ControlModes::CSIZE | ControlModes::PARENB | ControlModes::PARODD);
    control.remove(ControlModes::CSTOPB | ControlModes::CRTSCTS);
    // Without CLOCAL an adapter whose carrier line is open would never speak.
    control.insert(ControlModes::CS8 | ControlModes::CLOCAL | ControlModes::CREAD);
    match mode.parity {
        Parity::None => {}
        Parity::Even => control.insert(ControlModes::PARENB),
        Parity::Odd => control.insert(ControlModes::PARENB | ControlModes::PARODD),
    }
    if mode.stop_bits == StopBits::Two {
        control.insert(ControlModes::CSTOPB);
    }
    // A byte with wrong parity comes as 0, and the checksum does the rest.
    settings.input_modes.set(InputModes::INPCK, mode.parity != Parity::None);
    Ok(settings.set_speed(mode.baud)?)
}

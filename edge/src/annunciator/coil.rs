//! A Modbus TCP connection to the coils of one annunciator. The only code of the edge that writes to a device: function 05,
//! and only the coils that the configuration names, because the task asks for no others.
//!
//! After a time-out, a refusal or an answer that is not the echo the connection is gone, so that a late answer has nobody
//! to mistake it for another one.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::frame::{FRAME_BYTES, FrameError, REFUSAL_BYTES, SingleCoil};
use crate::config::Endpoint;

/// A relay answers within milliseconds; one that takes longer is asked again over a new connection.
const ANSWER_WAIT: Duration = Duration::from_secs(1);
const CONNECT_WAIT: Duration = Duration::from_secs(2);

/// Where an annunciator's coils are. The seam for a bus: a unit on RS-485 becomes a variant beside this one, and its writes
/// take turns with the polls of that bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Tcp { address: Endpoint, unit: u8 },
}

#[derive(Debug, thiserror::Error)]
pub(super) enum CoilError {
    #[error("cannot connect ({0})")]
    Connect(io::Error),
    #[error("no connection within {} s", CONNECT_WAIT.as_secs())]
    ConnectTimeout,
    #[error("the connection broke ({0})")]
    Broken(io::Error),
    #[error("no answer within {} s", ANSWER_WAIT.as_secs())]
    Silent,
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// A connection that stands.
#[derive(Debug)]
pub(super) struct Coils {
    stream: TcpStream,
    unit: u8,
    transaction: u16,
}

impl Coils {
    pub(super) async fn connect(way: &Way) -> Result<Self, CoilError> {
        let Way::Tcp { address, unit } = way;
        let connecting = TcpStream::connect((address.host.as_str(), address.port));
        let stream = timeout(CONNECT_WAIT, connecting).await.map_err(|_| CoilError::ConnectTimeout)?;
        let stream = stream.map_err(CoilError::Connect)?;
        stream.set_nodelay(true).map_err(CoilError::Connect)?;
        Ok(Self { stream, unit: *unit, transaction: 0 })
    }

    /// Switches a coil; the connection comes back only after the device has said that it did.
    pub(super) async fn write(mut self, coil: u16, on: bool) -> Result<Self, CoilError> {
        self.transaction = self.transaction.wrapping_add(1);
        let request = SingleCoil { transaction: self.transaction, unit: self.unit, coil, on };
        timeout(ANSWER_WAIT, self.ask(request)).await.map_err(|_| CoilError::Silent)??;
        Ok(self)
    }

    async fn ask(&mut self, request: SingleCoil) -> Result<(), CoilError> {
        self.stream.write_all(&request.encode()).await.map_err(CoilError::Broken)?;
        let mut beginning = [0; REFUSAL_BYTES];
        self.stream.read_exact(&mut beginning).await.map_err(CoilError::Broken)?;
        request.judge_beginning(&beginning)?;
        let mut answer = [0; FRAME_BYTES];
        let (known, rest) = answer.split_at_mut(REFUSAL_BYTES);
        known.copy_from_slice(&beginning);
        self.stream.read_exact(rest).await.map_err(CoilError::Broken)?;
        Ok(request.judge(&answer)?)
    }
}

//! The way to the coils of one annunciator: a Modbus TCP connection of its own, or a wish to the bus that its unit is on.
//! With `field/modbus/switch.rs`, which makes the frame for a bus, the only code of the edge that writes to a device:
//! function 05, and only the coils that the configuration names, because the task asks for no others.
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
use crate::field::modbus::failure::ScanFailure;
use crate::field::modbus::switch::Switch;
use crate::field::modbus::wish::{Want, WishError, Wishing};

/// A relay answers within milliseconds; one that takes longer is asked again over a new connection.
const ANSWER_WAIT: Duration = Duration::from_secs(1);
const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// The longest that deaf units rest on a bus, several times over.
const BUS_WAIT: Duration = Duration::from_secs(30);

/// Where an annunciator's coils are.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Tcp {
        address: Endpoint,
        unit: u8,
    },
    /// `first` is the coil by which the unit is found.
    Bus {
        wishing: Wishing,
        unit: u8,
        first: u16,
    },
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
    #[error("{0}")]
    Unit(ScanFailure),
    #[error("the bus is not served")]
    BusGone,
    #[error("the bus did not come to it within {} s", BUS_WAIT.as_secs())]
    BusBusy,
}

/// A way that stands.
#[derive(Debug)]
pub(super) enum Coils {
    Tcp(Connection),
    Bus { wishing: Wishing, unit: u8 },
}

impl Coils {
    pub(super) async fn connect(way: &Way) -> Result<Self, CoilError> {
        match way {
            Way::Tcp { address, unit } => Ok(Coils::Tcp(Connection::connect(address, *unit).await?)),
            Way::Bus { wishing, unit, first } => {
                wish(wishing, Want::Knock { unit: *unit, coil: *first }).await?;
                Ok(Coils::Bus { wishing: wishing.clone(), unit: *unit })
            }
        }
    }

    /// Switches a coil; the way comes back only after the device has said that it did.
    pub(super) async fn write(self, coil: u16, on: bool) -> Result<Self, CoilError> {
        match self {
            Coils::Tcp(connection) => Ok(Coils::Tcp(connection.write(coil, on).await?)),
            Coils::Bus { wishing, unit } => {
                wish(&wishing, Want::Switch(Switch { unit, coil, on })).await?;
                Ok(Coils::Bus { wishing, unit })
            }
        }
    }
}

async fn wish(wishing: &Wishing, want: Want) -> Result<(), CoilError> {
    let granted = timeout(BUS_WAIT, wishing.grant(want)).await.map_err(|_| CoilError::BusBusy)?;
    granted.map_err(|error| match error {
        WishError::Failed(failure) => CoilError::Unit(failure),
        WishError::BusGone => CoilError::BusGone,
    })
}

#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    unit: u8,
    transaction: u16,
}

impl Connection {
    async fn connect(address: &Endpoint, unit: u8) -> Result<Self, CoilError> {
        let connecting = TcpStream::connect((address.host.as_str(), address.port));
        let stream = timeout(CONNECT_WAIT, connecting).await.map_err(|_| CoilError::ConnectTimeout)?;
        let stream = stream.map_err(CoilError::Connect)?;
        stream.set_nodelay(true).map_err(CoilError::Connect)?;
        Ok(Self { stream, unit, transaction: 0 })
    }

    async fn write(mut self, coil: u16, on: bool) -> Result<Self, CoilError> {
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

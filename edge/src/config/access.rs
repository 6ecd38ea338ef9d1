//! How a device is reached.

use std::fmt;

use super::bus::BusId;
use super::endpoint::Endpoint;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Asked over a connection of its own.
    ModbusTcp { address: Endpoint, unit: u8 },
    /// Asked in turn with the other units of a serial bus.
    ModbusRtu { bus: BusId, unit: u8 },
    /// Not asked: it speaks by itself, at the listener of this name.
    Listener { name: String },
}

impl Access {
    /// The Modbus unit identifier.
    pub fn unit(&self) -> Option<u8> {
        match self {
            Access::ModbusTcp { unit, .. } | Access::ModbusRtu { unit, .. } => Some(*unit),
            Access::Listener { .. } => None,
        }
    }
}

/// Where the device is, without its unit: an address or the name of a bus.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Access::ModbusTcp { address, .. } => address.fmt(f),
            Access::ModbusRtu { bus, .. } => write!(f, "bus {bus}"),
            Access::Listener { name } => write!(f, "listener {name}"),
        }
    }
}

//! The devices on the network: a port per device, and Modbus on it.

pub mod listener;
mod modbus;

pub use self::listener::DevicePort;

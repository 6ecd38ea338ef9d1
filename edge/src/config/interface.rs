//! The name of a network interface. One that names a radio is refused wherever it stands.

use std::str::FromStr;

use crate::radio::{self, Radio};

/// The kernel's limit, with the zero behind it.
const NAME_BYTES_MAX: usize = 15;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface(pub(super) Box<str>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterfaceError {
    #[error("`{0}` is not the name of a network interface; write one that `ip link` lists, such as \"eth0\"")]
    Name(String),
    #[error(transparent)]
    Radio(#[from] Radio),
}

impl FromStr for Interface {
    type Err = InterfaceError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_graphic() && c != '/' && c != ':';
        // The two names of folders are none of interfaces.
        let is_name =
            !matches!(name, "" | "." | "..") && name.len() <= NAME_BYTES_MAX && name.chars().all(allowed);
        if !is_name {
            return Err(InterfaceError::Name(name.to_owned()));
        }
        radio::interface_name(name)?;
        Ok(Self(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wired_interfaces_are_taken_and_all_else_is_refused() {
        assert_eq!("enp3s0.100".parse::<Interface>(), Ok(Interface("enp3s0.100".into())));
        assert!(matches!("wlan0".parse::<Interface>(), Err(InterfaceError::Radio(_))));
        for wrong in ["", "..", "a/b", "sixteen-bytes-xx", "eth 0"] {
            assert!(matches!(wrong.parse::<Interface>(), Err(InterfaceError::Name(_))), "{wrong}");
        }
    }
}

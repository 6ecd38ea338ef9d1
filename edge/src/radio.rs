//! What a radio is called and how the kernel shows it. A key part has no radio: neither the way to the hub nor the way to a
//! device may lead over one, so a configuration that names one is refused, and one whose routes lead there is too.
//!
//! A name is judged by itself, before the interface is there; the kernel's own word is asked as well.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

mod route;

pub use route::Routes;

/// What network interfaces over radio are called: by the kernel, by systemd and by drivers.
const INTERFACES: [&str; 12] =
    ["wl", "ww", "ppp", "bnep", "pan", "rmnet", "ath", "mon", "wpan", "lowpan", "wifi", "hwsim"];
/// What serial ports over radio are called, behind `/dev/`.
const SERIAL_PORTS: [&str; 5] = ["rfcomm", "cdc-wdm", "wwan", "gsmtty", "ttyGSM"];
/// Drivers of mobile modems that show themselves as an ordinary `ttyUSB`.
const MODEM_DRIVERS: [&str; 4] = ["option1", "qcserial", "sierra", "hso"];
/// What the kernel calls such interfaces in their `uevent`.
const DEVICE_TYPES: [&str; 4] = ["DEVTYPE=wlan", "DEVTYPE=wwan", "DEVTYPE=bluetooth", "DEVTYPE=wpan"];

/// Why something counts as a radio.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Radio {
    #[error(
        "`{0}` is what a radio interface is called; a key part has no radio: name a wired one, such as \"eth0\""
    )]
    InterfaceName(String),
    #[error("the interface `{0}` is a radio, says the kernel; name a wired one, such as \"eth0\"")]
    Interface(String),
    #[error("`{0}` leads over a radio; name a wired serial port, such as \"/dev/ttyS0\"")]
    SerialName(String),
    #[error("the serial port `{0}` belongs to a mobile modem; name a wired one, such as \"/dev/ttyS0\"")]
    Modem(String),
}

/// Judges the name of a network interface.
pub fn interface_name(name: &str) -> Result<(), Radio> {
    let is_radio = INTERFACES.iter().any(|begin| name.starts_with(begin));
    if is_radio { Err(Radio::InterfaceName(name.to_owned())) } else { Ok(()) }
}

/// Judges the path of a serial port.
pub fn serial_name(path: &str) -> Result<(), Radio> {
    let name = path.strip_prefix("/dev/").unwrap_or(path);
    let is_radio = SERIAL_PORTS.iter().any(|begin| name.starts_with(begin));
    if is_radio { Err(Radio::SerialName(path.to_owned())) } else { Ok(()) }
}

/// The machine as the kernel shows it. Tests bring folders of their own.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub sys: PathBuf,
    pub proc: PathBuf,
}

impl Default for Kernel {
    fn default() -> Self {
        Self { sys: "/sys".into(), proc: "/proc".into() }
    }
}

impl Kernel {
    pub fn has_interface(&self, name: &str) -> bool {
        self.interface_folder(name).exists()
    }

    /// Judges a network interface by its name and by what the kernel knows.
    pub fn interface(&self, name: &str) -> Result<(), Radio> {
        interface_name(name)?;
        let folder = self.interface_folder(name);
        let uevent = fs::read_to_string(folder.join("uevent")).unwrap_or_default();
        let is_radio = folder.join("wireless").exists()
            || folder.join("phy80211").exists()
            || uevent.lines().any(|line| DEVICE_TYPES.contains(&line));
        if is_radio { Err(Radio::Interface(name.to_owned())) } else { Ok(()) }
    }

    /// The network interfaces of the machine that are radios and not switched off, in the order of their names.
    pub fn radios(&self) -> Vec<String> {
        let Ok(folders) = fs::read_dir(self.sys.join("class/net")) else { return Vec::new() };
        let names = folders.filter_map(|folder| folder.ok()?.file_name().into_string().ok());
        let is_down = |name: &str| {
            let state = fs::read_to_string(self.interface_folder(name).join("operstate"));
            state.is_ok_and(|state| state.trim() == "down")
        };
        let mut radios: Vec<String> =
            names.filter(|name| self.interface(name).is_err() && !is_down(name)).collect();
        radios.sort();
        radios
    }

    /// Judges a serial port by its name and by its driver. A name that is a link, as in `/dev/serial/by-id`, is followed.
    pub fn serial(&self, path: &Path) -> Result<(), Radio> {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        for path in [path, &real] {
            serial_name(&path.to_string_lossy())?;
        }
        let Some(name) = real.file_name() else { return Ok(()) };
        let driver = self.sys.join("class/tty").join(name).join("device/driver");
        let driver = fs::read_link(driver).ok();
        let driver = driver.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        let is_modem = driver.is_some_and(|driver| MODEM_DRIVERS.contains(&driver));
        if is_modem { Err(Radio::Modem(path.display().to_string())) } else { Ok(()) }
    }

    /// Judges the interface over which an address is reached, as far as the routes tell it.
    pub fn way_to(&self, address: IpAddr) -> Result<(), Radio> {
        match Routes::read(&self.proc).interface_to(address) {
            Some(interface) => self.interface(&interface),
            None => Ok(()),
        }
    }

    fn interface_folder(&self, name: &str) -> PathBuf {
        self.sys.join("class/net").join(name)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn radios_are_known_by_their_names() {
        for radio in ["wlan0", "wlp3s0", "wwan0", "ww1", "ppp0", "bnep0", "rmnet0", "pan1"] {
            assert!(interface_name(radio).is_err(), "{radio}");
        }
        for wired in ["eth0", "enp3s0", "eno1", "lo", "br0", "end0", "lan1", "usb0", "veth0"] {
            assert_eq!(interface_name(wired), Ok(()), "{wired}");
        }
        for radio in ["/dev/rfcomm0", "/dev/cdc-wdm0", "/dev/wwan0at0", "/dev/gsmtty3"] {
            assert!(serial_name(radio).is_err(), "{radio}");
        }
        for wired in ["/dev/ttyS0", "/dev/ttyUSB0", "/dev/ttyACM0", "/dev/ttyAMA0", "/dev/pts/3"] {
            assert_eq!(serial_name(wired), Ok(()), "{wired}");
        }
    }

    #[test]
    fn the_kernel_knows_radios_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let net = folder.path().join("class/net");
        for (name, file) in
            [("eth0", "address"), ("lan0", "wireless"), ("lan1", "phy80211"), ("lan2", "uevent")]
        {
            fs::create_dir_all(net.join(name)).unwrap();
            fs::write(net.join(name).join(file), "DEVTYPE=wwan\nINTERFACE=lan2\n").unwrap();
        }
        let kernel = Kernel { sys: folder.path().into(), proc: folder.path().into() };
        assert_eq!(kernel.interface("eth0"), Ok(()));
        assert!(kernel.has_interface("eth0") && !kernel.has_interface("eth1"));
        for radio in ["lan0", "lan1", "lan2"] {
            assert_eq!(kernel.interface(radio), Err(Radio::Interface(radio.to_owned())));
        }
        fs::write(net.join("lan1/operstate"), "down\n").unwrap();
        fs::write(net.join("lan2/operstate"), "up\n").unwrap();
        assert_eq!(kernel.radios(), ["lan0", "lan2"]);
    }

    #[test]
    fn a_link_to_a_radio_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let kernel = Kernel { sys: folder.path().into(), proc: folder.path().into() };
        let device = folder.path().join("class/tty/ttyUSB9/device");
        fs::create_dir_all(&device).unwrap();
        symlink("/sys/bus/usb-serial/drivers/option1", device.join("driver")).unwrap();
        fs::write(folder.path().join("ttyUSB9"), "").unwrap();
        symlink("ttyUSB9", folder.path().join("bus")).unwrap();
        assert!(matches!(kernel.serial(&folder.path().join("bus")), Err(Radio::Modem(_))));
        assert_eq!(kernel.serial(&folder.path().join("ttyUSB8")), Ok(()));
    }

    #[test]
    fn an_address_behind_a_radio_is_found_by_its_route() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("net")).unwrap();
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                     eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n\
                     wlan0\t00000000\t010200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n";
        fs::write(folder.path().join("net/route"), table).unwrap();
        let kernel = Kernel { sys: folder.path().into(), proc: folder.path().into() };
        assert_eq!(kernel.way_to("192.0.2.7".parse().unwrap()), Ok(()));
        let radio = Radio::InterfaceName("wlan0".to_owned());
        assert_eq!(kernel.way_to("198.51.100.1".parse().unwrap()), Err(radio));
        assert_eq!(kernel.way_to("127.0.0.1".parse().unwrap()), Ok(()), "loopback is in no table of routes");
    }
}

//! A made-up system: folders as the kernel and systemd lay them out.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::agent::config::{KnownMedia, ObserveConfig};
use crate::agent::observe::observe;
use crate::field::report::format::State;

pub(super) struct Tree {
    root: TempDir,
    pub(super) register: Option<Vec<KnownMedia>>,
}

impl Tree {
    /// A machine with one interface and nothing else.
    pub(super) fn new() -> Self {
        let tree = Self { root: TempDir::new().unwrap(), register: None };
        for folder in
            ["sys/bus/usb/devices", "sys/block", "sys/class/net", "proc/net", "run/systemd/sessions"]
        {
            fs::create_dir_all(tree.path(folder)).unwrap();
        }
        tree.write("sys/class/net/lo/type", "772\n");
        tree.interface("eth0", "02:00:00:00:00:01", "up");
        tree.write("sys/class/net/bonding_masters", "\n");
        tree.write("proc/net/route", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n");
        tree
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(super) fn remove(&self, path: &str) {
        let path: &Path = &self.path(path);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }

    pub(super) fn interface(&self, name: &str, address: &str, operstate: &str) {
        let folder = format!("sys/class/net/{name}");
        self.write(&format!("{folder}/type"), "1\n");
        self.write(&format!("{folder}/address"), format!("{address}\n"));
        self.write(&format!("{folder}/operstate"), format!("{operstate}\n"));
        self.write(&format!("{folder}/flags"), "0x1003\n");
        self.write(&format!("{folder}/device/uevent"), "\n");
    }

    /// A USB device with one interface of this class.
    pub(super) fn usb(&self, port: &str, serial: &str, class: &str) {
        let device = format!("sys/bus/usb/devices/{port}");
        self.write(&format!("{device}/idVendor"), "0951\n");
        self.write(&format!("{device}/idProduct"), "1666\n");
        self.write(&format!("{device}/serial"), format!("{serial}\n"));
        self.write(&format!("{device}:1.0/bInterfaceClass"), format!("{class}\n"));
    }

    pub(super) fn unplug(&self, port: &str) {
        self.remove(&format!("sys/bus/usb/devices/{port}"));
        self.remove(&format!("sys/bus/usb/devices/{port}:1.0"));
    }

    pub(super) fn config(&self) -> ObserveConfig {
        ObserveConfig {
            sysfs: self.path("sys"),
            proc: self.path("proc"),
            run: self.path("run"),
            ..ObserveConfig::default()
        }
    }

    pub(super) fn observe(&self) -> State {
        observe(&self.config(), self.register.as_deref())
    }
}

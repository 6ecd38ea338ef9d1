//! The agent of a computer: the real program, on a made-up system, reporting to an edge's field listener.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use runtime::tls::ClientFiles;

use crate::process::Process;
use crate::program;

pub struct HostAgent {
    folder: PathBuf,
    process: Process,
}

impl HostAgent {
    /// By certificate.
    pub fn start(folder: &Path, edge: SocketAddr, files: &ClientFiles, device: &str) -> HostAgent {
        let folder = folder.join(device);
        for empty in ["sys/bus/usb/devices", "sys/class/net/eth0", "proc/net", "run/systemd/sessions"] {
            fs::create_dir_all(folder.join(empty)).expect("the site's folder can be written");
        }
        write(&folder.join("sys/class/net/eth0/operstate"), "up\n");
        let ClientFiles { ca, certificate, key } = files;
        let config = folder.join("agent.toml");
        write(
            &config,
            &format!(
                "[agent]\ndevice = {device:?}\nhost = {device:?}\n\
                 [edge]\naddress = \"{edge}\"\nserver_name = \"localhost\"\nca = {ca:?}\n\
                 certificate = {certificate:?}\nkey = {key:?}\n[buffer]\nfolder = \"buffer\"\n\
                 [observe]\ninterval = \"100ms\"\nheartbeat = \"500ms\"\nsysfs = \"sys\"\nproc = \"proc\"\n\
                 run = \"run\"\n"
            ),
        );
        let mut command = program::command("strongroom-host-agent");
        command.arg("run").arg("--config").arg(&config);
        let process = Process::start("the host agent", &mut command, &folder.join("agent.log"));
        HostAgent { folder, process }
    }

    /// Somebody puts a stick into a socket.
    pub fn plug(&self, socket: &str, serial: &str) {
        let stick = self.folder.join("sys/bus/usb/devices").join(socket);
        fs::create_dir_all(&stick).expect("the made-up system can be written");
        write(&stick.join("idVendor"), "0951\n");
        write(&stick.join("serial"), &format!("{serial}\n"));
        // The class comes last: only then it is a medium.
        let interface = stick.with_file_name(format!("{socket}:1.0"));
        fs::create_dir_all(&interface).expect("the made-up system can be written");
        write(&interface.join("bInterfaceClass"), "08\n");
    }

    /// As the kernel ends it: without a goodbye.
    pub fn kill(&mut self) {
        self.process.kill();
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the site's folder can be written");
}

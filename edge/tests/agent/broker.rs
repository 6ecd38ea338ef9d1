//! Mosquitto, and a subscriber that keeps what came. Each test has its own.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use rumqttc::mqttbytes::v4::{Connect, Packet, PubAck, Subscribe};
use rumqttc::mqttbytes::{Error as CodecError, QoS};

use crate::room::eventually;

pub(crate) struct Broker {
    folder: PathBuf,
    process: Option<Child>,
    /// Takes certificates.
    pub(crate) certificates: u16,
    /// Takes logins.
    pub(crate) logins: u16,
    plain: u16,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Debian keeps daemons where a user's PATH does not look.
fn program(name: &str) -> PathBuf {
    let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];
    let places = folders.map(|folder| Path::new(folder).join(name));
    places
        .into_iter()
        .find(|place| place.exists())
        .unwrap_or_else(|| panic!("{name} is needed; `make test` installs it"))
}

impl Broker {
    /// Configured, and not started. The folder holds its certificate.
    pub(crate) fn new(folder: &Path, device: &str, token: &str) -> Self {
        let (certificates, logins, plain) = (free_port(), free_port(), free_port());
        let path = |name: &str| folder.join(name).display().to_string();
        let passwords = folder.join("passwords");
        fs::write(&passwords, "").unwrap();
        let told = Command::new(program("mosquitto_passwd"))
            .args(["-b", &path("passwords"), device, token])
            .status();
        assert!(told.unwrap().success());
        let tls = format!(
            "cafile {}\ncertfile {}\nkeyfile {}\n",
            path("ca.pem"),
            path("broker.pem"),
            path("broker.key")
        );
        let config = format!(
            "per_listener_settings true\nuser root\nlog_dest none\n\
             listener {certificates} 127.0.0.1\n{tls}require_certificate true\nallow_anonymous true\n\
             listener {logins} 127.0.0.1\n{tls}allow_anonymous false\npassword_file {}\n\
             listener {plain} 127.0.0.1\nallow_anonymous true\n",
            path("passwords")
        );
        fs::write(folder.join("mosquitto.conf"), config).unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        Self { folder: folder.to_owned(), process: None, certificates, logins, plain, received }
    }

    /// From the next start on it lets clients in, and throws them out for the first report that they send.
    pub(crate) fn takes_only_short_packets(&self) {
        let path = self.folder.join("mosquitto.conf");
        let config = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("max_packet_size 200\n{config}")).unwrap();
    }

    /// Starts it, and subscribes to all reports.
    pub(crate) fn start(&mut self) {
        let mut command = Command::new(program("mosquitto"));
        command.arg("-c").arg(self.folder.join("mosquitto.conf")).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(command.spawn().unwrap());
        let (plain, received) = (self.plain, Arc::clone(&self.received));
        let mut stream = None;
        eventually("the broker listens", || {
            stream = TcpStream::connect(("127.0.0.1", plain)).ok();
            stream.is_some()
        });
        let (subscribed, is_subscribed) = std::sync::mpsc::channel();
        thread::spawn(move || subscribe(stream.unwrap(), &received, &subscribed));
        is_subscribed.recv_timeout(Duration::from_secs(30)).unwrap();
    }

    /// Everything that came, each payload once for each time that it came.
    pub(crate) fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn signal(&self, signal: &str) {
        crate::room::signal(self.process.as_ref().unwrap().id(), signal);
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Until the connection ends.
fn subscribe(
    mut stream: TcpStream,
    received: &Mutex<Vec<Vec<u8>>>,
    subscribed: &std::sync::mpsc::Sender<()>,
) {
    let mut connect = Connect::new("watcher");
    connect.keep_alive = 0;
    let mut subscribe = Subscribe::new("sr/field/#", QoS::AtLeastOnce);
    subscribe.pkid = 1;
    send(&mut stream, Packet::Connect(connect));
    send(&mut stream, Packet::Subscribe(subscribe));
    let mut buffer = BytesMut::new();
    loop {
        match Packet::read(&mut buffer, 1 << 20) {
            Ok(Packet::Publish(publish)) => {
                assert_eq!(publish.topic, "sr/field/desk-1/report");
                assert!(!publish.retain);
                received.lock().unwrap().push(publish.payload.to_vec());
                send(&mut stream, Packet::PubAck(PubAck::new(publish.pkid)));
            }
            Ok(Packet::SubAck(_)) => subscribed.send(()).unwrap(),
            Ok(_) => {}
            Err(CodecError::InsufficientBytes(_)) => {
                use std::io::Read;
                let mut chunk = [0; 4_096];
                match stream.read(&mut chunk) {
                    Ok(0) | Err(_) => return,
                    Ok(count) => buffer.extend_from_slice(&chunk[..count]),
                }
            }
            Err(error) => panic!("the broker speaks no MQTT: {error}"),
        }
    }
}

/// A broker that is gone is noticed by the reader.
fn send(stream: &mut TcpStream, packet: Packet) {
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes, 1 << 20).unwrap();
    let _ = stream.write_all(&bytes);
}

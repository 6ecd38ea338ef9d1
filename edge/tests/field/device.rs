//! A field device made of a socket and a script: what it does with each request is decided by the test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One request, as it stood on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// How many connections came before this one.
    pub(crate) connection: usize,
    pub(crate) transaction: u16,
    pub(crate) unit: u8,
    pub(crate) function: u8,
    pub(crate) start: u16,
    pub(crate) count: u16,
}

/// What a device does with a request.
pub(crate) enum Does {
    /// Answers with these registers, from the address on that was asked for.
    Answer(Vec<u16>),
    Refuse(u8),
    /// Sends these bytes in place of an answer.
    Send(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Hang(Vec<u8>),
    /// Says nothing, and waits for the next request or the end of the connection.
    Nothing,
}

pub(crate) struct Device {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    closed: Arc<Mutex<Vec<usize>>>,
    task: JoinHandle<()>,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Device {
    pub(crate) async fn start(script: impl Fn(Asked) -> Does + Send + Sync + 'static) -> Device {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), script)
    }

    pub(crate) fn on(
        listener: TcpListener,
        script: impl Fn(Asked) -> Does + Send + Sync + 'static,
    ) -> Device {
        let address = listener.local_addr().unwrap();
        let (asked, closed) = (Arc::default(), Arc::default());
        let served =
            Served { script: Arc::new(script), asked: Arc::clone(&asked), closed: Arc::clone(&closed) };
        let task = tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(served.clone().serve(connection, stream));
            }
        });
        Device { address, asked, closed, task }
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The connections that the edge has closed, in that order.
    pub(crate) fn closed(&self) -> Vec<usize> {
        self.closed.lock().unwrap().clone()
    }
}

#[derive(Clone)]
struct Served {
    script: Arc<dyn Fn(Asked) -> Does + Send + Sync>,
    asked: Arc<Mutex<Vec<Asked>>>,
    closed: Arc<Mutex<Vec<usize>>>,
}

impl Served {
    async fn serve(self, connection: usize, mut stream: TcpStream) {
        let mut request = [0; 12];
        while stream.read_exact(&mut request).await.is_ok() {
            let word = |at: usize| u16::from_be_bytes([request[at], request[at + 1]]);
            let (unit, function) = (request[6], request[7]);
            let asked =
                Asked { connection, transaction: word(0), unit, function, start: word(8), count: word(10) };
            self.asked.lock().unwrap().push(asked);
            let (bytes, hang) = match (self.script)(asked) {
                Does::Answer(words) => (answer(asked, &words), false),
                Does::Refuse(code) => (frame(asked.transaction, unit, &[function | 0x80, code]), false),
                Does::Send(bytes) => (bytes, false),
                Does::Hang(bytes) => (bytes, true),
                Does::Nothing => (Vec::new(), false),
            };
            if stream.write_all(&bytes).await.is_err() || hang {
                break;
            }
        }
        self.closed.lock().unwrap().push(connection);
    }
}

/// A sound answer of registers.
pub(crate) fn answer(asked: Asked, words: &[u16]) -> Vec<u8> {
    let mut pdu = vec![asked.function, (words.len() * 2) as u8];
    pdu.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    frame(asked.transaction, asked.unit, &pdu)
}

pub(crate) fn frame(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut bytes = transaction.to_be_bytes().to_vec();
    bytes.extend([0, 0]);
    bytes.extend((pdu.len() as u16 + 1).to_be_bytes());
    bytes.push(unit);
    bytes.extend(pdu);
    bytes
}

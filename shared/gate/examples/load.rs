//! How many QoS 1 publishes a second one gate takes, over mutual TLS and with confirms at once:
//! `cargo run --release -p strongroom-gate --example load [CLIENTS] [SECONDS] [PAYLOAD_BYTES] [WINDOW]`.
//! Gate and clients share the machine, so the figure is what is left after the clients have had their part.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and fails by panicking")]

#[path = "../tests/site/mod.rs"]
mod site;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use gate::{Arrival, Limits, durable_all};
use rumqttc::mqttbytes::QoS;
use site::Site;
use site::client::{Client, publish};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

/// A PUBACK on the wire.
const PUBACK_BYTES: usize = 4;

/// What a consumer takes at once, as a committer would.
const COMMIT_MAX: usize = 1_024;

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|text| text.parse().unwrap()).collect();
    let argument = |index: usize, default| arguments.get(index).copied().unwrap_or(default);
    let (clients, seconds) = (argument(0, 100), argument(1, 5));
    let (payload_bytes, window) = (argument(2, 256), argument(3, 100));

    let (gates, loads) = (runtime("gate"), runtime("load"));
    let mut site = gates.block_on(Site::start(Limits::default()));
    let arrivals = std::mem::replace(&mut site.arrivals, mpsc::channel(1).1);
    thread::Builder::new().name("consumer".to_owned()).spawn(move || consume(arrivals)).unwrap();

    let confirmed = Arc::new(AtomicU64::new(0));
    for index in 0..clients {
        let id = format!("edge-{index}");
        let (address, config) = (site.address, site.authority.client(Some(&site.authority.edge(&id))));
        let confirmed = Arc::clone(&confirmed);
        loads.spawn(async move {
            let mut client = Client::handshake(address, config).await.unwrap();
            client.connect(&id).await.unwrap();
            flood(client, &id, payload_bytes, window, &confirmed).await;
        });
    }
    while site.gate.sessions() < clients {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_secs(1));
    let (before, start) = (confirmed.load(Ordering::Relaxed), Instant::now());
    let cpu_before = gate_cpu();
    thread::sleep(Duration::from_secs(seconds as u64));
    let (taken, elapsed_s) = (confirmed.load(Ordering::Relaxed) - before, start.elapsed().as_secs_f64());
    let gate_cpu_s = gate_cpu() - cpu_before;
    println!(
        "{clients} clients, {payload_bytes} bytes, window {window}: {:.0} publishes/s confirmed; \
         the gate used {:.0} % of a core, {:.2} us per publish",
        taken as f64 / elapsed_s,
        gate_cpu_s / elapsed_s * 100.0,
        gate_cpu_s / taken as f64 * 1e6,
    );
}

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build().unwrap()
}

fn consume(mut arrivals: mpsc::Receiver<Arrival>) {
    let mut batch = Vec::with_capacity(COMMIT_MAX);
    while arrivals.blocking_recv_many(&mut batch, COMMIT_MAX) > 0 {
        durable_all(batch.drain(..).filter_map(|arrival| match arrival {
            Arrival::Published(delivery) => Some(delivery.confirm),
            _ => None,
        }));
    }
}

/// Keeps `window` publishes under way.
async fn flood(mut client: Client, id: &str, payload_bytes: usize, window: usize, confirmed: &AtomicU64) {
    let mut one = BytesMut::new();
    let topic = format!("sr/v1/{id}/urgent");
    publish(1, QoS::AtLeastOnce, &topic, &vec![7; payload_bytes]).write(&mut one, 1 << 20).unwrap();
    let many = one.repeat(window);
    let mut buffer = vec![0; PUBACK_BYTES * window];
    let (mut free, mut rest) = (window, 0);
    loop {
        client.stream.write_all(&many[..free * one.len()]).await.unwrap();
        client.stream.flush().await.unwrap();
        let read = client.stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the gate hung up");
        free = (rest + read) / PUBACK_BYTES;
        rest = (rest + read) % PUBACK_BYTES;
        confirmed.fetch_add(free as u64, Ordering::Relaxed);
    }
}

/// Seconds of processor time of the gate's own threads and its consumer.
fn gate_cpu() -> f64 {
    let of_task = |entry: std::fs::DirEntry| -> Option<f64> {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        (name == "gate" || name == "consumer").then_some(ticks / 100.0)
    };
    std::fs::read_dir("/proc/self/task").unwrap().flatten().filter_map(of_task).sum()
}

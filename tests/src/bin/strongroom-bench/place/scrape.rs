//! The hub's own counters, read from its `/metrics` over the loopback listener. By hand, because it happens while the hub
//! is being measured.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail};

const PATIENCE: Duration = Duration::from_secs(10);

/// One look at all counters; those with labels are summed up.
pub(crate) struct Scrape(HashMap<String, f64>);

impl Scrape {
    pub(crate) fn of(address: SocketAddr) -> anyhow::Result<Self> {
        let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        write!(socket, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).context("the metrics were not answered")?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(Self::parse(body)),
            _ => bail!("the metrics were refused: {}", answer.lines().next().unwrap_or("nothing came")),
        }
    }

    fn parse(body: &str) -> Self {
        let mut values: HashMap<String, f64> = HashMap::new();
        for line in body.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let name = name.split('{').next().unwrap_or(name);
            if let Ok(value) = value.parse::<f64>() {
                *values.entry(name.to_owned()).or_default() += value;
            }
        }
        Self(values)
    }

    /// 0 for what was never counted.
    pub(crate) fn value(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_summed_up() {
        let scrape = Scrape::parse("# TYPE a counter\na{x=\"1\"} 2\na{x=\"2\"} 3\n\nb 0.5\n");
        assert_eq!((scrape.value("a"), scrape.value("b"), scrape.value("c")), (5.0, 0.5, 0.0));
    }
}

//! Asks a running edge for its status.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::report::Report;

const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// Longer than the edge waits for its own stages.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// Some hundred times the report of a large room.
const ANSWER_BYTES_MAX: u64 = 8 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("cannot reach an edge at {address}: does it run, and is this its status.address?")]
    Connect { address: SocketAddr, source: io::Error },
    #[error("{address} accepted the question and did not answer it")]
    Silent { address: SocketAddr, source: io::Error },
    #[error("{address} answers, but not as an edge does")]
    Foreign { address: SocketAddr },
}

pub fn ask(address: SocketAddr) -> Result<Report, AskError> {
    let connected = TcpStream::connect_timeout(&address, CONNECT_WAIT);
    let stream = connected.map_err(|source| AskError::Connect { address, source })?;
    let answer = converse(stream, address).map_err(|source| AskError::Silent { address, source })?;
    parse(&answer).ok_or(AskError::Foreign { address })
}

fn converse(mut stream: TcpStream, address: SocketAddr) -> io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(ANSWER_WAIT))?;
    stream.set_write_timeout(Some(ANSWER_WAIT))?;
    write!(stream, "GET /status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    Ok(answer)
}

/// The report of an answer that ends with its connection.
fn parse(answer: &[u8]) -> Option<Report> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (&answer[..end], &answer[end + 4..]);
    let is_ok = head.starts_with(b"HTTP/1.1 200 ");
    let report: Report = is_ok.then(|| serde_json::from_slice(body).ok()).flatten()?;
    // Any object would be read as a report with everything missing.
    (!report.edge.is_empty()).then_some(report)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_answer_of_an_edge_is_taken() {
        let answer = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}");
        let report = parse(answer(r#"{"edge":"e","well":true,"later":[1]}"#).as_bytes()).unwrap();
        assert!(report.well && report.edge == "e");
        for foreign in ["{}", "", "[1]", r#"{"edge":1}"#] {
            assert_eq!(parse(answer(foreign).as_bytes()), None, "{foreign}");
        }
        assert_eq!(parse(b"HTTP/1.1 404 Not Found\r\n\r\n{\"edge\":\"e\"}"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_report_or_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let whole = [b"HTTP/1.1 200 OK\r\n\r\n", &bytes[..]].concat();
            let _ = (parse(&bytes), parse(&whole));
        }
    }
}

//! The TCP connection to the hub, on the one network interface that the configuration names, or on any.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;

/// For one of several addresses of a name: a SYN is repeated after a second, and again before this is over. The last one has
/// what is left of the connection's time.
const ADDRESS_WAIT: Duration = Duration::from_millis(3_500);

/// Tries every address of the name, so that one which answers nothing does not hide the next. Bound to an interface a
/// connection takes no other way, whatever the routes say.
pub(super) async fn connect(host: &str, port: u16, interface: Option<&str>) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
    first_of(&addresses, interface).await
}

async fn first_of(addresses: &[SocketAddr], interface: Option<&str>) -> io::Result<TcpStream> {
    let mut failure = io::ErrorKind::AddrNotAvailable.into();
    for (place, address) in addresses.iter().enumerate() {
        let is_last = place + 1 == addresses.len();
        let wait = if is_last { Duration::MAX } else { ADDRESS_WAIT };
        match timeout(wait, dial(*address, interface)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failure)
}

async fn dial(address: SocketAddr, interface: Option<&str>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(interface) = interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    socket.connect(address).await
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_bound_connection_takes_its_interface_and_no_other() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        connect("127.0.0.1", port, None).await.unwrap();
        connect("localhost", port, Some("lo")).await.unwrap();
        let absent = connect("127.0.0.1", port, Some("nosuchif0")).await.unwrap_err();
        assert_eq!(absent.raw_os_error(), Some(rustix::io::Errno::NODEV.raw_os_error()));
    }
    #[tokio::test]
    async fn an_address_that_answers_nothing_does_not_hide_the_next() {
        // Its queue of one is full, and nobody accepts: what comes then is dropped, as by a firewall.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let full = socket.listen(0).unwrap();
        let dropping = full.local_addr().unwrap();
        let mut held = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(500), TcpStream::connect(dropping)).await {
            held.push(stream.unwrap());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let next = listener.local_addr().unwrap();
        let addresses = [dropping, next];
        let connected = timeout(Duration::from_secs(30), first_of(&addresses, None));
        let stream = connected.await.expect("the next address has its turn").unwrap();
        assert_eq!(stream.peer_addr().unwrap(), next);
    }
}

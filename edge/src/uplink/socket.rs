//! The TCP connection to the hub, on the one network interface that the configuration names, or on any.

use std::io;

use tokio::net::{TcpSocket, TcpStream, lookup_host};

/// Tries every address of the name. Bound to an interface a connection takes no other way, whatever the routes say.
pub(super) async fn connect(host: &str, port: u16, interface: Option<&str>) -> io::Result<TcpStream> {
    let Some(interface) = interface else { return TcpStream::connect((host, port)).await };
    let mut failure = io::ErrorKind::AddrNotAvailable.into();
    for address in lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.bind_device(Some(interface.as_bytes()))?;
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
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
}

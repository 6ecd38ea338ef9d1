//! The socket of a listener, on the one network interface that the configuration names, or on any.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// Connections that the kernel keeps until they are accepted: all devices of a large room at once.
const BACKLOG: u32 = 1_024;

/// Bound to an interface it hears nothing that comes over another one, whatever the address says.
pub(super) fn listen(address: SocketAddr, interface: Option<&str>) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait until the connections of the former run are forgotten.
    socket.set_reuseaddr(true)?;
    if let Some(interface) = interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_bound_listener_hears_its_interface() {
        let any = "127.0.0.1:0".parse().unwrap();
        let listener = listen(any, Some("lo")).unwrap();
        TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        listener.accept().await.unwrap();
        let absent = listen(any, Some("nosuchif0")).unwrap_err();
        assert_eq!(absent.raw_os_error(), Some(rustix::io::Errno::NODEV.raw_os_error()));
    }
}

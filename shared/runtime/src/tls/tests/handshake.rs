//! One handshake between a server and a client over a loopback socket, with one byte sent after it.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What the server knows about a client that it let in.
#[derive(Debug)]
pub(super) struct Welcomed {
    pub(super) kind: HandshakeKind,
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) alpn: Option<Vec<u8>>,
}

/// The judgement of the server and that of the client, who learns of a refusal only with the first byte.
pub(super) async fn between(
    server: &Arc<ServerConfig>,
    client: &Arc<ClientConfig>,
) -> (io::Result<Welcomed>, io::Result<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let welcome = async {
        let (socket, _) = listener.accept().await?;
        let mut stream = TlsAcceptor::from(Arc::clone(server)).accept(socket).await?;
        stream.write_u8(7).await?;
        stream.flush().await?;
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().map(|chain| chain[0].to_vec());
        let kind = session.handshake_kind().expect("the handshake is over");
        let alpn = session.alpn_protocol().map(<[u8]>::to_vec);
        // Hold the stream until the client has read, so that nothing is cut off.
        let _ = stream.read_u8().await;
        Ok(Welcomed { kind, certificate, alpn })
    };
    let visit = async {
        let socket = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::clone(client)).connect(name, socket).await?;
        let byte = stream.read_u8().await?;
        stream.shutdown().await?;
        Ok(byte)
    };
    tokio::join!(welcome, visit)
}

/// The words of a refusal by the server.
pub(super) async fn refusal(server: &Arc<ServerConfig>, client: &Arc<ClientConfig>) -> String {
    let (welcomed, byte) = between(server, client).await;
    assert!(byte.is_err(), "a refused client receives nothing");
    welcomed.expect_err("the server refuses").to_string()
}

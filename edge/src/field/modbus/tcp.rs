//! A Modbus TCP connection to one unit. The only file that knows tokio-modbus, and it knows five function codes: read
//! coils, discrete inputs, holding registers and input registers, and read the identification. Nothing here can write to
//! a device.
//!
//! A read consumes the session and gives it back only with an answer to exactly that read. After a time-out, a broken
//! connection or an answer that does not belong to the question the session is gone and with it its socket, so an answer
//! that comes late has nobody to mistake it for another one.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_modbus::client::{Client, Context, tcp};
use tokio_modbus::prelude::{DeviceIdObject, ReadCode};
use tokio_modbus::{Error, Request as Call, Response, Slave};

use super::failure::ScanFailure;
use super::identity::Part;
use super::plan::Request;
use super::reply::Reply;
use crate::config::Endpoint;
use crate::field::profile::Table;

pub(super) struct Session {
    context: Context,
    timeout: Duration,
}

/// What became of a read.
pub(super) enum Read<T> {
    Answered(Session, T),
    /// The device refused; the connection is sound.
    Refused(Session, ScanFailure),
    /// The connection is gone.
    Failed(ScanFailure),
}

impl Session {
    /// The limit holds for the connection and later for each read.
    pub(super) async fn connect(
        address: &Endpoint,
        unit: u8,
        limit: Duration,
    ) -> Result<Session, ScanFailure> {
        let connecting = TcpStream::connect((address.host.as_str(), address.port));
        let stream = match timeout(limit, connecting).await {
            Ok(stream) => stream.map_err(ScanFailure::Connect)?,
            Err(_) => return Err(ScanFailure::ConnectTimeout { waited_ms: whole_ms(limit) }),
        };
        // Requests are single small packets: waiting to fill one would only delay them.
        stream.set_nodelay(true).map_err(ScanFailure::Connect)?;
        Ok(Session { context: tcp::attach_slave(stream, Slave(unit)), timeout: limit })
    }

    pub(super) async fn read(self, request: Request) -> Read<Reply> {
        self.call(call(request), |response| reply(request, response)).await
    }

    pub(super) async fn identify(self, object: u8) -> Read<Part> {
        self.call(Call::ReadDeviceIdentification(ReadCode::Basic, object), part).await
    }

    async fn call<T>(
        mut self,
        call: Call<'static>,
        accept: impl FnOnce(Response) -> Result<T, ScanFailure>,
    ) -> Read<T> {
        let answer = match timeout(self.timeout, self.context.call(call)).await {
            Ok(answer) => answer,
            Err(_) => return Read::Failed(ScanFailure::Timeout { waited_ms: whole_ms(self.timeout) }),
        };
        match answer {
            Ok(Ok(response)) => match accept(response) {
                Ok(accepted) => Read::Answered(self, accepted),
                Err(failure) => Read::Failed(failure),
            },
            Ok(Err(exception)) => Read::Refused(self, ScanFailure::Exception(exception.into())),
            Err(Error::Protocol(error)) => Read::Failed(ScanFailure::Protocol { detail: error.to_string() }),
            Err(Error::Transport(error)) => Read::Failed(broken(error)),
        }
    }
}

/// The codec reports malformed frames as transport errors with the kind of invalid data. An end of the stream it reports
/// as whatever error the operating system told this thread last, be it of a file: only errors that connections die of are
/// passed on as the cause.
fn broken(error: io::Error) -> ScanFailure {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::InvalidData => ScanFailure::Protocol { detail: error.to_string() },
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::TimedOut
        | Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::NetworkDown => ScanFailure::Closed(error),
        _ => ScanFailure::Closed(Kind::UnexpectedEof.into()),
    }
}

fn call(request: Request) -> Call<'static> {
    let Request { table, start, count } = request;
    match table {
        Table::Coil => Call::ReadCoils(start, count),
        Table::Discrete => Call::ReadDiscreteInputs(start, count),
        Table::Holding => Call::ReadHoldingRegisters(start, count),
        Table::Input => Call::ReadInputRegisters(start, count),
    }
}

/// Accepts as many registers as were asked for, no more and no fewer. Bits come in whole bytes, so there may be up to
/// seven more.
fn reply(request: Request, response: Response) -> Result<Reply, ScanFailure> {
    let count = usize::from(request.count);
    let (reply, wanted) = match (request.table, response) {
        (Table::Coil, Response::ReadCoils(bits)) | (Table::Discrete, Response::ReadDiscreteInputs(bits)) => {
            (Reply::Bits(bits), count.next_multiple_of(8))
        }
        (Table::Holding, Response::ReadHoldingRegisters(words))
        | (Table::Input, Response::ReadInputRegisters(words)) => (Reply::Registers(words), count),
        (_, response) => {
            let detail =
                format!("a reply of function code {:#04x} to another read", response.function_code().value());
            return Err(ScanFailure::Protocol { detail });
        }
    };
    if reply.len() != wanted {
        let detail = format!("{} values came for a read of {count}", reply.len());
        return Err(ScanFailure::Protocol { detail });
    }
    Ok(reply)
}

fn part(response: Response) -> Result<Part, ScanFailure> {
    let Response::ReadDeviceIdentification(response) = response else {
        let detail = format!(
            "a reply of function code {:#04x} to an identification",
            response.function_code().value()
        );
        return Err(ScanFailure::Protocol { detail });
    };
    let object = |object: DeviceIdObject| (object.id, object.value.to_vec());
    let objects = response.device_id_objects.into_iter().map(object).collect();
    Ok(Part { objects, next: response.more_follows.then_some(response.next_object_id) })
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_of_the_stream_is_not_blamed_on_the_last_error_of_another_file() {
        let kind = |error: io::Error| match broken(error) {
            ScanFailure::Closed(source) => source.kind(),
            other => panic!("{other}"),
        };
        const ENOENT: i32 = 2;
        const ECONNRESET: i32 = 104;
        for code in [0, ENOENT] {
            assert_eq!(kind(io::Error::from_raw_os_error(code)), io::ErrorKind::UnexpectedEof);
        }
        assert_eq!(kind(io::ErrorKind::WouldBlock.into()), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(io::Error::from_raw_os_error(ECONNRESET)), io::ErrorKind::ConnectionReset);
        assert!(matches!(broken(io::ErrorKind::InvalidData.into()), ScanFailure::Protocol { .. }));
    }
}

//! The only place that knows tokio-modbus: turns its requests into questions and our answers into its responses.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::Server;
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};
use tracing::{debug, warn};

use crate::device::question::{Answer, Asked, Question, Refusal};
use crate::device::signal::Table;
use crate::site::Site;

/// Serves one device on `listener` until the listener fails. Dropping the future closes all its connections.
pub(super) async fn serve(
    listener: TcpListener,
    site: Arc<Site>,
    device: Arc<str>,
    connections_max: usize,
) -> io::Result<()> {
    let seats = Arc::new(Semaphore::new(connections_max));
    let on_connected = |stream: TcpStream, peer| {
        let connection = seat(&seats, &site, &device);
        if connection.is_none() {
            metrics::counter!("sim_connections_refused_total").increment(1);
            warn!(%device, %peer, connections_max, "connection refused, the device serves as many as it can");
        }
        // Small frames in both directions: waiting to fill a packet only adds delay.
        let ready_stream = stream.set_nodelay(true);
        async move {
            match ready_stream {
                Ok(()) => Ok(connection.map(|connection| (connection, stream))),
                // The peer is gone already. That is no reason to stop listening.
                Err(_) => Ok(None),
            }
        }
    };
    let broken = Arc::clone(&device);
    let on_process_error =
        move |error: io::Error| debug!(device = %broken, %error, "connection ended with an error");
    Server::new(listener).serve(&on_connected, on_process_error).await
}

fn seat(seats: &Arc<Semaphore>, site: &Arc<Site>, device: &Arc<str>) -> Option<Connection> {
    let seat = Arc::clone(seats).try_acquire_owned().ok()?;
    Some(Connection { site: Arc::clone(site), device: Arc::clone(device), _seat: seat })
}

struct Connection {
    site: Arc<Site>,
    device: Arc<str>,
    /// Given back when the connection ends.
    _seat: OwnedSemaphorePermit,
}

impl Service for Connection {
    type Request = SlaveRequest<'static>;
    /// `None` sends nothing at all.
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Self::Response, Self::Exception>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        let question = Question { unit: request.slave, asked: asked(&request.request) };
        ready(match self.site.answer(&self.device, question) {
            Answer::Silence => Ok(None),
            Answer::Refused(refusal) => Err(exception(refusal)),
            Answer::Values { table, values } => Ok(Some(response(table, values))),
        })
    }
}

fn asked(request: &Request<'_>) -> Asked {
    let read = |table, start, count| Asked::Read { table, start, count };
    match *request {
        Request::ReadCoils(start, count) => read(Table::Coils, start, count),
        Request::ReadDiscreteInputs(start, count) => read(Table::DiscreteInputs, start, count),
        Request::ReadHoldingRegisters(start, count) => read(Table::HoldingRegisters, start, count),
        Request::ReadInputRegisters(start, count) => read(Table::InputRegisters, start, count),
        _ => Asked::Other,
    }
}

fn response(table: Table, values: Vec<u16>) -> Response {
    let bits = |values: Vec<u16>| values.into_iter().map(|bit| bit != 0).collect();
    match table {
        Table::Coils => Response::ReadCoils(bits(values)),
        Table::DiscreteInputs => Response::ReadDiscreteInputs(bits(values)),
        Table::HoldingRegisters => Response::ReadHoldingRegisters(values),
        Table::InputRegisters => Response::ReadInputRegisters(values),
    }
}

fn exception(refusal: Refusal) -> ExceptionCode {
    match refusal {
        Refusal::IllegalFunction => ExceptionCode::IllegalFunction,
        Refusal::IllegalDataAddress => ExceptionCode::IllegalDataAddress,
        Refusal::IllegalDataValue => ExceptionCode::IllegalDataValue,
        Refusal::DeviceBusy => ExceptionCode::ServerDeviceBusy,
        Refusal::GatewayTargetDevice => ExceptionCode::GatewayTargetDevice,
    }
}

//! The way to one unit, of whatever sort it is: what is asked, and what is made of broken trust.

use std::time::Duration;

use super::failure::ScanFailure;
use super::frame::Question;
use super::identity::Part;
use super::plan::Request;
use super::reply::Reply;
use super::shared_line::SharedLine;
use super::tcp::{Read, Session};
use crate::config::Endpoint;
use crate::field::profile::Table;

/// Gives an answer only to exactly what was asked, and makes sure itself that nothing late is taken for it.
pub(in crate::field) trait Way {
    async fn read(&mut self, request: Request) -> Result<Reply, ScanFailure>;

    /// The basic identification, from an object on.
    async fn identify(&mut self, object: u8) -> Result<Part, ScanFailure>;

    /// Another device answered than the one that was meant.
    fn distrust(&mut self);
}

/// A connection that is made when it is needed, and lives as long as nothing is wrong with it.
pub(super) struct TcpWay {
    pub(super) address: Endpoint,
    pub(super) unit: u8,
    pub(super) limit: Duration,
    session: Option<Session>,
}

impl TcpWay {
    pub(super) fn new(address: Endpoint, unit: u8, limit: Duration) -> Self {
        Self { address, unit, limit, session: None }
    }

    async fn session(&mut self) -> Result<Session, ScanFailure> {
        match self.session.take() {
            Some(session) => Ok(session),
            None => Session::connect(&self.address, self.unit, self.limit).await,
        }
    }

    /// The session survives sound answers and honest refusals only.
    fn keep<T>(&mut self, read: Read<T>) -> Result<T, ScanFailure> {
        match read {
            Read::Answered(session, answer) => {
                self.session = Some(session);
                Ok(answer)
            }
            Read::Refused(session, refusal) => {
                self.session = Some(session);
                Err(refusal)
            }
            Read::Failed(failure) => Err(failure),
        }
    }
}

impl Way for TcpWay {
    async fn read(&mut self, request: Request) -> Result<Reply, ScanFailure> {
        let session = self.session().await?;
        let read = session.read(request).await;
        self.keep(read)
    }

    async fn identify(&mut self, object: u8) -> Result<Part, ScanFailure> {
        let session = self.session().await?;
        let read = session.identify(object).await;
        self.keep(read)
    }

    fn distrust(&mut self) {
        self.session = None;
    }
}

/// One unit of a bus, while it is its turn.
pub(super) struct RtuWay<'line, 'wishes> {
    pub(super) line: &'line mut SharedLine<'wishes>,
    pub(super) unit: u8,
    pub(super) limit: Duration,
}

impl Way for RtuWay<'_, '_> {
    async fn read(&mut self, request: Request) -> Result<Reply, ScanFailure> {
        let values = self.line.ask(self.unit, Question::Read(request), self.limit).await?;
        Ok(reply(request.table, &values))
    }

    async fn identify(&mut self, object: u8) -> Result<Part, ScanFailure> {
        let bytes = self.line.ask(self.unit, Question::Identify { object }, self.limit).await?;
        Part::parse(&bytes).map_err(|error| ScanFailure::Protocol { detail: error.to_string() })
    }

    fn distrust(&mut self) {
        self.line.distrust(self.limit);
    }
}

/// Their number was held against the question when they were heard.
fn reply(table: Table, values: &[u8]) -> Reply {
    if table.is_bits() {
        let bits = |byte: &u8| (0..8).map(|bit| byte >> bit & 1 == 1).collect::<Vec<bool>>();
        Reply::Bits(values.iter().flat_map(bits).collect())
    } else {
        let (words, _) = values.as_chunks::<2>();
        Reply::Registers(words.iter().map(|word| u16::from_be_bytes(*word)).collect())
    }
}

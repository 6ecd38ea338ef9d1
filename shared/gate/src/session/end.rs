//! Why a session ended. Each end has a metric label, and is either ordinary or a refusal.

use std::fmt;
use std::io;

use runtime::causes::in_full;

use crate::codec::CodecError;
use crate::policy::Refusal;

#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    #[error("the client said DISCONNECT")]
    Disconnected,
    #[error("the client closed the connection")]
    Closed,
    #[error("cannot read")]
    Read(#[source] io::Error),
    #[error("cannot write")]
    Write(#[source] io::Error),
    #[error("nothing was heard for one and a half keep-alives")]
    Silent,
    #[error("the client took no answer within the write timeout")]
    WriteTimeout,
    #[error("cannot decode")]
    Codec(#[source] CodecError),
    #[error("{packet} is not expected here")]
    Foreign { packet: &'static str },
    #[error("{}", .0.detail)]
    Refused(Refusal),
    #[error("cut by the gate")]
    Cut(&'static str),
    #[error("the consumer takes no more arrivals")]
    ConsumerGone,
    #[error("the gate shuts down")]
    Shutdown,
}

impl End {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Closed => "closed",
            Self::Read(_) | Self::Write(_) => "connection_lost",
            Self::Silent => "silent",
            Self::WriteTimeout => "slow_reader",
            Self::Codec(CodecError::TooLarge { .. }) => "packet_too_large",
            Self::Codec(CodecError::Malformed(_)) => "packet_malformed",
            Self::Foreign { .. } => "packet_unexpected",
            Self::Refused(refusal) => refusal.reason,
            Self::Cut(reason) => reason,
            Self::ConsumerGone => "consumer_gone",
            Self::Shutdown => "shutdown",
        }
    }

    /// The client, or the gate's owner, is to blame: the end is counted and logged as a refusal.
    pub(crate) fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::Disconnected
                | Self::Closed
                | Self::Read(_)
                | Self::Write(_)
                | Self::Silent
                | Self::ConsumerGone
                | Self::Shutdown
        )
    }

    /// MQTT 3.1.1, 3.1.2.5: however the connection ends but by DISCONNECT. A gate that shuts down keeps the will back,
    /// which the same page allows: it says nothing about the client.
    pub(crate) fn leaves_a_will(&self) -> bool {
        !matches!(self, Self::Disconnected | Self::ConsumerGone | Self::Shutdown)
    }

    pub(crate) fn detail(&self) -> impl fmt::Display + '_ {
        in_full(self)
    }
}

//! An error with all its causes in one line. No message of ours repeats its cause, so whoever shows an error to a person
//! or to a log shows it by this. It is put together when it is shown, and not before.

use std::error::Error;
use std::fmt::{Display, from_fn};
use std::iter::successors;

/// `door-3 cannot be read: no connection: connection refused`
pub fn in_full(error: &dyn Error) -> impl Display {
    from_fn(move |formatter| write!(formatter, "{error}{}", behind(error)))
}

/// The causes alone, each behind a colon, to stand behind words of one's own.
pub fn behind(error: &dyn Error) -> impl Display {
    from_fn(move |formatter| {
        let mut causes = successors(error.source(), |&cause| cause.source());
        causes.try_for_each(|cause| write!(formatter, ": {cause}"))
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("the room is closed")]
        Room(#[source] Box<Failure>),
        #[error("the door does not open")]
        Door(#[source] io::Error),
    }

    #[test]
    fn every_cause_is_told_once_and_in_order() {
        let door = Failure::Door(io::Error::other("no key"));
        assert_eq!(in_full(&door).to_string(), "the door does not open: no key");
        let room = Failure::Room(Box::new(door));
        assert_eq!(in_full(&room).to_string(), "the room is closed: the door does not open: no key");
        assert_eq!(behind(&room).to_string(), ": the door does not open: no key");
        assert_eq!(behind(&io::Error::other("alone")).to_string(), "");
    }
}

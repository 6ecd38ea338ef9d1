//! What a DER parser left over: an object is taken whole or not at all.

use x509_parser::error::X509Error;
use x509_parser::nom;

#[derive(Debug, thiserror::Error)]
pub enum DerError {
    #[error("it is not valid DER")]
    Parse(#[source] X509Error),
    #[error("{0} bytes follow its end")]
    TrailingBytes(usize),
    #[error("one of its alternative names is not valid")]
    InvalidName,
}

pub(super) fn whole<T>(parsed: Result<(&[u8], T), nom::Err<X509Error>>) -> Result<T, DerError> {
    match parsed {
        Ok(([], value)) => Ok(value),
        Ok((rest, _)) => Err(DerError::TrailingBytes(rest.len())),
        Err(error) => Err(DerError::Parse(X509Error::from(error))),
    }
}

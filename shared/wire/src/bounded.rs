//! Decoding with limits: what a stranger sends never decides how much memory is taken.

use minicbor::Decode;
use minicbor::decode::{Decoder, Error};

/// An array of at most `max` elements. The length that the sender announces reserves nothing beyond `max`.
pub(crate) fn array<'b, C, T: Decode<'b, C>>(
    d: &mut Decoder<'b>,
    ctx: &mut C,
    max: usize,
) -> Result<Vec<T>, Error> {
    let at = d.position();
    let announced =
        d.array()?.ok_or_else(|| Error::message("an array of indefinite length is not allowed").at(at))?;
    if announced > max as u64 {
        return Err(Error::message("an array is longer than allowed").at(at));
    }
    (0..announced).map(|_| d.decode_with(ctx)).collect()
}

/// A text of at most `max` bytes.
pub(crate) fn text<'b>(d: &mut Decoder<'b>, max: usize) -> Result<&'b str, Error> {
    let at = d.position();
    let text = d.str()?;
    if text.len() > max {
        return Err(Error::message("a text is longer than allowed").at(at));
    }
    Ok(text)
}

/// Decodes a whole message of at most `max` bytes: nothing may follow it.
pub(crate) fn whole<'b, T: Decode<'b, ()>>(bytes: &'b [u8], max: usize) -> Result<T, Error> {
    if bytes.len() > max {
        return Err(Error::message("the message is larger than allowed"));
    }
    let mut d = Decoder::new(bytes);
    let value = d.decode()?;
    if d.position() != bytes.len() {
        return Err(Error::message("bytes follow the end of the message").at(d.position()));
    }
    Ok(value)
}

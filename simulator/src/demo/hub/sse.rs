//! Server-sent events out of bytes, as the HTML standard defines them, apart from lines that end in a bare CR. Pure.

/// An incident with a long text is a few kilobytes.
const EVENT_BYTES_MAX: usize = 1024 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `message` when the sender names none.
    pub name: String,
    pub data: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {EVENT_BYTES_MAX} bytes")]
pub struct TooLong;

/// The state between two pieces of the stream.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    name: String,
    data: String,
    /// Kept beyond a connection: where to go on.
    last_id: Option<String>,
}

impl Reader {
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// A new connection; an event that was cut off comes again.
    pub fn begin(&mut self) {
        *self = Self { last_id: self.last_id.take(), ..Self::default() };
    }

    /// The events that these bytes complete.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                if self.line.len() + self.data.len() > EVENT_BYTES_MAX {
                    return Err(TooLong);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let text = String::from_utf8_lossy(&line);
            events.extend(self.line_ended(text.strip_suffix('\r').unwrap_or(&text)));
        }
        Ok(events)
    }

    fn line_ended(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            return self.event_ended();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.to_owned(),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => self.last_id = Some(value.to_owned()),
            // A comment, the reconnection time, or something newer.
            _ => {}
        }
        None
    }

    fn event_ended(&mut self) -> Option<Event> {
        let (name, mut data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        // Its last line break is not part of the data; an event without data is none.
        data.pop()?;
        let name = if name.is_empty() { "message".to_owned() } else { name };
        Some(Event { name, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "id: 4\nretry: 2000\n\n: still here\n\nevent: incident\nid: 5\ndata: {\"a\":1}\n\n\
                          event:edge\r\ndata: one\r\ndata:two\r\n\r\ndata\n\nevent: lost";

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.into(), data: data.into() }
    }

    #[test]
    fn events_are_the_same_however_the_stream_is_cut() {
        for size in [1, 2, 3, 7, 1_000] {
            let mut reader = Reader::default();
            let pieces = STREAM.as_bytes().chunks(size);
            let events: Vec<Event> = pieces.flat_map(|piece| reader.take(piece).unwrap()).collect();
            let wanted = [event("incident", "{\"a\":1}"), event("edge", "one\ntwo"), event("message", "")];
            assert_eq!(events, wanted, "in pieces of {size}");
            assert_eq!(reader.last_id(), Some("5"));
        }
    }

    #[test]
    fn the_first_event_may_only_say_where_the_stream_is() {
        let mut reader = Reader::default();
        assert_eq!(reader.take(b"id: 12\nretry: 2000\n\n"), Ok(vec![]));
        assert_eq!(reader.last_id(), Some("12"));
    }

    #[test]
    fn a_cut_event_is_forgotten_and_the_place_is_kept() {
        let mut reader = Reader::default();
        reader.take(b"id: 1\ndata: a\n\nevent: incident\ndata: ha").unwrap();
        reader.begin();
        assert_eq!(reader.last_id(), Some("1"));
        assert_eq!(reader.take(b"data: b\n\n"), Ok(vec![event("message", "b")]));
    }

    #[test]
    fn an_endless_event_is_refused() {
        let piece = vec![b'x'; EVENT_BYTES_MAX];
        let mut reader = Reader::default();
        assert_eq!(reader.take(&piece), Ok(vec![]));
        assert_eq!(reader.take(b"x"), Err(TooLong));
    }
}

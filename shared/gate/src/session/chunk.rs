//! How much to read at once: little for idle sessions, which are many, and much for busy ones.

use bytes::BytesMut;

const CHUNK_BYTES_MIN: usize = 1024;

/// Two TLS records. Larger reads brought no more messages per second.
const CHUNK_BYTES_MAX: usize = 32 * 1024;

pub(crate) struct Chunk {
    bytes: usize,
}

impl Default for Chunk {
    fn default() -> Self {
        Self { bytes: CHUNK_BYTES_MIN }
    }
}

impl Chunk {
    /// Gives `buffer` room for one more read.
    pub(crate) fn make_room(&self, buffer: &mut BytesMut) {
        if buffer.is_empty() && buffer.capacity() > 4 * self.bytes {
            *buffer = BytesMut::new();
        }
        if buffer.capacity() - buffer.len() < self.bytes / 4 {
            buffer.reserve(self.bytes);
        }
    }

    /// Doubles when reads come back full, halves when they come back nearly empty.
    pub(crate) fn learn(&mut self, read_bytes: usize) {
        if read_bytes >= self.bytes / 2 {
            self.bytes = (self.bytes * 2).min(CHUNK_BYTES_MAX);
        } else if read_bytes < self.bytes / 16 {
            self.bytes = (self.bytes / 2).max(CHUNK_BYTES_MIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_session_reads_more_and_an_idle_one_gives_its_memory_back() {
        let (mut chunk, mut buffer) = (Chunk::default(), BytesMut::new());
        for _ in 0..10 {
            chunk.learn(CHUNK_BYTES_MAX);
        }
        chunk.make_room(&mut buffer);
        assert!(buffer.capacity() >= CHUNK_BYTES_MAX);
        for _ in 0..10 {
            chunk.learn(2);
        }
        chunk.make_room(&mut buffer);
        assert!((CHUNK_BYTES_MIN / 4..=4 * CHUNK_BYTES_MIN).contains(&buffer.capacity()));
    }

    #[test]
    fn there_is_always_room_to_read_into() {
        let chunk = Chunk::default();
        let mut buffer = BytesMut::new();
        for _ in 0..1_000 {
            chunk.make_room(&mut buffer);
            assert!(buffer.capacity() > buffer.len());
            buffer.extend_from_slice(&[0; 100]);
        }
    }
}

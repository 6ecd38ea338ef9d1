//! The writing half of a session: takes what waits on the line and writes it with as few calls as possible.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use metrics::Counter;
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::time::timeout;

use super::end::End;
use super::line::{Drained, Line};
use crate::handshake::Stream;

/// A buffer that had to grow beyond this is not kept: idle sessions are many.
const BUFFER_BYTES_KEPT: usize = 4 * 1024;

/// How long a farewell (close_notify) may take. The client may be gone already.
const FAREWELL_MAX: Duration = Duration::from_secs(1);

pub(crate) struct Writer {
    line: Arc<Line>,
    half: WriteHalf<Stream>,
    buffer: BytesMut,
    write_timeout: Duration,
    confirmed: Counter,
}

impl Writer {
    pub(crate) fn new(
        line: Arc<Line>,
        half: WriteHalf<Stream>,
        write_timeout: Duration,
        confirmed: Counter,
    ) -> Self {
        Self { line, half, buffer: BytesMut::new(), write_timeout, confirmed }
    }

    /// Ends when the client cannot be written to, or when all that a drain waits for has left.
    pub(crate) async fn run(&mut self) -> End {
        loop {
            match self.line.drain(&mut self.buffer) {
                Drained::Nothing => self.line.to_write().await,
                Drained::Finished => return End::Shutdown,
                Drained::Bytes { pubacks } => {
                    if let Err(end) = self.write().await {
                        return end;
                    }
                    self.confirmed.increment(pubacks as u64);
                }
            }
        }
    }

    async fn write(&mut self) -> Result<(), End> {
        let writing = async {
            self.half.write_all(&self.buffer).await?;
            self.half.flush().await
        };
        timeout(self.write_timeout, writing).await.map_err(|_| End::WriteTimeout)?.map_err(End::Write)?;
        self.buffer.clear();
        if self.buffer.capacity() > BUFFER_BYTES_KEPT {
            self.buffer = BytesMut::new();
        }
        Ok(())
    }

    /// Says goodbye if the client still listens; failing is as good as being gone.
    pub(crate) async fn close(&mut self) {
        let _ = timeout(FAREWELL_MAX, self.half.shutdown()).await;
    }
}

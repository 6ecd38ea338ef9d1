//! The old register of logons, records of a fixed size. Pure.

use super::read::FILE_BYTES_MAX;
use crate::field::report::format::{Logon, Text};

/// As glibc lays it out on x86-64 and most others; where it differs, nothing is read.
const RECORD_BYTES: usize = 384;
const USER_PROCESS: u16 = 7;

/// The end of a file that is too long to be read whole may be cut inside a record.
pub(super) fn logons(bytes: &[u8]) -> Vec<Logon> {
    if bytes.len() < FILE_BYTES_MAX as usize && !bytes.len().is_multiple_of(RECORD_BYTES) {
        return Vec::new();
    }
    bytes.chunks_exact(RECORD_BYTES).filter_map(logon).collect()
}

fn logon(record: &[u8]) -> Option<Logon> {
    let kind = u16::from_ne_bytes([record[0], record[1]]);
    let (line, user, host) = (text(&record[8..40]), text(&record[44..76]), text(&record[76..332]));
    let user = user.filter(|_| kind == USER_PROCESS)?;
    // An X display such as `:0` is where the graphical session is, and no host.
    let (method, place) = match host {
        Some(host) if !host.as_str().starts_with(':') => ("remote", Some(host)),
        Some(_) => ("graphical", line),
        None => ("console", line),
    };
    Some(Logon { user, method: Text::cut(method), place })
}

/// Ends with the first zero.
fn text(field: &[u8]) -> Option<Text> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let text: String = String::from_utf8_lossy(&field[..end]).chars().filter(|c| !c.is_control()).collect();
    (!text.is_empty()).then(|| Text::cut(&text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(kind: u16, line: &str, user: &str, host: &str) -> Vec<u8> {
        let mut record = vec![0; RECORD_BYTES];
        record[..2].copy_from_slice(&kind.to_ne_bytes());
        for (at, text) in [(8, line), (44, user), (76, host)] {
            record[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        record
    }

    #[test]
    fn a_file_that_was_cut_at_its_limit_is_read_up_to_there() {
        let mut bytes = record(USER_PROCESS, "tty1", "u17", "").repeat(1_000);
        bytes.truncate(FILE_BYTES_MAX as usize);
        assert!(!bytes.len().is_multiple_of(RECORD_BYTES));
        assert_eq!(logons(&bytes).len(), bytes.len() / RECORD_BYTES);
    }

    #[test]
    fn users_are_found_among_other_records() {
        let mut bytes = record(2, "~", "reboot", "6.1");
        bytes.extend(record(USER_PROCESS, "tty1", "u17", ""));
        bytes.extend(record(USER_PROCESS, "pts/0", "u18", "192.0.2.7"));
        bytes.extend(record(USER_PROCESS, "tty7", "u19", ":0"));
        let shown: Vec<String> = logons(&bytes)
            .iter()
            .map(|who| {
                format!(
                    "{} {} {}",
                    who.user.as_str(),
                    who.method.as_str(),
                    who.place.as_ref().unwrap().as_str()
                )
            })
            .collect();
        assert_eq!(shown, ["u17 console tty1", "u18 remote 192.0.2.7", "u19 graphical tty7"]);
        assert!(logons(&bytes[1..]).is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..3 * RECORD_BYTES)) {
            let whole = bytes.len() / RECORD_BYTES * RECORD_BYTES;
            logons(&bytes);
            prop_assert!(logons(&bytes[..whole]).len() <= 3);
        }
    }
}

//! Which `Host` a request may name. The page has no login, so a web page in a browser of this machine must not be able to
//! read it by a name of its own that leads to loopback (DNS rebinding). Pure.

use std::net::IpAddr;

/// Whether it is a name of loopback, with any port or none.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, "")) => name,
            Some((name, port)) if port.strip_prefix(':').is_some_and(is_port) => name,
            _ => return false,
        },
        None => match host.split_once(':') {
            Some((name, port)) if is_port(port) => name,
            Some(_) => return false,
            None => host,
        },
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_loopback_and_no_others() {
        for sound in ["localhost", "LOCALHOST:9640", "127.0.0.1", "127.0.0.1:9640", "[::1]:9640", "[::1]"] {
            assert!(is_loopback(sound), "{sound}");
        }
        let foreign = [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil:80",
            "127.0.0.1:x",
            "[::1",
            "192.0.2.1",
            "[::1]x",
        ];
        for foreign in foreign {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in "\\PC{0,40}") {
            let _ = is_loopback(&text);
        }

        #[test]
        fn no_public_name_passes(name in "[a-z]{1,10}\\.[a-z]{2,5}", port: u16) {
            let host = format!("{name}:{port}");
            prop_assert!(!is_loopback(&host));
        }
    }
}

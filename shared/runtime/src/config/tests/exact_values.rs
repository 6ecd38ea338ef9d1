//! Every value type takes what it should and says what it wants instead.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::*;
use crate::config::{FromValue, Parsed};

/// A file with the one required key `v`.
struct One<T>(T);

impl<T: FromValue> FromSection for One<T> {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        section.required("v").map(One)
    }
}

fn value<T: FromValue>(text: &str) -> T {
    taken::<One<T>>(&format!("v = {text}")).0
}

fn refusal<T: FromValue>(text: &str) -> String {
    let faults = faults::<One<T>>(&format!("v = {text}"));
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].strip_prefix("1:5 v: ").expect("the fault stands at the value").to_owned()
}

#[derive(Debug, PartialEq)]
enum Lane {
    Urgent,
    Routine,
}

#[derive(Debug)]
struct UnknownLane(String);

impl fmt::Display for UnknownLane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no lane; write urgent or routine", self.0)
    }
}

impl FromStr for Lane {
    type Err = UnknownLane;

    fn from_str(text: &str) -> Result<Self, UnknownLane> {
        match text {
            "urgent" => Ok(Self::Urgent),
            "routine" => Ok(Self::Routine),
            other => Err(UnknownLane(other.to_owned())),
        }
    }
}

#[test]
fn text_and_truth_are_read() {
    assert_eq!(value::<String>("\"a\\tb\""), "a\tb");
    assert_eq!(value::<String>("'''\nmany\nlines'''"), "many\nlines");
    assert!(value::<bool>("true"));
    assert_eq!(refusal::<String>("5"), "this is a whole number; write text in quotes");
    assert_eq!(refusal::<bool>("\"yes\""), "this is text; write true or false, without quotes");
}

#[test]
fn whole_numbers_keep_to_their_range() {
    assert_eq!(
        (value::<u8>("255"), value::<u16>("0xFFFF"), value::<u32>("4_000_000_000")),
        (255, 65_535, 4_000_000_000)
    );
    assert_eq!(
        (value::<i64>("-9223372036854775808"), value::<u64>("9223372036854775807")),
        (i64::MIN, i64::MAX as u64)
    );
    assert_eq!(value::<usize>("12"), 12);
    assert_eq!(refusal::<u8>("256"), "256 does not fit; write a whole number from 0 to 255");
    assert_eq!(refusal::<u64>("-1"), format!("-1 does not fit; write a whole number from 0 to {}", i64::MAX));
    assert_eq!(
        refusal::<u16>("1.0"),
        "this is a number with a fraction; write a whole number from 0 to 65535"
    );
}

#[test]
fn numbers_with_a_fraction_are_finite_and_exact() {
    assert_eq!((value::<f64>("0.25"), value::<f64>("-3"), value::<f64>("1e3")), (0.25, -3.0, 1_000.0));
    assert_eq!(refusal::<f64>("nan"), "NaN is not finite; write a number");
    assert_eq!(refusal::<f64>("inf"), "inf is not finite; write a number");
    assert!(refusal::<f64>("9007199254740993").contains("too large to be exact"));
    assert_eq!(refusal::<f64>("\"1\""), "this is text; write a number");
}

#[test]
fn durations_carry_their_unit() {
    assert_eq!(value::<Duration>("\"250ms\""), Duration::from_millis(250));
    assert!(refusal::<Duration>("5").starts_with("a duration needs a unit"));
    assert!(
        refusal::<Duration>("1.5")
            .starts_with("this is a number with a fraction; write a duration in quotes")
    );
    assert!(refusal::<Duration>("\"\"").contains("is not a duration"));
}

#[test]
fn paths_are_relative_to_the_file() {
    assert_eq!(value::<PathBuf>("\"tls/ca.pem\""), PathBuf::from("/etc/strongroom/tls/ca.pem"));
    assert_eq!(value::<PathBuf>("\"/var/lib/x\""), PathBuf::from("/var/lib/x"));
    assert_eq!(refusal::<PathBuf>("\"\""), "the path is empty; write a path in quotes");
    assert!(refusal::<PathBuf>("\"a\\u0000\"").contains("NUL"));
}

#[test]
fn addresses_are_numeric() {
    assert_eq!(value::<SocketAddr>("\"[::1]:1\""), SocketAddr::from_str("[::1]:1").unwrap());
    assert_eq!(value::<IpAddr>("\"127.0.0.1\""), IpAddr::from_str("127.0.0.1").unwrap());
    assert!(
        refusal::<SocketAddr>("\"localhost:1\"").starts_with("`localhost:1` is not an address with a port")
    );
    assert!(refusal::<IpAddr>("\"127.0.0.1:1\"").starts_with("`127.0.0.1:1` is not an IP address"));
    assert!(
        refusal::<SocketAddr>("8883").starts_with("this is a whole number; write an IP address and a port")
    );
}

#[test]
fn parsed_types_speak_for_themselves() {
    assert_eq!(value::<Parsed<Lane>>("\"urgent\"").0, Lane::Urgent);
    let lanes = value::<Vec<Parsed<Lane>>>("[\"routine\", 'urgent']");
    assert_eq!(lanes, [Parsed(Lane::Routine), Parsed(Lane::Urgent)]);
    assert_eq!(refusal::<Parsed<Lane>>("\"slow\""), "`slow` is no lane; write urgent or routine");
    assert_eq!(refusal::<Parsed<Lane>>("1"), "this is a whole number; write text in quotes");
}

#[test]
fn lists_report_every_faulty_element() {
    assert_eq!(value::<Vec<Vec<u8>>>("[[1, 2], [], [3]]"), [vec![1, 2], vec![], vec![3]]);
    let nested = faults::<One<Vec<Vec<u8>>>>("v = [[1, true],\n [\"x\"], 2]");
    assert_eq!(
        nested,
        [
            "1:10 v[0][1]: this is true or false; write a whole number from 0 to 255",
            "2:3 v[1][0]: this is text; write a whole number from 0 to 255",
            "2:9 v[2]: this is a whole number; write a list in brackets, each element a whole number from 0 to 255",
        ]
    );
}

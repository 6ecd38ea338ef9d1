//! `strongroom-edge probe` shows what a device says, or says what to do.

use std::fs;
use std::path::Path;

use clap::Parser;
use strongroom_edge::probe::{Answer, Arguments, Verdict, run};
use tokio::task::spawn_blocking;

use crate::libmodbus::{FOUR_TABLES, NullModem, Server};
use crate::line::{Line, Question, Says, answer, refusal, sealed};
use crate::rig::{PROFILE, words};

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

async fn probe(profile: &str, place: String) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.toml");
    fs::write(&file, profile).unwrap();
    let line = format!("probe --profile {} {place}", file.display());
    let arguments = CommandLine::parse_from(line.split_whitespace()).arguments;
    spawn_blocking(move || run(&arguments).unwrap()).await.unwrap()
}

fn serial(path: &Path, unit: u8) -> String {
    format!("--serial {} --baud 115200 --unit {unit} --timeout-ms 1000", path.display())
}

/// The cells of the line that begins with this word.
fn cells(answer: &Answer, word: &str) -> Vec<String> {
    let line = answer.text.lines().find(|line| line.starts_with(word));
    let line = line.unwrap_or_else(|| panic!("no line {word} in\n{}", answer.text));
    line.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_device_shows_its_points_over_tcp_and_over_a_serial_line() {
    let modem = NullModem::start();
    let (server, _rtu) = (Server::tcp(7), Server::rtu(7, &modem.device));
    let tcp = format!("--address {} --unit 7", server.place);
    for place in [tcp, serial(&modem.edge, 7)] {
        let answer = probe(FOUR_TABLES, place).await;
        assert_eq!(answer.verdict, Verdict::Readable, "{}", answer.text);
        assert_eq!(cells(&answer, "contact"), ["contact", "door.contact", "0x0001", "open", "good"]);
        assert_eq!(cells(&answer, "pair"), ["pair", "panel.wrong_codes", "0x0001_0002", "65538", "good"]);
        assert_eq!(cells(&answer, "supply"), ["supply", "door.supply", "0x04d2", "12.34", "V", "good"]);
        assert_eq!(cells(&answer, "tamper"), ["tamper", "door.tamper", "1", "yes", "good"]);
        // On a serial line libmodbus does not even refuse what it does not know.
        assert!(answer.text.contains("not given"), "{}", answer.text);
        assert!(answer.text.contains("heartbeat"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_device_says_what_it_is() {
    let line = Line::start(|asked| {
        Says::Now(match asked.function {
            0x2B => sealed(b"\x07\x2B\x0E\x01\x01\x00\x00\x02\x00\x04Acme\x02\x04v1.2".to_vec()),
            _ => answer(asked, &words(7, 1, 0)),
        })
    });
    let answer = probe(PROFILE, serial(&line.path, 7)).await;
    assert_eq!(cells(&answer, "identity"), ["identity", "Acme,", "v1.2"]);
}

/// What is said of a line whose units answer like this.
async fn remedy(script: impl Fn(Question) -> Says + Send + Sync + 'static) -> String {
    let line = Line::start(script);
    let answer = probe(PROFILE, serial(&line.path, 7)).await;
    assert_eq!(answer.verdict, Verdict::Unreadable);
    answer.text
}

#[tokio::test]
async fn each_failure_says_what_to_do() {
    let foreign = |no: usize, word: u16| {
        move |asked: Question| {
            let mut words = words(7, 1, 0);
            words[no] = word;
            Says::Now(answer(asked, &words))
        }
    };
    assert!(remedy(|_| Says::Nothing).await.contains("is the unit right"));
    assert!(remedy(|_| Says::Now(vec![0x55; 12])).await.contains("baud rate"));
    assert!(remedy(foreign(3, 9)).await.contains("set the unit at the device"));
    assert!(remedy(foreign(1, 9)).await.contains("the right profile"));
    let wide = PROFILE.to_owned()
        + "[[points]]\nname = \"tamper\"\nkind = \"door.tamper\"\nregister = 300\nbit = 0\n";
    let line = Line::start(|asked| {
        let mut words = words(7, 1, 0);
        words[1] = 2;
        Says::Now(if asked.start < 300 { answer(asked, &words) } else { refusal(asked, 2) })
    });
    let other = probe(&wide, serial(&line.path, 7)).await.text;
    assert!(other.contains("foreign device") && other.contains("the right profile"), "{other}");
    assert!(!other.contains("manual"), "{other}");
    let lacking = remedy(|asked| Says::Now(refusal(asked, 2))).await;
    assert!(lacking.contains("FAILED while reading input 0 to 8") && lacking.contains("manual"), "{lacking}");
    assert!(remedy(|asked| Says::Now(refusal(asked, 0x0B))).await.contains("gateway"));
    let nobody = probe(PROFILE, "--address 127.0.0.1:1 --unit 7".to_owned()).await;
    assert!(nobody.text.contains("Nobody listens there"), "{}", nobody.text);
    let no_port = probe(PROFILE, serial(Path::new("/nowhere"), 7)).await;
    assert!(no_port.text.contains("Is the adapter plugged in"), "{}", no_port.text);
}

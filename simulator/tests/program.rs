//! The program itself, as a person or another program starts and drives it.
#![allow(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const SITE: &str = r#"
name = "test room"
control = "sim.sock"
scenario = "scenario.toml"
[device.panel-1]
class = "panel"
listen = "127.0.0.1:0"
[device.door-1]
class = "door"
listen = "127.0.0.1:0"
unit = 3
"#;

const SCENARIO: &str = r#"
[[step]]
at = "100ms"
note = "at night"
device = "door-1"
do = "force"
"#;

const PATIENCE: Duration = Duration::from_secs(30);

struct Program {
    dir: TempDir,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

fn sim() -> Command {
    Command::new(env!("CARGO_BIN_EXE_strongroom-sim"))
}

fn write_site(dir: &Path) -> PathBuf {
    let site = dir.join("site.toml");
    std::fs::write(&site, SITE).unwrap();
    std::fs::write(dir.join("scenario.toml"), SCENARIO).unwrap();
    site
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Program {
    fn start(more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let site = write_site(dir.path());
        let ports = dir.path().join("ports.json");
        let mut command = sim();
        command.arg("run").arg("--config").arg(site).arg("--ports-file").arg(ports).args(more);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { dir, child, lines }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// Reads on to the next line that contains `part`.
    fn line_with(&mut self, part: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(part) {
                return line;
            }
        }
    }

    fn ports(&self) -> BTreeMap<String, std::net::SocketAddr> {
        let begin = Instant::now();
        while !self.path("ports.json").exists() {
            assert!(begin.elapsed() < PATIENCE, "never a ports file");
            std::thread::sleep(Duration::from_millis(5));
        }
        serde_json::from_slice(&std::fs::read(self.path("ports.json")).unwrap()).unwrap()
    }

    fn control(&self, command: &str, arguments: &[&str]) -> Output {
        sim().arg(command).arg("--control").arg(self.path("sim.sock")).args(arguments).output().unwrap()
    }

    fn terminate(&mut self) -> ExitStatus {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Most often it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line without its time, which depends on how busy the machine is.
fn untimed(line: &str) -> String {
    let (time, rest) = line.split_once("s  ").unwrap();
    assert!(time.trim().parse::<f64>().is_ok(), "{line}");
    rest.to_owned()
}

#[test]
fn it_tells_where_devices_listen_and_what_happens() {
    let mut program = Program::start(&[]);
    assert_eq!(untimed(&program.line()), "-- test room is up, 2 devices");
    let door = untimed(&program.line());
    let ports = program.ports();
    assert_eq!(door, format!("door-1         door, unit 3, listens on {}", ports["door-1"]));
    assert_eq!(ports.len(), 2);
    assert_eq!(untimed(&program.line_with("--")), "-- at night");
    assert_eq!(untimed(&program.line()), "door-1         forced open");
    assert_eq!(untimed(&program.line()), "-- the scenario is over, the site goes on");
    assert!(program.terminate().success());
    assert!(!program.path("sim.sock").exists(), "the control socket is removed");
}

#[test]
fn what_happens_can_be_read_as_json() {
    let mut program = Program::start(&["--json"]);
    let forced: serde_json::Value = serde_json::from_str(&program.line_with("forced")).unwrap();
    assert_eq!((forced["device"].as_str(), forced["says"].as_str()), (Some("door-1"), Some("forced open")));
    assert!(forced["at_s"].as_f64().is_some_and(|at_s| at_s >= 0.1));
}

#[test]
fn it_is_driven_by_hand_over_its_control_socket() {
    let mut program = Program::start(&[]);
    program.line_with("the scenario is over");
    let mode = std::fs::metadata(program.path("sim.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let closed = program.control("do", &["door-1", "close"]);
    assert_eq!((closed.status.code(), text(&closed.stdout)), (Some(0), "door-1: closed\n".to_owned()));
    let granted = program.control("do", &["door-1", "grant", "4711"]);
    assert!(text(&granted.stdout).starts_with("door-1: credential 4711 outside: granted"));
    let set = program.control("set", &["panel-1.zone_state[3]=alarm", "panel-1.mains_v=0"]);
    assert!(text(&set.stdout).starts_with("panel-1: zone_state[3] = alarm\n"), "{}", text(&set.stdout));

    let shown = text(&program.control("show", &["panel-1"]).stdout);
    let row = |name: &str| {
        let line = shown.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(shown.starts_with(&format!("panel-1  (panel, unit 1, {}, runs)\n", program.ports()["panel-1"])));
    assert_eq!(row("zone_state[3]"), ["zone_state[3]", "35", "alarm", "1"]);
    assert_eq!(row("mains_v"), ["mains_v", "12", "0.0", "V", "0", "held", "by", "hand"]);
    let all = text(&program.control("show", &[]).stdout);
    assert!(all.contains("panel-1  (") && all.contains("door-1  ("));
}

#[test]
fn what_cannot_be_done_is_explained_and_changes_nothing() {
    let mut program = Program::start(&[]);
    program.line_with("the scenario is over");
    for (command, arguments, reason) in [
        ("do", vec!["door-3", "open"], "no device `door-3`; there are: door-1, panel-1"),
        ("show", vec!["door-3"], "no device `door-3`; there are: door-1, panel-1"),
        ("do", vec!["door-1", "fly"], "door-1: a door cannot `fly`; it can: grant,"),
        ("set", vec!["door-1.contact"], "`door-1.contact` is no assignment; write DEVICE.SIGNAL=VALUE"),
        ("set", vec!["contact=open"], "`contact` names no signal; write DEVICE.SIGNAL"),
        ("set", vec!["door-1.contact=ajar"], "door-1.contact: `ajar` is none of: closed, open, shorted, cut"),
        (
            "set",
            vec!["door-1.occupancy=7", "door-1.psu_v=-1"],
            "door-1.psu_v: `-1` is outside 0.00 to 655.35 V",
        ),
        ("set", vec!["door-1.contact=auto"], "door-1.contact is no value of the device's program"),
    ] {
        let refused = program.control(command, &arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        let said = text(&refused.stderr);
        assert!(said.starts_with(&format!("strongroom-sim: {reason}")), "{said}");
    }
    let shown = text(&program.control("show", &["door-1"]).stdout);
    let occupancy = shown.lines().find(|line| line.contains("occupancy")).unwrap();
    assert_eq!(occupancy.split_whitespace().collect::<Vec<_>>(), ["occupancy", "16", "0", "0"]);
}

#[test]
fn a_socket_that_was_left_behind_is_replaced_and_one_in_use_is_not() {
    let mut first = Program::start(&[]);
    first.line_with("the scenario is over");
    let second = sim().arg("run").arg("--config").arg(first.path("site.toml")).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("another simulator answers on the control socket"), "{second:?}");

    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert!(first.path("sim.sock").exists(), "a killed process leaves its socket");
    let site = first.path("site.toml");
    let third = sim().arg("run").arg("--config").arg(site).stdout(Stdio::piped()).spawn().unwrap();
    first.child = third;
    first.lines = BufReader::new(first.child.stdout.take().unwrap()).lines();
    first.line_with("the scenario is over");
    assert!(first.control("show", &[]).status.success());
    assert!(first.terminate().success());
}

#[test]
fn check_prints_faults_and_says_so_in_its_status() {
    let dir = tempfile::tempdir().unwrap();
    let site = write_site(dir.path());
    let good = sim().arg("check").arg("--config").arg(&site).output().unwrap();
    assert_eq!(
        (good.status.code(), text(&good.stdout)),
        (Some(0), format!("{} is in order; devices: 2, scenario steps: 1\n", site.display()))
    );

    std::fs::write(dir.path().join("scenario.toml"), SCENARIO.replace("door-1", "door-9")).unwrap();
    let bad = sim().arg("check").arg("--config").arg(&site).output().unwrap();
    assert_eq!(bad.status.code(), Some(2));
    assert!(text(&bad.stderr).contains("scenario.toml:2:1: step[0].do: no device `door-9`"), "{bad:?}");

    std::fs::write(
        &site,
        SITE.replace("class = \"door\"", "class = \"dor\"").replace("unit = 3", "unit = 0"),
    )
    .unwrap();
    let bad = sim().arg("run").arg("--config").arg(&site).output().unwrap();
    assert_eq!(bad.status.code(), Some(2));
    assert_eq!(text(&bad.stderr).lines().count(), 2, "{bad:?}");
    let missing = sim().arg("check").arg("--config").arg(dir.path().join("none.toml")).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("cannot read"), "{missing:?}");
}

#[test]
fn help_explains_itself_to_a_newcomer() {
    let long = text(&sim().arg("--help").output().unwrap().stdout);
    assert!(long.contains("Examples:") && long.contains("strongroom-sim run --config"));
    let actions = text(&sim().args(["do", "--help"]).output().unwrap().stdout);
    assert!(actions.contains("Actions of class door:") && actions.contains("grant [CREDENTIAL]"));
}

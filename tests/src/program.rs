//! Where the programs under test lie: beside this test, in the same build.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// `strongroom-hub`, `strongroom-edge` or `strongroom-sim`.
pub fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    // target/PROFILE/deps/TEST: the programs lie two steps up. A bench lies beside them.
    let folders = test.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("there is no {name} near {}: build it first with `cargo build --bins`", test.display())
    })
}

/// Ready to get its arguments.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(path(name));
    command.stdin(Stdio::null());
    command
}

/// What a program that ended by itself said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn run(name: &str, arguments: &[&str]) -> Said {
    let output =
        command(name).args(arguments).output().unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
    Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Its standard output; anything but success fails the test.
pub fn run_well(name: &str, arguments: &[&str]) -> String {
    let said = run(name, arguments);
    assert_eq!(said.code, Some(0), "{name} {arguments:?} failed:\n{}{}", said.out, said.err);
    said.out
}

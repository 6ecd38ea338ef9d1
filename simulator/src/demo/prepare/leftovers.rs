//! Processes that a former demo in the same folder left behind because it was killed and could not end them. Nobody else's
//! process is touched: program and configuration must be those that were written down.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use crate::demo::crew::STOP_GRACE;
use crate::demo::crew::record::{CHILDREN_FILE, Children};

const LOOK_AGAIN: Duration = Duration::from_millis(20);

struct Leftover {
    pid: i32,
    program: PathBuf,
    config: PathBuf,
}

impl Leftover {
    /// The process id may belong to somebody else by now.
    fn runs(&self) -> bool {
        let proc = PathBuf::from(format!("/proc/{}", self.pid));
        let program = fs::read_link(proc.join("exe")).is_ok_and(|exe| is_program(&exe, &self.program));
        let arguments = fs::read(proc.join("cmdline")).unwrap_or_default();
        program && has_argument(&arguments, &self.config)
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.runs()) {
            // It may have ended in the meantime, which is what is wanted.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Ends what is left of the demo that wrote down its processes in `folder`; says how many there were.
pub async fn end(folder: &Path) -> usize {
    let Ok(text) = fs::read_to_string(folder.join(CHILDREN_FILE)) else {
        return 0;
    };
    let Ok(children) = serde_json::from_str::<Children>(&text) else {
        return 0;
    };
    let leftovers = children.children.into_iter().filter_map(|child| {
        let pid = i32::try_from(child.pid).ok()?;
        Some(Leftover { pid, program: child.program, config: child.config })
    });
    let leftovers: Vec<Leftover> = leftovers.filter(Leftover::runs).collect();
    leftovers.iter().for_each(|leftover| leftover.signal(Signal::TERM));
    if !have_ended(&leftovers).await {
        leftovers.iter().for_each(|leftover| leftover.signal(Signal::KILL));
        have_ended(&leftovers).await;
    }
    leftovers.len()
}

async fn have_ended(leftovers: &[Leftover]) -> bool {
    let patience = Instant::now() + STOP_GRACE;
    while leftovers.iter().any(Leftover::runs) {
        if Instant::now() >= patience {
            return false;
        }
        sleep(LOOK_AGAIN).await;
    }
    true
}

/// A program that was built again since is shown as `/path/program (deleted)`.
fn is_program(exe: &Path, program: &Path) -> bool {
    let exe = exe.to_string_lossy();
    Path::new(exe.strip_suffix(" (deleted)").unwrap_or(&exe)) == program
}

fn has_argument(arguments: &[u8], wanted: &Path) -> bool {
    arguments.split(|byte| *byte == 0).any(|argument| argument == wanted.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A process that waits, with one argument more that tells it apart. Its arguments are in `/proc` only once it runs, a
    /// moment after it was started, so it says when.
    fn waiting(argument: &Path) -> Child {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo runs; read line", "sh"]).arg(argument);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut word = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut word).unwrap();
        assert_eq!(word, "runs\n");
        child
    }

    fn leftover(child: &Child, config: &Path) -> Leftover {
        let pid = i32::try_from(child.id()).unwrap();
        let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap();
        Leftover { pid, program, config: config.into() }
    }

    #[tokio::test]
    async fn only_the_process_that_was_written_down_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (dir.path().join("edge.toml"), dir.path().join("other.toml"));
        let (mut first, mut second) = (waiting(&ours), waiting(&theirs));
        // The second process has the same program and another configuration: its number was given away anew.
        let rows = [leftover(&first, &ours), leftover(&second, &ours)].map(|leftover| {
            format!(
                r#"{{"name":"edge","pid":{},"program":{:?},"config":{:?}}}"#,
                leftover.pid, leftover.program, leftover.config
            )
        });
        let text = format!(r#"{{"demo":1,"children":[{}]}}"#, rows.join(","));
        fs::write(dir.path().join(CHILDREN_FILE), text).unwrap();
        // A child that nobody waits for stays in the list of processes, so it is waited for meanwhile.
        let reaper = std::thread::spawn(move || first.wait().unwrap());
        assert_eq!(end(dir.path()).await, 1);
        assert!(!reaper.join().unwrap().success());
        assert!(second.try_wait().unwrap().is_none(), "it still runs");
        second.kill().unwrap();
        second.wait().unwrap();
    }

    #[tokio::test]
    async fn a_folder_without_a_list_has_no_leftovers() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(end(dir.path()).await, 0);
        fs::write(dir.path().join(CHILDREN_FILE), "{ half").unwrap();
        assert_eq!(end(dir.path()).await, 0);
    }

    #[test]
    fn a_program_that_was_built_again_is_the_same() {
        assert!(is_program(Path::new("/t/strongroom-hub"), Path::new("/t/strongroom-hub")));
        assert!(is_program(Path::new("/t/strongroom-hub (deleted)"), Path::new("/t/strongroom-hub")));
        assert!(!is_program(Path::new("/t/strongroom-edge"), Path::new("/t/strongroom-hub")));
    }
}

//! An fsync that fails once ends the hub: what hung on it is not confirmed, and the same file is never synced again, because
//! a second fsync would say yes about data that is gone.

use std::fs;
use std::path::Path;
use std::process::Command;

use strongroom_tests::process::Process;
use strongroom_tests::site::Site;
use strongroom_tests::wait::until;

const STORAGE_FAILED: i32 = 74;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_confirmed_and_nothing_is_tried_again() {
    let mut site = Site::with_edges(&["edge-1"]).await;
    let mut client = site.edge_client("edge-1");
    client.event("door-1:handle", "yes");
    client.connect_and_deliver().await.unwrap();

    let trace = site.folder().join("fsync.trace");
    let Some(_saboteur) = sabotage(site.hub.process().pid(), &trace, site.folder()).await else { return };
    client.event("door-1:handle", "no");
    let refused = client.deliver().await;
    assert!(refused.is_err(), "what was not synced was confirmed");
    assert_eq!(site.hub.ended().await.code(), Some(STORAGE_FAILED));
    assert!(site.hub.log().contains("Input/output error"), "the log says why");
    never_again(&fs::read_to_string(&trace).unwrap());

    site.restart_hub().await;
    let resume = client.connect().await.unwrap();
    assert!(client.lost(&resume).is_empty(), "confirmed and lost: {:?}", client.lost(&resume));
    client.deliver().await.unwrap();
    let records = site.api().records("edge-1").await;
    assert!(records.len() == 2 && records.values().all(|times| *times == 1), "{records:?}");
}

/// From now on the first fsync of each thread fails.
async fn sabotage(pid: u32, trace: &Path, folder: &Path) -> Option<Process> {
    if Command::new("strace").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `strace` here, which makes an fsync fail");
        return None;
    }
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-p", &pid.to_string(), "-e", "trace=fsync,fdatasync"]);
    command.args(["-e", "inject=fsync,fdatasync:error=EIO:when=1", "-o"]).arg(trace);
    let mut process = Process::start("strace", &mut command, &folder.join("strace.log"));
    let attached = until("strace to be attached", async || match (process.log(), process.has_ended()) {
        (log, None) if log.contains(" attached") => Ok(true),
        (_, Some(_)) => Ok(false),
        (log, None) => Err(log),
    })
    .await;
    if !attached {
        eprintln!("skipped: strace may not attach here: {}", process.log());
        return None;
    }
    Some(process)
}

/// No file is synced again after it failed.
fn never_again(trace: &str) {
    let path = |line: &str| Some(line.split_once('<')?.1.split_once('>')?.0.to_owned());
    let mut failed = Vec::new();
    for line in trace.lines().filter(|line| line.contains("sync(")) {
        let Some(path) = path(line) else { continue };
        assert!(!failed.contains(&path), "{path} was synced again after it had failed:\n{trace}");
        if line.contains("(INJECTED)") {
            failed.push(path);
        }
    }
    assert!(!failed.is_empty(), "no fsync failed:\n{trace}");
}

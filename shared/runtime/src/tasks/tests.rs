//! One task that ends wrongly ends all, by name; those who miss the grace period are named too.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::*;

/// Long enough that no test ever waits it out.
const GENEROUS: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

#[derive(Debug, thiserror::Error)]
#[error("the disk is gone")]
struct DiskGone;

/// A group with two tasks that end as they should, and count it.
fn group() -> (TaskGroup, Shutdown, Arc<AtomicUsize>) {
    let shutdown = Shutdown::new();
    let mut group = TaskGroup::new(shutdown.clone());
    let ended = Arc::new(AtomicUsize::new(0));
    for name in ["poller", "sender"] {
        let (shutdown, ended) = (shutdown.clone(), Arc::clone(&ended));
        group.spawn(name, async move {
            shutdown.wait().await;
            ended.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Infallible>(())
        });
    }
    (group, shutdown, ended)
}

#[tokio::test]
async fn a_failure_ends_the_others_and_keeps_its_cause() {
    let (mut group, shutdown, ended) = group();
    group.spawn("committer", async { Err(DiskGone) });
    let failure = group.run(GENEROUS).await.unwrap_err();
    assert_eq!(failure.to_string(), "task `committer` failed");
    assert_eq!(failure.source().unwrap().to_string(), "the disk is gone");
    assert!(shutdown.begun());
    assert_eq!(ended.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_panic_ends_the_others_and_keeps_its_message() {
    let (mut group, _, ended) = group();
    let part = 7;
    group.spawn::<_, Infallible>("correlator", async move { panic!("part {part} has no state") });
    let failure = group.run(GENEROUS).await.unwrap_err();
    assert_eq!(failure.to_string(), "task `correlator` panicked: part 7 has no state");
    assert_eq!(ended.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_quiet_end_before_the_shutdown_counts_as_a_failure() {
    let (mut group, _, ended) = group();
    group.spawn("uplink", async { Ok::<(), Infallible>(()) });
    let failure = group.run(GENEROUS).await.unwrap_err();
    assert!(matches!(failure, TaskFailure::EndedEarly { task: "uplink" }));
    assert_eq!(ended.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_shutdown_from_outside_is_a_good_end() {
    let (group, shutdown, ended) = group();
    let running = tokio::spawn(group.run(GENEROUS));
    shutdown.begin();
    running.await.unwrap().unwrap();
    assert_eq!(ended.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_group_without_tasks_waits_for_the_shutdown() {
    let shutdown = Shutdown::new();
    let running = tokio::spawn(TaskGroup::new(shutdown.clone()).run(GENEROUS));
    assert!(!running.is_finished());
    shutdown.begin();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_failure_after_the_shutdown_began_is_still_one() {
    let (mut group, shutdown, _) = group();
    let begun = shutdown.clone();
    group.spawn("spool", async move {
        begun.wait().await;
        Err(DiskGone)
    });
    shutdown.begin();
    let failure = group.run(GENEROUS).await.unwrap_err();
    assert!(matches!(failure, TaskFailure::Failed { task: "spool", .. }));
}

#[tokio::test]
async fn threads_follow_the_same_rules() {
    let (mut group, _, ended) = group();
    group.spawn_thread("committer", || Err(DiskGone)).unwrap();
    let failure = group.run(GENEROUS).await.unwrap_err();
    assert!(matches!(failure, TaskFailure::Failed { task: "committer", .. }));
    assert_eq!(ended.load(Ordering::SeqCst), 2);

    let mut group = TaskGroup::new(Shutdown::new());
    group.spawn_thread::<_, Infallible>("correlator", || panic!("no state")).unwrap();
    let failure = group.run(GENEROUS).await.unwrap_err();
    assert_eq!(failure.to_string(), "task `correlator` panicked: no state");

    let mut group = TaskGroup::new(Shutdown::new());
    group.spawn_thread("writer", || Ok::<(), Infallible>(())).unwrap();
    let failure = group.run(GENEROUS).await.unwrap_err();
    assert!(matches!(failure, TaskFailure::EndedEarly { task: "writer" }));
}

#[tokio::test]
async fn a_thread_carries_its_name() {
    let mut group = TaskGroup::new(Shutdown::new());
    let (tell, told) = oneshot::channel();
    let work = move || tell.send(thread::current().name().map(str::to_owned)).map_err(|_| DiskGone);
    group.spawn_thread("committer", work).unwrap();
    assert_eq!(told.await.unwrap().as_deref(), Some("committer"));
}

#[tokio::test]
async fn whoever_misses_the_grace_period_is_named() {
    let (mut group, shutdown, ended) = group();
    let (release, released) = mpsc::channel::<()>();
    group.spawn_thread("writer", move || released.recv()).unwrap();
    group.spawn("stubborn", pending::<Result<(), Infallible>>());
    shutdown.begin();
    let failure = group.run(SHORT).await.unwrap_err();
    assert!(matches!(&failure, TaskFailure::Late { tasks } if *tasks == ["stubborn", "writer"]));
    assert_eq!(failure.to_string(), "not finished within the grace period: stubborn, writer");
    assert_eq!(ended.load(Ordering::SeqCst), 2, "the others ended in time");
    drop(release);
}

#[tokio::test]
async fn the_first_failure_is_the_one_that_is_returned() {
    let (mut group, _, _) = group();
    group.spawn("first", async { Err(DiskGone) });
    group.spawn("stubborn", pending::<Result<(), Infallible>>());
    let failure = group.run(SHORT).await.unwrap_err();
    assert!(matches!(failure, TaskFailure::Failed { task: "first", .. }));
}

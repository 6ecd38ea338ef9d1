//! A full spool gives up what the hub has, then the oldest routine records, urgent ones last; and it says so.

use strongroom_edge::spool::{Batch, Wait};
use wire::{Gap, GapReason, Lane, Record, Seq};

use crate::bench::{Running, bulky, numbers, verify_chain};
use power_cut::{Disk, Fate};

const ROOM: u64 = 100_000;

async fn filled(count: i64) -> Running {
    let spool = Running::on_disk(Disk::new(Vec::new(), Fate::Spared), ROOM).unwrap();
    for number in 0..count {
        spool.append([bulky(Lane::Urgent, number), bulky(Lane::Routine, number)]).await;
    }
    spool
}

fn gaps(records: &[Record]) -> Vec<Gap> {
    let gap = |record: &Record| match record {
        Record::Gap(gap) => Some(gap.clone()),
        _ => None,
    };
    records.iter().filter_map(gap).collect()
}

#[tokio::test]
async fn the_oldest_routine_records_go_and_are_named() {
    let spool = filled(150).await;
    let urgent = spool.records(Lane::Urgent).await;
    assert_eq!(
        numbers(&urgent),
        (0..150).collect::<Vec<_>>(),
        "no urgent record goes while there are routine ones"
    );
    let routine = spool.all(Lane::Routine).await;
    verify_chain(Lane::Routine, spool.epoch(), &routine);
    let oldest = routine[0].first;
    assert!(oldest > Seq::FIRST);

    let gaps = gaps(&urgent);
    let mut expected = Seq::FIRST;
    for gap in &gaps {
        assert_eq!((gap.lane, gap.first, gap.reason), (Lane::Routine, expected, GapReason::SpoolFull));
        expected = gap.next;
    }
    assert_eq!(expected, oldest, "the gaps name exactly what is missing");
    let first_kept = wire::Envelope::decode(&routine[0].bytes).unwrap();
    assert_eq!(gaps.last().unwrap().after, first_kept.header.previous, "and the hashes at the edge");
    assert_eq!(gaps[0].before, wire::Digest::origin(&crate::bench::edge(), spool.epoch(), Lane::Routine));
    spool.stop().unwrap();
}

#[tokio::test]
async fn what_the_hub_has_goes_first_and_needs_no_gap() {
    let spool = filled(100).await;
    let next = spool.handle.tails().borrow().next;
    spool.handle.confirmed(Lane::Urgent, next[0]).await.unwrap();
    let oldest_routine = spool.all(Lane::Routine).await[0].first;
    let gaps_before = gaps(&spool.records(Lane::Urgent).await).len();
    for number in 100..200 {
        spool.append([bulky(Lane::Routine, number)]).await;
    }
    spool.routine_reaches(200).await;
    assert_eq!(
        spool.all(Lane::Routine).await[0].first,
        oldest_routine,
        "confirmed urgent records went instead"
    );
    let urgent = spool.all(Lane::Urgent).await;
    assert!(urgent[0].first > Seq::FIRST);
    assert!(gaps(&spool.records(Lane::Urgent).await).len() <= gaps_before);
    spool.stop().unwrap();
}

#[tokio::test]
async fn urgent_records_go_last_and_what_they_explained_stays_explained() {
    let spool = filled(150).await;
    for number in 150..800 {
        spool.append([bulky(Lane::Urgent, number)]).await;
    }
    let urgent = spool.all(Lane::Urgent).await;
    verify_chain(Lane::Urgent, spool.epoch(), &urgent);
    let records = spool.records(Lane::Urgent).await;
    assert_eq!(*numbers(&records).last().unwrap(), 799);
    assert!(spool.all(Lane::Routine).await.is_empty());
    assert!(
        records.iter().any(|record| matches!(record, Record::Opened(_))),
        "why the epoch began is still told"
    );

    for lane in Lane::ALL {
        let gaps = gaps(&records);
        let mut of_lane: Vec<_> = gaps.iter().filter(|gap| gap.lane == lane).collect();
        of_lane.sort_by_key(|gap| gap.first);
        let reached = of_lane.iter().fold(Seq::FIRST, |reached, gap| {
            assert!(gap.first <= reached, "{lane}: nothing between {reached} and {} is explained", gap.first);
            reached.max(gap.next)
        });
        let oldest = match lane {
            Lane::Urgent => urgent[0].first,
            Lane::Routine => spool.handle.tails().borrow().next[1],
        };
        assert_eq!(reached, oldest, "{lane}: all that is missing is explained");
    }
    spool.stop().unwrap();
}

#[tokio::test]
async fn routine_records_leave_a_quarter_to_the_urgent_lane() {
    let spool = filled(0).await;
    for number in 0..400 {
        let batch =
            Batch { entries: vec![bulky(Lane::Routine, number)], wait: Wait::AllNow, ..Batch::default() };
        spool.handle.append(batch).await.unwrap();
    }
    let routine: u64 =
        spool.all(Lane::Routine).await.iter().map(|stored| stored.bytes.len() as u64 + 64).sum();
    assert!(
        (ROOM * 5 / 8..=ROOM * 3 / 4).contains(&routine),
        "{routine} bytes with next to no urgent record"
    );
    let lost = gaps(&spool.records(Lane::Urgent).await).len();
    assert!(lost > 0);
    for number in 0..10 {
        spool.append([bulky(Lane::Urgent, number)]).await;
    }
    let now = gaps(&spool.records(Lane::Urgent).await).len();
    assert_eq!(now, lost, "alarms find room without giving anything up");
    spool.stop().unwrap();
}

//! What a stranger announces costs nothing: memory follows the bytes that are there, never a length that is claimed, and
//! nesting takes no stack. A target of its own, because it looks at the memory of the whole process.

#![allow(clippy::unwrap_used)]

use std::thread;

use minicbor::{Decoder, Encoder};
use strongroom_wire::envelope::VERSION;
use strongroom_wire::heartbeat::SOFTWARE_BYTES_MAX;
use strongroom_wire::table::Assembled;
use strongroom_wire::{
    Envelope, EnvelopeError, Header, Heartbeat, PointTable, Record, Resume, TableAssembler, TablePart,
};

/// A valid message of each kind: the first inputs of the fuzz targets.
const ENVELOPE: &[u8] = include_bytes!("../fuzz/seeds/envelope/every_record");
const HEARTBEAT: &[u8] = include_bytes!("../fuzz/seeds/heartbeat/durable");
const RESUME: &[u8] = include_bytes!("../fuzz/seeds/resume/half_known");
const TABLE: &[u8] = include_bytes!("../fuzz/seeds/table/whole");
const PART: &[u8] = include_bytes!("../fuzz/seeds/table/one_part");
/// Where the bytes that a part carries begin: what they announce is nothing to whoever decodes the part.
const PART_CONTENT_AT: usize = 14;

/// Far above what the decoders need, far below what any of the announced lengths would take.
const GROWTH_MIB_MAX: u64 = 512;

/// From a length that could just be had to one that overflows every address.
const ANNOUNCED: [u64; 4] = [1 << 30, 1 << 32, 1 << 40, u64::MAX];

/// Too little for even one frame per level of the nesting below, and enough for every decoder.
const STACK_BYTES: usize = 128 * 1_024;
const LEVELS: usize = 3_000;

/// The most address space that this process ever had. A reservation counts even if it was never touched.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1_024
}

/// How many decoders accepted the bytes.
fn accepted(bytes: &[u8]) -> usize {
    let part = minicbor::decode::<TablePart>(bytes).inspect(|part| {
        TableAssembler::default().add(part);
    });
    let answers = [
        Envelope::decode(bytes).is_ok(),
        Heartbeat::decode(bytes).is_ok(),
        Resume::decode(bytes).is_ok(),
        PointTable::decode(bytes).is_ok(),
        minicbor::decode::<Header>(bytes).is_ok(),
        minicbor::decode::<Record>(bytes).is_ok(),
        minicbor::decode::<TableAssembler>(bytes).is_ok(),
        part.is_ok(),
    ];
    answers.into_iter().filter(|accepted| *accepted).count()
}

/// The message with the head of the byte string, text, array or map at this place replaced by one that announces more.
fn announcing(message: &[u8], at: usize, length: u64) -> Option<Vec<u8>> {
    let major = message[at] & 0b1110_0000;
    let head_bytes = match message[at] & 0b0001_1111 {
        0..24 => 1,
        24 => 2,
        25 => 3,
        _ => return None,
    };
    let rest = message.get(at + head_bytes..)?;
    (0x40..0xc0)
        .contains(&major)
        .then(|| [&message[..at], &[major | 27], &length.to_be_bytes(), rest].concat())
}

#[test]
fn announced_lengths_take_no_memory() {
    let before = peak_mib();
    let mut tried = 0;
    let whole = [ENVELOPE, HEARTBEAT, RESUME, TABLE].map(|message| (message, message.len()));
    for (message, end) in whole.into_iter().chain([(PART, PART_CONTENT_AT)]) {
        assert!(accepted(message) > 0, "the messages to begin with are valid");
        for (at, length) in (0..end).flat_map(|at| ANNOUNCED.map(|length| (at, length))) {
            let Some(announcing) = announcing(message, at, length) else { continue };
            assert_eq!(accepted(&announcing), 0, "{length} announced at {at} of {message:02x?}");
            tried += 1;
        }
    }
    assert!(tried > 1_000, "{tried}");
    let growth = peak_mib() - before;
    assert!(growth < GROWTH_MIB_MAX, "the address space grew by {growth} MiB");
}

/// What may stand where a newer version put something new, opened again and again and never closed.
fn nestings() -> Vec<Vec<u8>> {
    let closed = [[0x81].repeat(LEVELS), vec![0x00]].concat();
    let tagged = [[0xc1].repeat(LEVELS), vec![0x00]].concat();
    let mapped = [[0xa1, 0x00].repeat(LEVELS / 2), vec![0x00]].concat();
    let counted = [[0x82, 0x9f].repeat(LEVELS / 2), [0xff, 0x00].repeat(LEVELS / 4)].concat();
    vec![closed, tagged, mapped, counted, [0x9f].repeat(LEVELS), [0xbf].repeat(LEVELS), [0x5f].repeat(LEVELS)]
}

/// The frozen envelope's header, and one record of an unknown type with this body.
fn with_record_body(body: &[u8]) -> Vec<u8> {
    let mut d = Decoder::new(ENVELOPE);
    d.array().unwrap();
    d.u32().unwrap();
    let header: Header = d.decode().unwrap();
    let mut e = Encoder::new(Vec::new());
    e.array(3).unwrap().u32(VERSION).unwrap().encode(header).unwrap();
    e.array(1).unwrap().array(2).unwrap().u32(99).unwrap();
    [e.into_writer(), body.to_vec()].concat()
}

#[test]
fn nesting_takes_no_stack() {
    let deep = thread::Builder::new().stack_size(STACK_BYTES).spawn(|| {
        let accepted: Vec<bool> = nestings()
            .iter()
            .map(|body| {
                accepted(body);
                accepted([&[0xa1, 0x18, 0x63], body.as_slice()].concat().as_slice());
                Envelope::decode(&with_record_body(body)).is_ok()
            })
            .collect();
        assert_eq!(accepted[..3], [true; 3], "a body of an unknown type may be as deep as it likes");
        assert_eq!(accepted[4..], [false; 3], "a body has an end");
    });
    deep.unwrap().join().unwrap();
}

#[test]
fn more_than_the_limits_is_refused() {
    let oversized = vec![0x80; Envelope::BYTES_MAX + 1];
    assert!(matches!(Envelope::decode(&oversized), Err(EnvelopeError::TooLarge { bytes: 4_001 })));

    // A key that a newer version may have added, with a body that alone fills the message.
    let grown = |message: &[u8], total: usize| {
        let body = total - message.len() - 5;
        let head = [&[message[0] + 1, 0x18, 0x63, 0x59], (body as u16).to_be_bytes().as_slice()].concat();
        [head, vec![0; body], message[1..].to_vec()].concat()
    };
    assert!(Heartbeat::decode(&grown(HEARTBEAT, Heartbeat::BYTES_MAX)).is_ok());
    assert!(Heartbeat::decode(&grown(HEARTBEAT, Heartbeat::BYTES_MAX + 1)).is_err());
    assert!(Resume::decode(&grown(RESUME, Resume::BYTES_MAX)).is_ok());
    assert!(Resume::decode(&grown(RESUME, Resume::BYTES_MAX + 1)).is_err());

    let records = |count: usize| {
        let mut bytes = with_record_body(&[0xf6]);
        let one = [0x82, 0x18, 0x63, 0xf6];
        bytes.truncate(bytes.len() - one.len() - 1);
        [bytes, [&[0x99], (count as u16).to_be_bytes().as_slice()].concat(), one.repeat(count)].concat()
    };
    assert!(Envelope::decode(&records(Envelope::RECORDS_MAX)).is_ok());
    assert!(matches!(Envelope::decode(&records(Envelope::RECORDS_MAX + 1)), Err(EnvelopeError::Decode(_))));
    assert!(matches!(Envelope::decode(&records(0)), Err(EnvelopeError::Empty)));
}

#[test]
fn names_over_their_limits_are_refused() {
    let software = |bytes: usize| {
        let heartbeat =
            Heartbeat { software: "s".repeat(bytes).into(), ..Heartbeat::decode(HEARTBEAT).unwrap() };
        Heartbeat::decode(&heartbeat.encode()).is_ok()
    };
    assert!(software(SOFTWARE_BYTES_MAX) && !software(SOFTWARE_BYTES_MAX + 1));

    let table = |profile: usize, kind: usize| {
        let device = ("panel", "p".repeat(profile));
        let point = (0, "zone-1", "k".repeat(kind));
        PointTable::decode(&minicbor::to_vec(([device], [point])).unwrap()).is_ok()
    };
    let (profile, kind) = (PointTable::PROFILE_BYTES_MAX, PointTable::KIND_BYTES_MAX);
    assert!(table(profile, kind) && !table(profile + 1, kind) && !table(profile, kind + 1));
}

/// Nobody can make a receiver keep more of an unfinished table than the largest table has.
#[test]
fn an_unfinished_table_is_bounded() {
    let part = minicbor::decode::<TablePart>(PART).unwrap();
    let first = |bytes: usize, parts: u16| {
        let part = TablePart { bytes: vec![0; bytes].into(), parts, ..part.clone() };
        TableAssembler::default().add(&part)
    };
    assert_eq!(first(3_000, 512), Assembled::Waiting);
    assert_eq!(first(3_001, 512), Assembled::OutOfOrder);
    assert_eq!(first(3_000, 513), Assembled::OutOfOrder);
}

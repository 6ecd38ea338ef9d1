//! What is heard on a line is the answer, or it is passed over, or it is broken; never something else.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const UNIT: u8 = 7;
const REQUEST: Request = Request { table: Table::Input, start: 0x0010, count: 2 };
const READ: Question = Question::Read(REQUEST);

fn sealed(body: &[u8]) -> Vec<u8> {
    let mut frame = body.to_vec();
    frame.extend(checksum(body));
    frame
}

fn answer(unit: u8) -> Vec<u8> {
    sealed(&[unit, 4, 4, 0x12, 0x34, 0x56, 0x78])
}

fn heard(bytes: &[u8]) -> Heard {
    Hearing::new(UNIT, READ).hear(bytes)
}

#[test]
fn a_question_stands_on_the_wire_as_the_standard_has_it() {
    // The example of the serial line guide: unit 2, function 7, checksum 41 12.
    assert_eq!(checksum(&[0x02, 0x07]), [0x41, 0x12]);
    assert_eq!(READ.frame(UNIT)[..6], [7, 4, 0, 0x10, 0, 2]);
    assert_eq!(Question::Identify { object: 0 }.frame(1)[..5], [1, 0x2B, 0x0E, 1, 0]);
}

#[test]
fn an_answer_counts_whole_and_in_any_pieces() {
    let values = Heard::Answer(vec![0x12, 0x34, 0x56, 0x78]);
    assert_eq!(heard(&answer(UNIT)), values);
    let mut hearing = Hearing::new(UNIT, READ);
    let frame = answer(UNIT);
    let (last, first) = frame.split_last().unwrap();
    assert!(first.iter().all(|byte| hearing.hear(&[*byte]) == Heard::Undecided));
    assert_eq!(hearing.rest(), Some(Flaw::Truncated { bytes: 8 }));
    assert_eq!(hearing.hear(&[*last]), values);
}

#[test]
fn other_units_are_passed_over_and_the_right_one_still_counts() {
    let mut hearing = Hearing::new(UNIT, READ);
    assert_eq!(hearing.hear(&answer(8)), Heard::Undecided);
    assert_eq!(hearing.hear(&sealed(&[9, 0x84, 2])), Heard::Undecided);
    assert_eq!((hearing.foreign(), hearing.rest()), (2, None));
    assert!(matches!(hearing.hear(&answer(UNIT)), Heard::Answer(_)));
}

#[test]
fn what_drivers_make_out_of_nothing_is_no_frame() {
    let noisy = |before: &[u8], after: &[u8]| heard(&[before, &answer(UNIT), after].concat());
    assert!(matches!(noisy(&[0, 0xFF, 0], &[0]), Heard::Answer(_)));
    assert_eq!(noisy(&[], &answer(UNIT)), Heard::Broken(Flaw::Trailing { bytes: 9 }), "two answers");
}

#[test]
fn everything_of_an_answer_must_fit() {
    assert_eq!(heard(&sealed(&[7, 0x84, 6])), Heard::Refusal(6));
    assert_eq!(heard(&[7, 3]), Heard::Broken(Flaw::Function { found: 3, wanted: 4 }));
    assert_eq!(heard(&[7, 4, 2, 0]), Heard::Broken(Flaw::Count { found: 2, wanted: 4 }));
    assert_eq!(heard(&[7, 4, 4, 0, 0, 0, 0, 0, 0]), Heard::Broken(Flaw::Checksum));
    assert_eq!(heard(&sealed(&[7, 0x84, 6, 0])[..5]), Heard::Broken(Flaw::Checksum));
    assert_eq!(heard(&[8, 0x63]), Heard::Broken(Flaw::Garbage));
    assert_eq!(heard(&READ.frame(UNIT)), Heard::Broken(Flaw::Echo));
    assert_eq!(heard(&READ.frame(UNIT)[..7]), Heard::Undecided, "it may be an echo");
    assert_eq!(heard(&[0; HEARD_BYTES_MAX + 1]), Heard::Broken(Flaw::Flood));
}

#[test]
fn an_identification_ends_where_its_objects_end() {
    let mut hearing = Hearing::new(UNIT, Question::Identify { object: 0 });
    let body = b"\x07\x2B\x0E\x01\x01\x00\x00\x02\x00\x04Acme\x01\x01D";
    let frame = sealed(body);
    let (last, first) = frame.split_last().unwrap();
    assert_eq!(hearing.hear(first), Heard::Undecided);
    assert_eq!(hearing.hear(&[*last]), Heard::Answer(body[2..].to_vec()));
    let endless = b"\x07\x2B\x0E\x01\x01\x00\x00\x02\x00\xFA";
    let mut hearing = Hearing::new(UNIT, Question::Identify { object: 0 });
    let bytes = [&endless[..], &[0xFA; 260]].concat();
    assert_eq!(hearing.hear(&bytes), Heard::Broken(Flaw::Garbage), "no frame is that long");
}

fn question() -> impl Strategy<Value = Question> {
    let tables = proptest::sample::select(vec![Table::Coil, Table::Discrete, Table::Holding, Table::Input]);
    let read = (tables, any::<u16>(), 1..=125_u16)
        .prop_map(|(table, start, count)| Question::Read(Request { table, start, count }));
    prop_oneof![4 => read, 1 => any::<u8>().prop_map(|object| Question::Identify { object })]
}

/// Bytes as they come from a line: anything, and frames whose checksums are right.
fn line() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let frames = (1..=10_u8, any::<u8>(), vec(any::<u8>(), 0..40))
        .prop_map(|(unit, function, rest)| sealed(&[&[unit, function % 0x90], &rest[..]].concat()));
    vec(prop_oneof![vec(any::<u8>(), 0..40), frames], 0..12)
}

proptest! {
    #[test]
    fn whatever_is_heard_no_answer_counts_that_was_not_sealed_for_the_question(
        unit in 1..=10_u8, question in question(), pieces in line(),
    ) {
        let mut hearing = Hearing::new(unit, question);
        let mut all: Vec<u8> = Vec::new();
        for piece in pieces {
            all.extend(&piece);
            if let Heard::Answer(values) = hearing.hear(&piece) {
                let head = match question {
                    Question::Read(_) => vec![unit, question.function(), values.len() as u8],
                    Question::Identify { .. } => vec![unit, question.function()],
                };
                if let Question::Read(request) = question {
                    prop_assert_eq!(values.len(), timing::payload_bytes(request));
                }
                let frame = sealed(&[head, values].concat());
                prop_assert!(all.windows(frame.len()).any(|window| *window == frame[..]));
                break;
            }
        }
    }

    #[test]
    fn one_wrong_bit_never_makes_another_answer(at in 0..72_usize) {
        let mut frame = answer(UNIT);
        frame[at / 8] ^= 1 << (at % 8);
        prop_assert!(!matches!(heard(&frame), Heard::Answer(_)));
    }

    #[test]
    fn how_the_bytes_are_cut_makes_no_difference(cut in 0..20_usize, late in 1..=247_u8) {
        let bytes = [answer(late), answer(UNIT)].concat();
        let (first, second) = bytes.split_at(cut.min(bytes.len()));
        let mut hearing = Hearing::new(UNIT, READ);
        let outcome = match hearing.hear(first) {
            Heard::Undecided => hearing.hear(second),
            decided => decided,
        };
        let sound = matches!(outcome, Heard::Answer(_) | Heard::Broken(Flaw::Trailing { .. }));
        prop_assert!(sound, "{:?}", outcome);
    }
}

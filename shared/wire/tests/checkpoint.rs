//! Checkpoints as COSE knows them: frozen bytes, another implementation's reading of them, and any bytes at all.

#![allow(clippy::unwrap_used)]

use coset::iana::{self, EnumI64};
use coset::{CborSerializable, CoseSign1, Label, RegisteredLabelWithPrivate, TaggedCborSerializable};
use proptest::collection::vec;
use proptest::prelude::*;
use strongroom_wire::checkpoint::{
    Algorithm, CheckpointError, Heads, KeyId, SIGNATURE_BYTES, Signatory, Unsigned,
};
use strongroom_wire::record::LaneHead;
use strongroom_wire::time::ClockState;
use strongroom_wire::{BootId, Checkpoint, Digest, EdgeId, Envelope, Epoch, Record, Seq};

fn heads() -> Heads {
    Heads {
        edge: EdgeId::parse("edge-1").unwrap(),
        epoch: Epoch([0xe1; 16]),
        lanes: [
            LaneHead { next: Seq(41), head: Digest([0xa1; 32]) },
            LaneHead { next: Seq(4_100), head: Digest([0xa2; 32]) },
        ],
        boot: BootId([0xb1; 16]),
        mono_ms: 90_000,
        wall_ms: 1_800_000_000_000,
        clock: ClockState::Synchronised,
    }
}

fn signatory(algorithm: Algorithm) -> Signatory {
    Signatory { algorithm, key: KeyId([0xcc; 16]), certificate: vec![0x30, 0x03, 1, 2, 3].into() }
}

fn signed(algorithm: Algorithm) -> Box<[u8]> {
    Unsigned::new(&signatory(algorithm), &heads()).sign([0x55; SIGNATURE_BYTES]).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// These bytes are never edited: what was signed once has to be read for ever.
#[test]
fn the_form_is_frozen() {
    let frozen = FROZEN.replace(' ', "");
    assert_eq!(hex(&signed(Algorithm::Es256)), frozen);
    let record = minicbor::to_vec(Record::Checkpoint(signed(Algorithm::Es256))).unwrap();
    assert_eq!(hex(&record), format!("820559{:04x}{frozen}", frozen.len() / 2));
}

const FROZEN: &str = "\
    d284584a a4 0126 0450cccccccccccccccccccccccccccccccc \
    10782a6170706c69636174696f6e2f766e642e7374726f6e67726f6f6d2e636865636b706f696e742b63626f72 \
    1821453003010203 a0 588c a7 0066656467652d31 0150e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1 \
    0282 8218295820a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 \
    821910045820a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2 \
    0350b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1 041a00015f90 051b000001a3185c5000 0602 \
    58405555555555555555555555555555555555555555555555555555555555555555 \
    5555555555555555555555555555555555555555555555555555555555555555";

#[test]
fn what_is_signed_is_read() {
    for algorithm in [Algorithm::Es256, Algorithm::Ed25519] {
        let unsigned = Unsigned::new(&signatory(algorithm), &heads());
        let signed_bytes = unsigned.signed_bytes();
        let bytes = unsigned.sign([0x55; SIGNATURE_BYTES]).unwrap();
        let checkpoint = Checkpoint::decode(&bytes).unwrap();
        assert_eq!((checkpoint.heads(), checkpoint.signatory()), (&heads(), &signatory(algorithm)));
        assert_eq!(
            (checkpoint.signature(), checkpoint.signed_bytes()),
            (&[0x55; SIGNATURE_BYTES], signed_bytes)
        );
        let record = Record::Checkpoint(bytes);
        assert_eq!(minicbor::decode::<Record>(&minicbor::to_vec(&record).unwrap()).unwrap(), record);
    }
}

/// A judge does not have our software.
#[test]
fn another_implementation_reads_the_same() {
    let bytes = signed(Algorithm::Es256);
    let foreign = CoseSign1::from_tagged_slice(&bytes).unwrap();
    let header = &foreign.protected.header;
    assert_eq!(header.alg, Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256)));
    assert_eq!(header.key_id, [0xcc; 16]);
    let x5chain = Label::Int(iana::HeaderParameter::X5Chain.to_i64());
    let chain = header.rest.iter().find(|(label, _)| *label == x5chain).unwrap();
    assert_eq!(chain.1.as_bytes().unwrap(), &[0x30, 0x03, 1, 2, 3]);
    let checked = foreign.verify_signature(b"", |signature, signed_bytes| {
        let checkpoint = Checkpoint::decode(&bytes).unwrap();
        (signature == checkpoint.signature() && signed_bytes == checkpoint.signed_bytes())
            .then_some(())
            .ok_or(())
    });
    assert_eq!(checked, Ok(()));
    // And the other way round: with and without the tag.
    assert!(Checkpoint::decode(&foreign.clone().to_vec().unwrap()).is_ok());
    assert!(Checkpoint::decode(&foreign.to_tagged_vec().unwrap()).is_ok());
}

#[test]
fn the_largest_checkpoint_fits_an_envelope() {
    let long = |bytes: usize| {
        let certificate = vec![0x30; bytes].into();
        Unsigned::new(&Signatory { certificate, ..signatory(Algorithm::Es256) }, &heads()).sign([1; 64])
    };
    assert!(matches!(long(Checkpoint::BYTES_MAX), Err(CheckpointError::TooLarge { .. })));
    let small = long(1).unwrap().len();
    let largest = (0..4).find_map(|spare| long(Checkpoint::BYTES_MAX + 1 - small - spare).ok()).unwrap();
    assert!(largest.len() + 240 + 10 < Envelope::BYTES_MAX);
}

#[test]
fn other_things_are_no_checkpoints() {
    let decode = |bytes: &[u8]| Checkpoint::decode(bytes);
    let bytes = signed(Algorithm::Es256);
    assert!(matches!(decode(&[bytes.as_ref(), &[0]].concat()), Err(CheckpointError::Decode(_))));
    assert!(matches!(decode(&[0; 4_000]), Err(CheckpointError::TooLarge { .. })));
    let other = |change: &dyn Fn(&mut CoseSign1)| {
        let mut message = CoseSign1::from_tagged_slice(&bytes).unwrap();
        message.protected.original_data = None;
        change(&mut message);
        decode(&message.to_tagged_vec().unwrap())
    };
    let es384 = Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES384));
    assert!(matches!(
        other(&|message| message.protected.header.alg = es384.clone()),
        Err(CheckpointError::Algorithm { number: -35 })
    ));
    assert!(matches!(
        other(&|message| message.protected.header.key_id.clear()),
        Err(CheckpointError::Missing { number: 4 })
    ));
    assert!(matches!(other(&|message| message.protected.header.rest.clear()), Err(CheckpointError::Foreign)));
    assert!(matches!(other(&|message| message.payload = None), Err(CheckpointError::Decode(_))));
    assert!(matches!(other(&|message| message.signature.truncate(63)), Err(CheckpointError::Decode(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn any_bytes_get_an_answer(bytes in vec(any::<u8>(), 0..600)) {
        if let Ok(checkpoint) = Checkpoint::decode(&bytes) {
            prop_assert!(!checkpoint.signed_bytes().is_empty());
        }
    }

    #[test]
    fn damaged_ones_get_an_answer_too(at in 0_usize..1_000, byte in any::<u8>(), cut in 0_usize..1_000) {
        let mut bytes = signed(Algorithm::Ed25519).into_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let whole = Checkpoint::decode(&bytes);
        if let Ok(checkpoint) = whole {
            // What was read is what would be verified.
            let again = Unsigned::new(checkpoint.signatory(), checkpoint.heads());
            prop_assert!(again.sign(*checkpoint.signature()).is_ok());
        }
        bytes.truncate(cut % bytes.len());
        prop_assert!(Checkpoint::decode(&bytes).is_err());
    }
}

//! The spool's own state as it is stored: one row, written with every commit. Fields are only ever added.

use minicbor::{Decode, Encode};
use wire::record::LaneHead;
use wire::{Digest, EdgeId, Epoch, PreviousEpoch, Seq, TableVersion};

use super::account::LaneAccount;
use super::seal::Head;

/// The form that this software reads and writes.
pub(super) const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Meta {
    #[n(0)]
    pub format: u32,
    #[n(1)]
    pub edge: EdgeId,
    #[n(2)]
    pub epoch: Epoch,
    /// Urgent, then routine.
    #[n(3)]
    pub lanes: [LaneMeta; 2],
    /// Where each lane stood when the spool was opened for the first time since a hub last agreed with it. From there on a
    /// restored image may have written what the hub does not know.
    #[n(4)]
    pub unproven: Option<[Seq; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct LaneMeta {
    #[n(0)]
    pub oldest: Seq,
    #[n(1)]
    pub confirmed: Seq,
    #[n(2)]
    pub tail: Seq,
    #[n(3)]
    pub head: Digest,
    /// What the kept envelopes cost.
    #[n(4)]
    pub bytes: u64,
}

impl LaneMeta {
    pub(super) fn new(account: &LaneAccount, head: Head) -> Self {
        let LaneAccount { oldest, confirmed, tail, bytes } = *account;
        Self { oldest, confirmed, tail, head: head.digest, bytes }
    }

    pub(super) fn account(&self) -> LaneAccount {
        let Self { oldest, confirmed, tail, bytes, .. } = *self;
        LaneAccount { oldest, confirmed, tail, bytes }
    }

    pub(super) fn head(&self) -> Head {
        Head { next: self.tail, digest: self.head }
    }

    fn is_sound(&self) -> bool {
        self.oldest <= self.confirmed && self.confirmed <= self.tail
    }
}

impl Meta {
    /// What a new epoch says of this one.
    pub(super) fn as_previous(&self) -> PreviousEpoch {
        previous_epoch(self.epoch, self.lanes.each_ref().map(LaneMeta::head))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory cannot fail")
    }

    /// `None` if the bytes are not a state that the queue could have written.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let meta: Meta = minicbor::decode(bytes).ok()?;
        (meta.format == FORMAT && meta.lanes.iter().all(LaneMeta::is_sound)).then_some(meta)
    }
}

/// What a new epoch says of the one before it.
pub(super) fn previous_epoch(epoch: Epoch, heads: [Head; 2]) -> PreviousEpoch {
    PreviousEpoch { epoch, heads: heads.map(LaneHead::from) }
}

/// A point table that some kept envelope names.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct TableMeta {
    #[n(0)]
    pub version: TableVersion,
    /// The urgent record that begins its parts in this epoch.
    #[n(1)]
    pub written: Seq,
    /// Where the lanes stood when another table took its place; no envelope from there on names this one.
    #[n(2)]
    pub until: Option<[Seq; 2]>,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

impl TableMeta {
    pub(super) fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory cannot fail")
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }

    /// Whether no kept envelope names this table any more.
    pub(super) fn is_spent(&self, oldest: [Seq; 2]) -> bool {
        self.until.is_some_and(|until| until[0] <= oldest[0] && until[1] <= oldest[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta() -> Meta {
        let lane = |oldest, confirmed, tail| LaneMeta {
            oldest: Seq(oldest),
            confirmed: Seq(confirmed),
            tail: Seq(tail),
            head: Digest([7; 32]),
            bytes: 99,
        };
        Meta {
            format: FORMAT,
            edge: EdgeId::parse("edge-1").unwrap(),
            epoch: Epoch([1; 16]),
            lanes: [lane(1, 2, 3), lane(4, 4, 4)],
            unproven: Some([Seq(2), Seq(4)]),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Meta::decode(&meta().encode()), Some(meta()));
    }

    /// Spools of the first version have to open for ever: these bytes are never edited.
    #[test]
    fn the_stored_form_is_frozen() {
        let hex: String = meta().encode().iter().map(|byte| format!("{byte:02x}")).collect();
        let frozen = concat!(
            "a500010166656467652d310250010101010101010101010101010101010382a500010102020303582007070707070707",
            "07070707070707070707070707070707070707070707070707041863a500040104020403582007070707070707070707",
            "0707070707070707070707070707070707070707070704186304820204",
        );
        assert_eq!(hex, frozen);
    }

    #[test]
    fn another_form_or_an_impossible_state_is_no_meta() {
        assert_eq!(Meta::decode(&Meta { format: 2, ..meta() }.encode()), None);
        let mut impossible = meta();
        impossible.lanes[0].confirmed = Seq(9);
        assert_eq!(Meta::decode(&impossible.encode()), None);
        assert_eq!(Meta::decode(b"garbage"), None);
    }

    #[test]
    fn a_table_is_spent_when_both_lanes_have_left_it_behind() {
        let table = TableMeta {
            version: TableVersion(1),
            written: Seq(0),
            until: Some([Seq(5), Seq(9)]),
            bytes: vec![],
        };
        assert!(!table.is_spent([Seq(5), Seq(8)]));
        assert!(table.is_spent([Seq(5), Seq(9)]));
        assert!(!TableMeta { until: None, ..table }.is_spent([Seq(50), Seq(90)]));
    }
}

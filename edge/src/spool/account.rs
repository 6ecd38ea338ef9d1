//! The account of what the spool holds: how far each lane reaches, how much room it takes, and what has to go first when
//! the room is used up. Pure: it plans, the queue acts.
//!
//! The limit counts envelopes. redb grows its file in powers of two, so the file was measured to take up to 2.3 times that.

use wire::{Lane, Sealed, Seq};

/// What a row costs in the store beside its envelope: key, offset, its share of the tree.
const ROW_OVERHEAD_BYTES: u64 = 64;

/// When room is made, this part of the limit is freed at once. Each time costs a gap record in the urgent lane, so it
/// should not be needed with every envelope.
const FREED_SHARE: u64 = 64;

/// Routine may take three quarters of the limit and no more: what is left is the urgent lane's own, so that an alarm finds
/// room without anything being given up for it.
fn routine_max(bytes_max: u64) -> u64 {
    bytes_max - bytes_max / 4
}

/// What an envelope of this length takes from the limit.
pub(super) fn cost(envelope_bytes: usize) -> u64 {
    envelope_bytes as u64 + ROW_OVERHEAD_BYTES
}

/// One lane: `oldest ≤ confirmed ≤ tail`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LaneAccount {
    /// First record that is still kept.
    pub oldest: Seq,
    /// First record that the hub has not confirmed.
    pub confirmed: Seq,
    /// The number that the next record gets.
    pub tail: Seq,
    /// What the kept envelopes cost.
    pub bytes: u64,
}

impl LaneAccount {
    pub(super) fn is_empty(&self) -> bool {
        self.oldest == self.tail
    }

    /// Told from their share of all records that are kept.
    pub(super) fn unconfirmed_bytes(&self) -> u64 {
        let kept = u128::from((self.tail.0 - self.oldest.0).max(1));
        u64::try_from(u128::from(self.bytes) * u128::from(self.unconfirmed()) / kept).unwrap_or(u64::MAX)
    }

    pub(super) fn unconfirmed(&self) -> u64 {
        self.tail.0 - self.confirmed.0
    }
}

/// Whether the hub has what is about to be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Confirmed,
    Unconfirmed,
}

impl Standing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Standing::Confirmed => "confirmed",
            Standing::Unconfirmed => "unconfirmed",
        }
    }
}

/// The oldest envelope of this lane goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Victim {
    pub lane: Lane,
    pub standing: Standing,
}

#[derive(Clone, Debug)]
pub(super) struct Account {
    bytes_max: u64,
    lanes: [LaneAccount; 2],
}

impl Account {
    pub(super) fn new(bytes_max: u64, lanes: [LaneAccount; 2]) -> Self {
        Self { bytes_max, lanes }
    }

    pub(super) fn lane(&self, lane: Lane) -> &LaneAccount {
        &self.lanes[lane.index()]
    }

    pub(super) fn bytes(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.bytes).sum()
    }

    pub(super) fn appended(&mut self, lane: Lane, sealed: &Sealed) {
        let account = &mut self.lanes[lane.index()];
        account.tail = sealed.next;
        account.bytes += cost(sealed.bytes.len());
    }

    /// The hub has everything before `next`. A number beyond the tail, or one that was passed already, changes nothing.
    pub(super) fn confirm(&mut self, lane: Lane, next: Seq) {
        let account = &mut self.lanes[lane.index()];
        if next <= account.tail {
            account.confirmed = account.confirmed.max(next);
        }
    }

    /// The hub said where it stands; that may be further back than it was.
    pub(super) fn resume(&mut self, lane: Lane, from: Seq) {
        let account = &mut self.lanes[lane.index()];
        account.confirmed = from.clamp(account.oldest, account.tail);
    }

    /// The oldest envelope of `lane` is gone; the one after it begins with `next`.
    pub(super) fn gave_up(&mut self, lane: Lane, next: Seq, envelope_bytes: usize) {
        let account = &mut self.lanes[lane.index()];
        account.oldest = next;
        account.confirmed = account.confirmed.max(next);
        account.bytes = account.bytes.saturating_sub(cost(envelope_bytes));
    }

    /// How many bytes have to go so that `incoming` more have room; `None` if they have.
    pub(super) fn must_free(&self, incoming: u64) -> Option<u64> {
        self.over(self.bytes() + incoming, self.bytes_max)
    }

    /// How many bytes the routine lane has to give up for `incoming` more of its own; `None` if it has room.
    pub(super) fn routine_must_free(&self, incoming: u64) -> Option<u64> {
        self.over(self.lane(Lane::Routine).bytes + incoming, routine_max(self.bytes_max))
    }

    fn over(&self, bytes: u64, max: u64) -> Option<u64> {
        let over = bytes.checked_sub(max).filter(|over| *over > 0)?;
        Some(over.max(self.bytes_max / FREED_SHARE))
    }

    /// What goes next: what the hub has before what it has not, and routine before urgent.
    pub(super) fn victim(&self) -> Option<Victim> {
        [Standing::Confirmed, Standing::Unconfirmed].into_iter().find_map(|standing| {
            let victims = [Lane::Routine, Lane::Urgent].into_iter().filter_map(|lane| self.oldest(lane));
            victims.into_iter().find(|victim| victim.standing == standing)
        })
    }

    /// The oldest envelope of a lane, if it holds any.
    pub(super) fn oldest(&self, lane: Lane) -> Option<Victim> {
        let account = self.lane(lane);
        let is_confirmed = account.oldest < account.confirmed;
        let standing = if is_confirmed { Standing::Confirmed } else { Standing::Unconfirmed };
        (!account.is_empty()).then_some(Victim { lane, standing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(first: u64, next: u64, bytes: usize) -> Sealed {
        Sealed { bytes: vec![0; bytes], digest: wire::Digest([0; 32]), first: Seq(first), next: Seq(next) }
    }

    fn account() -> Account {
        let mut account = Account::new(10_000, [LaneAccount::default(); 2]);
        for no in 0..4 {
            account.appended(Lane::Urgent, &sealed(no, no + 1, 936));
            account.appended(Lane::Routine, &sealed(no, no + 1, 936));
        }
        account
    }

    #[test]
    fn room_is_made_in_the_promised_order() {
        let mut account = account();
        account.confirm(Lane::Urgent, Seq(2));
        account.confirm(Lane::Routine, Seq(1));
        let mut order = Vec::new();
        while let Some(victim) = account.victim() {
            order.push((victim.lane, victim.standing));
            let next = Seq(account.lane(victim.lane).oldest.0 + 1);
            account.gave_up(victim.lane, next, 936);
        }
        let expected = [
            (Lane::Routine, Standing::Confirmed),
            (Lane::Urgent, Standing::Confirmed),
            (Lane::Urgent, Standing::Confirmed),
            (Lane::Routine, Standing::Unconfirmed),
            (Lane::Routine, Standing::Unconfirmed),
            (Lane::Routine, Standing::Unconfirmed),
            (Lane::Urgent, Standing::Unconfirmed),
            (Lane::Urgent, Standing::Unconfirmed),
        ];
        assert_eq!(order, expected);
        assert_eq!(account.bytes(), 0);
    }

    #[test]
    fn room_is_made_in_steps() {
        let account = account();
        assert_eq!(account.bytes(), 8_000);
        assert_eq!(account.must_free(2_000), None);
        assert_eq!(account.must_free(2_001), Some(10_000 / FREED_SHARE));
        assert_eq!(account.must_free(3_000), Some(1_000));
    }

    #[test]
    fn a_quarter_is_the_urgent_lanes_own() {
        let account = account();
        assert_eq!(account.lane(Lane::Routine).bytes, 4_000);
        assert_eq!(account.routine_must_free(3_500), None);
        assert_eq!(account.routine_must_free(3_600), Some(10_000 / FREED_SHARE));
        assert_eq!(account.routine_must_free(4_500), Some(1_000));
    }

    #[test]
    fn a_confirm_never_goes_back_and_a_resume_may() {
        let mut account = account();
        account.confirm(Lane::Urgent, Seq(3));
        account.confirm(Lane::Urgent, Seq(1));
        account.confirm(Lane::Urgent, Seq(9));
        assert_eq!(account.lane(Lane::Urgent).confirmed, Seq(3));
        assert_eq!(account.lane(Lane::Urgent).unconfirmed(), 1);
        account.resume(Lane::Urgent, Seq(1));
        assert_eq!(account.lane(Lane::Urgent).confirmed, Seq(1));
    }
}

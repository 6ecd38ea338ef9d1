//! The registers of one device, as a reader of the bus sees them, and the signals as views of them. Pure: no clock, no
//! socket. An address that no signal covers is outside the map.

use std::collections::{BTreeMap, BTreeSet};

use super::drift;
use super::signal::{Coding, Element, Signal, Table};
use super::{Moment, value};

/// What tells one element from all others of a device: its table, first address and, in a word of bits, the bit.
type Spot = (Table, u16, Option<u8>);

#[derive(Clone, Debug)]
pub struct RegisterMap {
    signals: Vec<Signal>,
    words: BTreeMap<(Table, u16), u16>,
    /// Elements of the program's signals that were set by hand and that the program may not change.
    held: BTreeSet<Spot>,
    seed: u64,
}

impl RegisterMap {
    pub fn new(signals: Vec<Signal>, seed: u64) -> Self {
        let mut words = BTreeMap::new();
        for signal in &signals {
            for index in 0..signal.count {
                let first = signal.address_of(index);
                for address in first..first + signal.coding.width() {
                    words.insert((signal.table, address), 0);
                }
            }
        }
        Self { signals, words, held: BTreeSet::new(), seed }
    }

    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// Whether the map has anything in `table`; if not, its function code is not supported at all.
    pub fn serves(&self, table: Table) -> bool {
        self.words.keys().any(|(served, _)| *served == table)
    }

    /// The words (or bits, as 0 and 1) of a request, or `None` when any address lies outside the map.
    pub fn read(&self, table: Table, start: u16, count: u16) -> Option<Vec<u16>> {
        (0..count).map(|n| self.words.get(&(table, start.checked_add(n)?)).copied()).collect()
    }

    pub fn get(&self, signal: Signal) -> i64 {
        self.get_at(signal, 0)
    }

    pub fn get_at(&self, signal: Signal, index: u16) -> i64 {
        let address = signal.address_of(index);
        let word = |address| self.words.get(&(signal.table, address)).copied().unwrap_or_default();
        match signal.coding {
            Coding::U16 | Coding::Choice(_) | Coding::Flag => i64::from(word(address)),
            Coding::I16 => i64::from(word(address).cast_signed()),
            Coding::U32 => i64::from(u32::from(word(address)) << 16 | u32::from(word(address + 1))),
            Coding::Bit(bit) => i64::from(word(address) >> bit & 1),
        }
    }

    pub fn shows(&self, signal: Signal, value: impl Into<i64>) -> bool {
        self.shows_at(signal, 0, value)
    }

    pub fn shows_at(&self, signal: Signal, index: u16, value: impl Into<i64>) -> bool {
        self.get_at(signal, index) == value.into()
    }

    pub fn is_on(&self, signal: Signal) -> bool {
        self.get(signal) != 0
    }

    /// The program writes a value; what is held by hand stays.
    pub fn put(&mut self, signal: Signal, value: impl Into<i64>) {
        self.put_at(signal, 0, value);
    }

    pub fn put_at(&mut self, signal: Signal, index: u16, value: impl Into<i64>) {
        if !self.held.contains(&spot(signal, index)) {
            self.store(signal, index, value.into());
        }
    }

    /// Counts one up, from the top back to 0 as a register does.
    pub fn count_up(&mut self, signal: Signal, index: u16) {
        let next = self.get_at(signal, index) + 1;
        self.put_at(signal, index, if next > signal.high { signal.low } else { next });
    }

    /// Writes an analogue value that wanders by `amplitude` around `nominal` (both in raw steps).
    pub fn measure(&mut self, signal: Signal, index: u16, nominal: f64, amplitude: f64, now: Moment) {
        let address = signal.address_of(index);
        let value = nominal + amplitude * drift::wander(self.seed, u64::from(address), now.elapsed);
        // Saturates at the ends of the register, which is what a converter does too.
        self.put_at(signal, index, (value.round() as i64).clamp(signal.low, signal.high));
    }

    /// A person writes a value. A signal of the program is held from now on.
    pub fn set_by_hand(&mut self, element: Element, raw: i64) {
        self.store(element.signal, element.index, raw);
        if element.signal.source == super::signal::Source::Program {
            self.held.insert(spot(element.signal, element.index));
        }
    }

    /// Gives one element back to the program.
    pub fn release(&mut self, element: Element) {
        self.held.remove(&spot(element.signal, element.index));
    }

    pub fn release_all(&mut self) {
        self.held.clear();
    }

    pub fn is_held(&self, element: Element) -> bool {
        self.held.contains(&spot(element.signal, element.index))
    }

    /// The value as a person reads it.
    pub fn display(&self, element: Element) -> String {
        value::display(&element.signal, self.get_at(element.signal, element.index))
    }

    fn store(&mut self, signal: Signal, index: u16, raw: i64) {
        let address = signal.address_of(index);
        // The low 16 (or 32) bits are the register's content, also of negative numbers: two's complement.
        match signal.coding {
            Coding::Bit(bit) => {
                let word = self.words.entry((signal.table, address)).or_default();
                *word = *word & !(1 << bit) | (u16::from(raw != 0) << bit);
            }
            Coding::U32 => {
                self.words.insert((signal.table, address), (raw >> 16) as u16);
                self.words.insert((signal.table, address + 1), raw as u16);
            }
            _ => {
                self.words.insert((signal.table, address), raw as u16);
            }
        }
    }
}

fn spot(signal: Signal, index: u16) -> Spot {
    let bit = if let Coding::Bit(bit) = signal.coding { Some(bit) } else { None };
    (signal.table, signal.address_of(index), bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOP: Signal = Signal::u16("loop[]", 20).repeated(2, 4);
    const TEMP: Signal = Signal::i16("temp", 9);
    const COUNT: Signal = Signal::u32("count", 10);
    const LEFT: Signal = Signal::bit("left", 8, 0).world();
    const RIGHT: Signal = Signal::bit("right", 8, 15);
    const LIMIT: Signal = Signal::u16("limit", 0).in_table(Table::HoldingRegisters);
    const LAMP: Signal = Signal::flag("lamp", 3).in_table(Table::Coils);

    fn map() -> RegisterMap {
        RegisterMap::new(vec![LOOP, TEMP, COUNT, LEFT, RIGHT, LIMIT, LAMP], 1)
    }

    #[test]
    fn signals_lie_in_their_registers() {
        let mut map = map();
        map.put(TEMP, -5);
        map.put(COUNT, 0x0001_0002);
        map.put(LEFT, true);
        map.put(RIGHT, true);
        assert_eq!(map.read(Table::InputRegisters, 8, 4), Some(vec![0x8001, 0xFFFB, 1, 2]));
        assert_eq!((map.get(TEMP), map.get(COUNT)), (-5, 0x0001_0002));
        map.put(RIGHT, false);
        assert!(map.is_on(LEFT) && !map.is_on(RIGHT));
    }

    #[test]
    fn addresses_between_the_rows_are_outside() {
        let map = map();
        assert!(map.read(Table::InputRegisters, 20, 1).is_some());
        assert!(map.read(Table::InputRegisters, 20, 2).is_none());
        assert!(map.read(Table::InputRegisters, 24, 1).is_some());
        assert!(map.read(Table::InputRegisters, 65535, 2).is_none());
        assert!(map.read(Table::HoldingRegisters, 0, 1).is_some() && map.read(Table::Coils, 3, 1).is_some());
        assert!(map.serves(Table::Coils) && !map.serves(Table::DiscreteInputs));
    }

    #[test]
    fn a_hand_holds_the_programs_signals_until_it_lets_go() {
        let mut map = map();
        let temp = Element { signal: TEMP, index: 0 };
        let left = Element { signal: LEFT, index: 0 };
        map.set_by_hand(temp, 300);
        map.set_by_hand(left, 1);
        map.put(TEMP, 21);
        map.put(LEFT, false);
        assert_eq!((map.get(TEMP), map.is_on(LEFT)), (300, false), "the room's signals are never held");
        map.release(temp);
        map.put(TEMP, 21);
        assert_eq!(map.get(TEMP), 21);
    }

    #[test]
    fn a_counter_wraps_at_the_end_of_its_register() {
        let mut map = map();
        map.put(COUNT, u32::MAX);
        map.count_up(COUNT, 0);
        assert_eq!(map.get(COUNT), 0);
    }
}

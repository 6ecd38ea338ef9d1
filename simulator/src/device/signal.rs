//! A signal: one named row of a register map, with its place, its coding, its range and its unit. A device class is
//! mainly a table of these. Repeated rows (zones, readers, bands) carry `[]` in the name where the index goes.

/// The four address spaces of Modbus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    InputRegisters,
    DiscreteInputs,
    HoldingRegisters,
    Coils,
}

impl Table {
    /// Whether an address of this table holds one bit instead of a word.
    pub fn is_bits(self) -> bool {
        matches!(self, Self::Coils | Self::DiscreteInputs)
    }
}

/// How a signal lies in its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    U16,
    I16,
    /// Two registers, the high word first.
    U32,
    /// One of a list of names, coded as its position in the list.
    Choice(&'static [&'static str]),
    /// One bit of a word.
    Bit(u8),
    /// A whole address of a table of bits.
    Flag,
}

impl Coding {
    /// How many addresses one element takes.
    pub fn width(self) -> u16 {
        if self == Self::U32 { 2 } else { 1 }
    }
}

/// Who decides the value of a signal, which says what setting it by hand means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The room does: a hand-set value is a fact that the device's program reacts to.
    World,
    /// The device's program does: a hand-set value is held against the program until it is released.
    Program,
    /// Nobody does: the register is in the map and always reads 0.
    Reserved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    pub name: &'static str,
    pub table: Table,
    pub address: u16,
    pub coding: Coding,
    pub source: Source,
    /// Raw values that may be set by hand.
    pub low: i64,
    pub high: i64,
    /// One raw step is ten to this power of `unit`.
    pub exponent: i8,
    pub unit: &'static str,
    /// How many elements there are, and how many addresses lie from one to the next.
    pub count: u16,
    pub stride: u16,
}

impl Signal {
    const fn new(
        name: &'static str,
        table: Table,
        address: u16,
        coding: Coding,
        low: i64,
        high: i64,
    ) -> Self {
        let source = Source::Program;
        Self { name, table, address, coding, source, low, high, exponent: 0, unit: "", count: 1, stride: 0 }
    }

    pub const fn u16(name: &'static str, register: u16) -> Self {
        Self::new(name, Table::InputRegisters, register, Coding::U16, 0, u16::MAX as i64)
    }

    pub const fn i16(name: &'static str, register: u16) -> Self {
        Self::new(name, Table::InputRegisters, register, Coding::I16, i16::MIN as i64, i16::MAX as i64)
    }

    pub const fn u32(name: &'static str, register: u16) -> Self {
        Self::new(name, Table::InputRegisters, register, Coding::U32, 0, u32::MAX as i64)
    }

    pub const fn choice(name: &'static str, register: u16, names: &'static [&'static str]) -> Self {
        let high = names.len() as i64 - 1;
        Self::new(name, Table::InputRegisters, register, Coding::Choice(names), 0, high)
    }

    pub const fn bit(name: &'static str, register: u16, bit: u8) -> Self {
        Self::new(name, Table::InputRegisters, register, Coding::Bit(bit), 0, 1)
    }

    /// A discrete input of its own.
    pub const fn flag(name: &'static str, address: u16) -> Self {
        Self::new(name, Table::DiscreteInputs, address, Coding::Flag, 0, 1)
    }

    /// A register that the map lists as reserved.
    pub const fn reserved(name: &'static str, register: u16) -> Self {
        let mut signal = Self::u16(name, register);
        signal.source = Source::Reserved;
        signal
    }

    /// The room decides this signal, not the device's program.
    pub const fn world(mut self) -> Self {
        self.source = Source::World;
        self
    }

    /// One raw step is `10^exponent` of `unit`.
    pub const fn scaled(mut self, exponent: i8, unit: &'static str) -> Self {
        self.exponent = exponent;
        self.unit = unit;
        self
    }

    /// The raw values that may be set by hand, when they are fewer than the register can hold.
    pub const fn within(mut self, low: i64, high: i64) -> Self {
        self.low = low;
        self.high = high;
        self
    }

    pub const fn repeated(mut self, count: u16, stride: u16) -> Self {
        self.count = count;
        self.stride = stride;
        self
    }

    /// Another of the four tables, for maps that name one.
    pub const fn in_table(mut self, table: Table) -> Self {
        self.table = table;
        self
    }

    pub fn is_repeated(&self) -> bool {
        self.name.contains("[]")
    }

    /// The address of one element. Indices come from [`Element`]s or from the class's own loops, both below `count`.
    pub fn address_of(&self, index: u16) -> u16 {
        self.address + index * self.stride
    }
}

/// A class's table of rows: each is a constant that the class's program names, and all together are `SIGNALS`.
macro_rules! signals {
    ($($name:ident = $signal:expr;)+) => {
        $(const $name: Signal = $signal;)+

        const SIGNALS: &[Signal] = &[$($name),+];
    };
}

pub(super) use signals;

/// One element of a signal: the thing that has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    pub signal: Signal,
    pub index: u16,
}

impl Element {
    pub fn name(&self) -> String {
        self.signal.name.replace("[]", &format!("[{}]", self.index))
    }

    /// Its place among the other elements of a device, in the order of the map.
    pub fn order(&self) -> (Table, u16, u8) {
        let bit = if let Coding::Bit(bit) = self.signal.coding { bit } else { 0 };
        (self.signal.table, self.signal.address_of(self.index), bit)
    }

    /// Where it lies, as the register maps write it: `9.4` is bit 4 of register 9.
    pub fn place(&self) -> String {
        let address = self.signal.address_of(self.index);
        match self.signal.coding {
            Coding::Bit(bit) => format!("{address}.{bit}"),
            Coding::U32 => format!("{address}-{}", address + 1),
            Coding::Flag => format!("0x{address:04X}"),
            _ => address.to_string(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    #[error("no signal `{wanted}`; {}there are: {known}", nearest(.near))]
    Unknown { wanted: String, near: Option<String>, known: String },
    #[error("`{name}` needs an index, from {} to {}", .name.replace("[]", "[0]"), .name.replace("[]", &format!("[{last}]")))]
    IndexMissing { name: &'static str, last: u16 },
    #[error("`{wanted}` is outside: the last one is {}", .name.replace("[]", &format!("[{last}]")))]
    IndexOutside { wanted: String, name: &'static str, last: u16 },
}

fn nearest(near: &Option<String>) -> String {
    near.as_ref().map(|name| format!("did you mean `{name}`? ")).unwrap_or_default()
}

/// Finds `zone_state[3]` or `reader[0].last_result` in a table of signals.
pub fn find(signals: &[Signal], wanted: &str) -> Result<Element, SignalError> {
    let (pattern, index) = split_index(wanted);
    let by_pattern =
        |name: &str| signals.iter().copied().find(|s| s.name == name && s.source != Source::Reserved);
    let Some(signal) = by_pattern(&pattern) else {
        let bare = signals.iter().find(|s| s.is_repeated() && s.name.replace("[]", "") == wanted);
        return Err(match bare {
            Some(s) => SignalError::IndexMissing { name: s.name, last: s.count - 1 },
            None => unknown(signals, wanted, &pattern),
        });
    };
    match index {
        None if signal.is_repeated() => {
            Err(SignalError::IndexMissing { name: signal.name, last: signal.count - 1 })
        }
        None => Ok(Element { signal, index: 0 }),
        Some(index) if index < signal.count => Ok(Element { signal, index }),
        Some(_) => Err(SignalError::IndexOutside {
            wanted: wanted.into(),
            name: signal.name,
            last: signal.count - 1,
        }),
    }
}

/// `zone_state[3]` becomes `zone_state[]` and 3. An index that is no number stays in the name, which then is unknown.
fn split_index(wanted: &str) -> (String, Option<u16>) {
    let parts = wanted.split_once('[').and_then(|(head, rest)| {
        let (index, tail) = rest.split_once(']')?;
        Some((format!("{head}[]{tail}"), index.parse().ok()?))
    });
    match parts {
        Some((pattern, index)) => (pattern, Some(index)),
        None => (wanted.to_owned(), None),
    }
}

fn unknown(signals: &[Signal], wanted: &str, pattern: &str) -> SignalError {
    let names: Vec<&str> = signals.iter().filter(|s| s.source != Source::Reserved).map(|s| s.name).collect();
    let near = crate::words::nearest(pattern, names.iter().copied()).map(str::to_owned);
    SignalError::Unknown { wanted: wanted.into(), near, known: names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Signal] = &[
        Signal::u16("speed", 8),
        Signal::bit("reader[].online", 24, 0).repeated(2, 8),
        Signal::reserved("reader[].reserved", 30).repeated(2, 8),
    ];

    #[test]
    fn an_index_leads_to_the_right_register() {
        let element = find(TABLE, "reader[1].online").unwrap();
        assert_eq!((element.name().as_str(), element.place().as_str()), ("reader[1].online", "32.0"));
        assert_eq!(find(TABLE, "speed").unwrap().place(), "8");
    }

    #[test]
    fn wrong_names_say_what_there_is() {
        let said = |wanted: &str| find(TABLE, wanted).unwrap_err().to_string();
        assert_eq!(said("sped"), "no signal `sped`; did you mean `speed`? there are: speed, reader[].online");
        assert_eq!(
            said("reader[].online"),
            "`reader[].online` needs an index, from reader[0].online to reader[1].online"
        );
        assert_eq!(
            said("reader.online"),
            "`reader[].online` needs an index, from reader[0].online to reader[1].online"
        );
        assert_eq!(
            said("reader[2].online"),
            "`reader[2].online` is outside: the last one is reader[1].online"
        );
        assert!(said("reader[0].reserved").starts_with("no signal"));
    }
}

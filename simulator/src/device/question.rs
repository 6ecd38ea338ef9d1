//! A request as the device's program sees it and the answer it gives: which function codes are served, and which
//! exception is due when. Free of any bus library, so that the order of the checks can be read and tested alone.

use super::ForeignUnit;
use super::conduct::Answering;
use super::register_map::RegisterMap;
use super::signal::Table;

/// The most that one request may read, from the Modbus application protocol: what fits one frame.
const WORDS_MAX: u16 = 125;
const BITS_MAX: u16 = 2000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Read {
        table: Table,
        start: u16,
        count: u16,
    },
    /// Writing, diagnostics, and codes that nobody defined: none of these devices takes them.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    pub unit: u8,
    pub asked: Asked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    IllegalFunction,
    IllegalDataAddress,
    IllegalDataValue,
    DeviceBusy,
    GatewayTargetDevice,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing goes out.
    Silence,
    Refused(Refusal),
    /// Words of registers, or bits as 0 and 1.
    Values {
        table: Table,
        values: Vec<u16>,
    },
}

pub(super) fn answer(
    question: Question,
    unit: u8,
    foreign_unit: ForeignUnit,
    answering: Answering,
    registers: &RegisterMap,
) -> Answer {
    match answering {
        Answering::Silent => return Answer::Silence,
        Answering::Busy if question.unit == unit => return Answer::Refused(Refusal::DeviceBusy),
        Answering::Busy | Answering::Normally => {}
    }
    if question.unit != unit {
        return match foreign_unit {
            ForeignUnit::Silence => Answer::Silence,
            ForeignUnit::GatewayException => Answer::Refused(Refusal::GatewayTargetDevice),
        };
    }
    match question.asked {
        Asked::Other => Answer::Refused(Refusal::IllegalFunction),
        Asked::Read { table, start, count } => match read(registers, table, start, count) {
            Ok(values) => Answer::Values { table, values },
            Err(refusal) => Answer::Refused(refusal),
        },
    }
}

fn read(registers: &RegisterMap, table: Table, start: u16, count: u16) -> Result<Vec<u16>, Refusal> {
    if !registers.serves(table) {
        return Err(Refusal::IllegalFunction);
    }
    let count_max = if table.is_bits() { BITS_MAX } else { WORDS_MAX };
    if count == 0 || count > count_max {
        return Err(Refusal::IllegalDataValue);
    }
    registers.read(table, start, count).ok_or(Refusal::IllegalDataAddress)
}

#[cfg(test)]
mod tests {
    use super::super::signal::Signal;
    use super::*;

    fn ask(unit: u8, asked: Asked, answering: Answering, foreign_unit: ForeignUnit) -> Answer {
        let speed = Signal::u16("speed", 8).repeated(1, 0);
        let registers = RegisterMap::new(vec![speed], 0);
        answer(Question { unit, asked }, 3, foreign_unit, answering, &registers)
    }

    fn read(start: u16, count: u16) -> Asked {
        Asked::Read { table: Table::InputRegisters, start, count }
    }

    #[test]
    fn each_wrong_request_gets_its_own_exception() {
        let coils = Asked::Read { table: Table::Coils, start: 8, count: 1 };
        for (asked, due) in [
            (read(8, 1), Answer::Values { table: Table::InputRegisters, values: vec![0] }),
            (read(8, 2), Answer::Refused(Refusal::IllegalDataAddress)),
            (read(7, 1), Answer::Refused(Refusal::IllegalDataAddress)),
            (read(u16::MAX, 2), Answer::Refused(Refusal::IllegalDataAddress)),
            (read(8, 0), Answer::Refused(Refusal::IllegalDataValue)),
            (read(8, 126), Answer::Refused(Refusal::IllegalDataValue)),
            (coils, Answer::Refused(Refusal::IllegalFunction)),
            (Asked::Other, Answer::Refused(Refusal::IllegalFunction)),
        ] {
            assert_eq!(ask(3, asked, Answering::Normally, ForeignUnit::Silence), due, "{asked:?}");
        }
    }

    #[test]
    fn a_foreign_unit_never_gets_values() {
        let foreign = |answering, foreign_unit| ask(4, read(8, 1), answering, foreign_unit);
        assert_eq!(foreign(Answering::Normally, ForeignUnit::Silence), Answer::Silence);
        assert_eq!(foreign(Answering::Busy, ForeignUnit::Silence), Answer::Silence);
        assert_eq!(
            foreign(Answering::Normally, ForeignUnit::GatewayException),
            Answer::Refused(Refusal::GatewayTargetDevice)
        );
    }

    #[test]
    fn silence_and_busy_come_before_everything_else() {
        assert_eq!(ask(3, Asked::Other, Answering::Silent, ForeignUnit::GatewayException), Answer::Silence);
        assert_eq!(
            ask(3, read(8, 1), Answering::Busy, ForeignUnit::Silence),
            Answer::Refused(Refusal::DeviceBusy)
        );
    }
}

//! The header by which an edge tells its own device from a foreign one, and a living program from a frozen one.

use std::ops::Range;

use runtime::config::{FromSection, Parsed, Section};

use super::register::Table;

/// Eight registers: magic, device type, map version, unit echo, heartbeat, uptime (two), status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderSpec {
    pub table: Table,
    pub start: u16,
    pub magic: u16,
    pub device_type: u16,
    pub map_version: u16,
}

impl HeaderSpec {
    pub const REGISTERS: u16 = 8;

    pub fn span(self) -> Range<u32> {
        u32::from(self.start)..u32::from(self.start) + u32::from(Self::REGISTERS)
    }
}

impl FromSection for HeaderSpec {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let table = section.optional("table").map_or(Table::Input, |Parsed(table)| table);
        let start = section.within("start", 0, 0..=u16::MAX - Self::REGISTERS + 1);
        let magic = section.required("magic");
        let device_type = section.required("type");
        let map_version = section.required("map_version");
        if table.is_bits() {
            section.fault(
                "table",
                format!("a header needs registers; write `{}` or `{}`", Table::Input, Table::Holding),
            );
        }
        Some(Self { table, start, magic: magic?, device_type: device_type?, map_version: map_version? })
    }
}

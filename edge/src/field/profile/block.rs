//! The addresses that a polled device answers for.

use std::ops::Range;

use runtime::config::{FromSection, Parsed, Section};

use super::register::Table;
use super::size::{self, Size};

/// A range of addresses that the device answers for without a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub table: Table,
    pub start: u16,
    pub count: u16,
    /// For a block whose length depends on a size.
    pub each: Option<Each>,
}

/// So many addresses for each of the things that a size counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Each {
    /// The size's place in the profile's sizes.
    pub size: usize,
    pub count: u16,
}

impl Block {
    pub fn span(self) -> Range<u32> {
        u32::from(self.start)..u32::from(self.start) + u32::from(self.count)
    }

    pub fn holds(self, table: Table, span: &Range<u32>) -> bool {
        let own = self.span();
        self.table == table && own.start <= span.start && span.end <= own.end
    }
}

/// A `[[blocks]]` entry, before it is seen beside the sizes. Always read, so that the places of entries stay true.
pub(super) struct BlockDraft {
    table: Table,
    start: Option<u16>,
    count: Option<u16>,
    times: Option<String>,
}

impl FromSection for BlockDraft {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        Some(Self {
            table: section.optional("table").map_or(Table::Input, |Parsed(table)| table),
            start: section.required("start"),
            count: section.required_within("count", 1..=u16::MAX),
            times: section.optional("times"),
        })
    }
}

impl BlockDraft {
    /// The block at its largest.
    pub(super) fn block(&self, section: &mut Section<'_>, place: usize, sizes: &[Size]) -> Option<Block> {
        let (table, start, count) = (self.table, self.start?, self.count?);
        let (times, size) = match &self.times {
            None => (1, None),
            Some(name) => match size::place(sizes, name) {
                Some(size) => (sizes[size].max, Some(size)),
                None => {
                    let message = format!("there is no size `{name}`; {}", size::known(sizes));
                    section.fault(&format!("blocks[{place}].times"), message);
                    return None;
                }
            },
        };
        let end = u32::from(start) + u32::from(count) * u32::from(times);
        if end > u32::from(u16::MAX) + 1 {
            section
                .fault(&format!("blocks[{place}].count"), "the block reaches past the last address, 65535");
            return None;
        }
        let each = size.map(|size| Each { size, count });
        Some(Block { table, start, count: (end - u32::from(start)).min(u32::from(u16::MAX)) as u16, each })
    }
}

//! What one part of a profile says about another: names that occur twice, and places outside the device's blocks.

use std::collections::BTreeSet;
use std::ops::Range;

use runtime::config::Section;
use wire::PointTable;

use super::block::Block;
use super::header::HeaderSpec;
use super::point::PointSpec;
use super::register::Table;
use super::ring::RingSpec;
use crate::field::modbus::plan;
use crate::field::site;

pub(super) fn header(section: &mut Section<'_>, blocks: &[Block], header: &HeaderSpec) {
    if !is_served(blocks, header.table, &header.span()) {
        let message = format!("the header does not lie in one block of table `{}`", header.table);
        section.fault("header", message);
    }
}

/// The points come entry by entry.
pub(super) fn points(section: &mut Section<'_>, blocks: &[Block], entries: &[Vec<PointSpec>]) {
    let total: usize = entries.iter().map(Vec::len).sum();
    if total >= PointTable::POINTS_MAX {
        section.fault(
            "points",
            format!("{total} points are too many; one edge serves up to {}", PointTable::POINTS_MAX),
        );
    }
    let mut names = BTreeSet::new();
    for (place, points) in entries.iter().enumerate() {
        for point in points {
            check_point(section, blocks, place, point);
            if !names.insert(&point.name) {
                let message = format!("there is already a point `{}`; names are unique", point.name);
                section.fault(&format!("points[{place}].name"), message);
            }
        }
    }
}

/// The ring lies in one block, its `newest` too, and its point has a name of its own.
pub(super) fn ring(section: &mut Section<'_>, blocks: &[Block], entries: &[Vec<PointSpec>], ring: &RingSpec) {
    let name = &ring.name;
    if name.as_str() == site::LINK_POINT || entries.iter().flatten().any(|point| point.name == *name) {
        section.fault("rings[0].name", format!("there is already a point `{name}`; names are unique"));
    }
    for (key, span) in [("start", ring.span()), ("newest", ring.newest.span())] {
        if !is_served(blocks, ring.table, &span) {
            let message =
                format!("{} {} to {} is not inside one block", ring.table, span.start, span.end - 1);
            section.fault(&format!("rings[0].{key}"), message);
        }
    }
}

fn check_point(section: &mut Section<'_>, blocks: &[Block], place: usize, point: &PointSpec) {
    if point.name.as_str() == site::LINK_POINT {
        let message = format!("every device has a point `{}` of its own; choose another name", point.name);
        section.fault(&format!("points[{place}].name"), message);
    }
    let Some(register) = point.source.register() else {
        return;
    };
    let span = plan::span_of(register, point.sequence);
    let table = register.table;
    if span.end - span.start > u32::from(table.request_max()) {
        let message = format!(
            "the value and its sequence lie further apart than one read reaches ({})",
            table.request_max()
        );
        section.fault(&format!("points[{place}].sequence"), message);
    } else if !is_served(blocks, table, &span) {
        let last = span.end - 1;
        let message =
            format!("`{}` takes {table} {} to {last}, which is not inside one block", point.name, span.start);
        section.fault(&format!("points[{place}].register"), message);
    }
}

/// A table without blocks says nothing about what it serves.
fn is_served(blocks: &[Block], table: Table, span: &Range<u32>) -> bool {
    let mut own = blocks.iter().filter(|block| block.table == table).peekable();
    own.peek().is_none() || own.any(|block| block.holds(table, span))
}

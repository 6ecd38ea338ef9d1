//! Which requests read all points of a profile. Pure, and made once at the start.
//!
//! Spans that lie together are read together, because a request costs a round trip and a register two bytes. A value is
//! never split between two requests, and neither are a value and its sequence. The request that holds the header comes
//! first in every poll: its reply vouches for the values beside it, and for the device behind the requests after it.

use std::ops::Range;

use crate::field::profile::{Block, PointSpec, Profile, Register, Table};

/// One read. `count` never exceeds what a reply can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub table: Table,
    pub start: u16,
    pub count: u16,
}

/// Where in the replies something begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub request: usize,
    pub offset: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointPlaces {
    pub value: Place,
    pub sequence: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    requests: Vec<Request>,
    header: Option<Place>,
    points: Vec<PointPlaces>,
    ring: Option<Place>,
}

/// Something that one request must hold whole.
#[derive(Clone, Debug)]
struct Span {
    table: Table,
    addresses: Range<u32>,
}

/// A request while it is growing.
type Growing = Span;

impl Plan {
    pub fn build(profile: &Profile) -> Plan {
        let header = profile.header.map(|header| Span { table: header.table, addresses: header.span() });
        let points = || {
            let registers = |point: &PointSpec| Some((point.source.register()?, point.sequence));
            profile.points.iter().filter_map(registers)
        };
        let spans = points()
            .map(|(value, sequence)| Span { table: value.table, addresses: span_of(value, sequence) });
        let newest =
            profile.ring.as_ref().map(|ring| Span { table: ring.table, addresses: ring.newest.span() });
        let spans: Vec<Span> = header.iter().cloned().chain(spans).chain(newest.iter().cloned()).collect();
        let mut requests = merge(&profile.blocks, spans);
        if let Some(header) = &header {
            let first = requests.iter().position(|request| holds(request, header));
            requests[..=first.expect("the header is one of the spans")].rotate_right(1);
        }
        let place = |span: Span| {
            let request = requests.iter().position(|request| holds(request, &span));
            let request = request.expect("every span is inside a request");
            Place { request, offset: (span.addresses.start - requests[request].addresses.start) as usize }
        };
        let places = |(value, sequence): (Register, Option<Register>)| {
            let addresses = span_of(value, sequence);
            let start = addresses.start;
            let span = place(Span { table: value.table, addresses });
            let part =
                |part: Register| Place { offset: span.offset + (part.span().start - start) as usize, ..span };
            PointPlaces { value: part(value), sequence: sequence.map(part) }
        };
        let points = points().map(places).collect();
        let (header, ring) = (header.map(&place), newest.map(place));
        Plan { header, points, ring, requests: requests.iter().map(finished).collect() }
    }

    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    pub fn header(&self) -> Option<Place> {
        self.header
    }

    /// Where the number of the newest event of the ring stands.
    pub fn ring(&self) -> Option<Place> {
        self.ring
    }

    /// In the order of the profile's points; the point of a ring is none of them. Of a profile without registers, none.
    pub fn points(&self) -> &[PointPlaces] {
        &self.points
    }
}

/// The addresses that must come in one reply: the value and, if it has one, its sequence.
pub fn span_of(value: Register, sequence: Option<Register>) -> Range<u32> {
    let value = value.span();
    match sequence.map(Register::span) {
        Some(sequence) => value.start.min(sequence.start)..value.end.max(sequence.end),
        None => value,
    }
}

fn merge(blocks: &[Block], mut spans: Vec<Span>) -> Vec<Growing> {
    spans.sort_by_key(|span| (span.table, span.addresses.start, span.addresses.end));
    let mut requests: Vec<Growing> = Vec::new();
    for span in spans {
        match requests.last_mut() {
            Some(last) if may_join(blocks, last, &span) => {
                last.addresses.end = last.addresses.end.max(span.addresses.end);
            }
            _ => requests.push(span),
        }
    }
    requests
}

/// Sorted by start, so `span` never begins before `request`. Over a gap a read goes only inside a block, since a
/// device refuses a whole request for one address that it does not have.
fn may_join(blocks: &[Block], request: &Growing, span: &Span) -> bool {
    let joined = request.addresses.start..request.addresses.end.max(span.addresses.end);
    let fits = joined.end - joined.start <= u32::from(request.table.request_max());
    let gapless = span.addresses.start <= request.addresses.end;
    let in_block = blocks.iter().any(|block| block.holds(request.table, &joined));
    let blocks_known = blocks.iter().any(|block| block.table == request.table);
    request.table == span.table && fits && (in_block || gapless && !blocks_known)
}

fn holds(request: &Growing, span: &Span) -> bool {
    request.table == span.table
        && request.addresses.start <= span.addresses.start
        && span.addresses.end <= request.addresses.end
}

fn finished(growing: &Growing) -> Request {
    let Range { start, end } = growing.addresses;
    let in_space = "the profile was checked to stay in the address space";
    Request {
        table: growing.table,
        start: u16::try_from(start).expect(in_space),
        count: u16::try_from(end - start).expect("a request was never joined past its limit"),
    }
}

#[cfg(test)]
mod tests;

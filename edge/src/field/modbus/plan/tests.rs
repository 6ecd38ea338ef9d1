//! Whatever the profile: the reads cover what is needed, and touch nothing that the device may refuse.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::field::arbitrary;
use crate::field::profile::{BuiltIn, HeaderSpec, Source};

fn addresses(table: Table, range: Range<u32>) -> impl Iterator<Item = (Table, u32)> {
    range.map(move |address| (table, address))
}

fn registers(profile: &Profile) -> impl Iterator<Item = (Register, Option<Register>)> {
    profile.points.iter().map(|point| (point.source.register().unwrap(), point.sequence))
}

fn needed(profile: &Profile) -> BTreeSet<(Table, u32)> {
    let points = registers(profile).flat_map(|(value, sequence)| {
        let sequence = sequence.map(|sequence| addresses(sequence.table, sequence.span()));
        addresses(value.table, value.span()).chain(sequence.into_iter().flatten())
    });
    let header = profile.header.map(|header| addresses(header.table, header.span()));
    points.chain(header.into_iter().flatten()).collect()
}

fn span(request: &Request) -> Range<u32> {
    u32::from(request.start)..u32::from(request.start) + u32::from(request.count)
}

fn shape(plan: &Plan) -> Vec<(Table, u16, u16)> {
    plan.requests().iter().map(|request| (request.table, request.start, request.count)).collect()
}

proptest! {
    #[test]
    fn every_place_leads_to_its_address(profile in arbitrary::profile()) {
        let plan = Plan::build(&profile);
        prop_assert_eq!(plan.points().len(), profile.points.len());
        let leads = |place: Place, source: Register| {
            let request = &plan.requests()[place.request];
            let found = u32::from(request.start) + place.offset as u32;
            request.table == source.table && found == source.span().start && source.span().end <= span(request).end
        };
        for ((value, sequence), places) in registers(&profile).zip(plan.points()) {
            prop_assert!(leads(places.value, value), "{:?} {:?}", value, places);
            prop_assert_eq!(sequence.is_some(), places.sequence.is_some());
            if let Some((sequence, place)) = sequence.zip(places.sequence) {
                prop_assert!(leads(place, sequence));
                prop_assert_eq!(place.request, places.value.request, "a value and its sequence come in one reply");
            }
        }
    }

    #[test]
    fn requests_keep_their_limits_and_begin_and_end_where_something_is_needed(profile in arbitrary::profile()) {
        let needed = needed(&profile);
        for request in Plan::build(&profile).requests() {
            let span = span(request);
            prop_assert!((1..=request.table.request_max()).contains(&request.count));
            prop_assert!(needed.contains(&(request.table, span.start)));
            prop_assert!(needed.contains(&(request.table, span.end - 1)));
        }
    }

    #[test]
    fn gaps_are_read_only_inside_a_block_or_between_a_value_and_its_sequence(profile in arbitrary::profile()) {
        let mut allowed = needed(&profile);
        allowed.extend(registers(&profile).flat_map(|(value, sequence)| addresses(value.table, span_of(value, sequence))));
        for request in Plan::build(&profile).requests() {
            let in_block = profile.blocks.iter().any(|block| block.holds(request.table, &span(request)));
            let known = profile.blocks.iter().any(|block| block.table == request.table);
            prop_assert!(in_block || !known, "{request:?} leaves its block");
            let only_needed = addresses(request.table, span(request)).all(|address| allowed.contains(&address));
            prop_assert!(in_block || only_needed, "{request:?} reads what nobody needs");
        }
    }

    #[test]
    fn the_header_is_in_the_first_request(profile in arbitrary::profile()) {
        let plan = Plan::build(&profile);
        prop_assert_eq!(plan.header().is_some(), profile.header.is_some());
        if let Some((place, header)) = plan.header().zip(profile.header) {
            prop_assert_eq!(place.request, 0);
            let first = plan.requests()[0];
            prop_assert_eq!(usize::from(first.start) + place.offset, usize::from(header.start));
            prop_assert!(place.offset + usize::from(HeaderSpec::REGISTERS) <= usize::from(first.count));
        }
    }
}

#[test]
fn the_built_in_profiles_need_few_requests() {
    let plan = |name| Plan::build(&BuiltIn::named(name).unwrap().profile().unwrap());
    let input = Table::Input;
    assert_eq!(shape(&plan("cabinet-lock")), [(input, 0, 27)]);
    assert_eq!(shape(&plan("door-controller")), [(input, 0, 20), (input, 24, 14)]);
    assert_eq!(shape(&plan("phone-jammer"))[0], (input, 0, 16));
    let panel = shape(&plan("alarm-panel"));
    assert_eq!(panel[..2], [(input, 0, 22), (input, 32, 32)]);
    assert_eq!(panel[2..], [(Table::Discrete, 0x1401, 8), (Table::Discrete, 0x3001, 8)]);
}

#[test]
fn a_long_block_is_cut_between_values() {
    let mut profile = BuiltIn::named("cabinet-lock").unwrap().profile().unwrap();
    profile.blocks[0].count = 400;
    let far = |address| {
        let mut point = profile.points[0].clone();
        let register = point.source.register().unwrap();
        point.source = Source::Register(Register { address, ..register });
        point
    };
    let points = [far(124), far(125), far(399)];
    profile.points.extend(points);
    assert_eq!(
        shape(&Plan::build(&profile)),
        [(Table::Input, 0, 125), (Table::Input, 125, 1), (Table::Input, 399, 1)]
    );
}

//! What is wrong about a rule as a whole: it could never fire, would fire for nothing, or asks what comes too late.

use runtime::config::Section;
use wire::{Kind, Lane};

use crate::correlate::condition::Condition;
use crate::correlate::criterion::Criterion;
use crate::correlate::rule::{Excuse, Points, Rule, Way};
use crate::incident::Severity;

/// Triggers, excuses and what else a rule lists: more is a mistake, and each has a number that fits a byte.
const LISTED_MAX: usize = 100;

pub(super) fn points(points: &Points, section: &mut Section<'_>) {
    lengths(points, section);
    stages(points, section);
    excuses(points, section);
    what_lasts(points, section);
}

pub(super) fn rule(rule: &Rule, section: &mut Section<'_>) {
    let Some(points) = rule.points() else { return };
    if gravest(rule, points).graver_than(Severity::P3) {
        urgent_only(points, section);
    }
}

fn lengths(points: &Points, section: &mut Section<'_>) {
    let lists = [
        ("trigger", points.trigger.len()),
        ("with", points.with.len()),
        ("given", points.given.len()),
        ("while", points.during.len()),
        ("unless", points.unless.len()),
        ("sustained", points.sustained.len()),
        ("clear", points.clear.len()),
    ];
    for (key, listed) in lists.into_iter().filter(|(_, listed)| *listed > LISTED_MAX) {
        section.fault(key, format!("{listed} entries are too many: at most {LISTED_MAX}"));
    }
}

fn stages(points: &Points, section: &mut Section<'_>) {
    for (index, pair) in points.sustained.windows(2).enumerate() {
        if pair[1].after_ms <= pair[0].after_ms {
            section
                .fault(&format!("sustained[{}].after", index + 1), "stages stand in the order of their time");
        }
        if !pair[1].severity.graver_than(pair[0].severity) {
            section.fault(
                &format!("sustained[{}].severity", index + 1),
                "a later stage is graver than the one before",
            );
        }
    }
}

/// An excuse that is the trigger itself, or that excludes what must hold.
fn excuses(points: &Points, section: &mut Section<'_>) {
    for (index, excuse) in points.unless.iter().enumerate() {
        let Excuse::Holds(condition) = excuse else { continue };
        let is_trigger = points.trigger.iter().any(|trigger| match (&trigger.sign.way, condition) {
            (Way::Stands(wanted), Condition::Holds { kind, criterion, .. }) => {
                trigger.sign.kind == *kind && wanted == criterion
            }
            _ => false,
        });
        if is_trigger {
            let message = "the excuse is the trigger itself: the rule could never fire";
            section.fault(&format!("unless[{index}]"), message);
        }
        if points.given.iter().chain(&points.during).any(|given| given == condition) {
            let message = "the excuse is what must hold: the rule could never fire";
            section.fault(&format!("unless[{index}]"), message);
        }
    }
}

/// What merely happens cannot hold for a while.
fn what_lasts(points: &Points, section: &mut Section<'_>) {
    for (index, trigger) in points.trigger.iter().enumerate() {
        if !trigger.sign.way.lasts() && points.must_hold() {
            let message = "what happens is over at once and cannot be sustained: use `wait` for how long an excuse may still come";
            section.fault(&format!("trigger[{index}]"), message);
        }
        if !trigger.from.is_empty() && !matches!(trigger.sign.way, Way::Stands(Criterion::OneOf(_))) {
            section.fault(&format!("trigger[{index}].from"), "`from` goes with `becomes` only");
        }
    }
    if points.wait_ms > 0 && !points.rests_on_absence() {
        section.fault(
            "wait",
            "nothing is waited for: `wait` is for how long an `event` of `unless` may still come",
        );
    }
}

fn gravest(rule: &Rule, points: &Points) -> Severity {
    let stages = points.sustained.iter().map(|stage| stage.severity);
    let circumstances = rule.severity_when.iter().map(|graver| graver.severity);
    let all = stages.chain(circumstances);
    all.fold(
        rule.severity,
        |gravest, severity| if severity.graver_than(gravest) { severity } else { gravest },
    )
}

/// Whether somebody was let in must not wait behind a backlog of temperatures.
fn urgent_only(points: &Points, section: &mut Section<'_>) {
    let says = |kind: Kind| {
        format!(
            "{kind} travels in the routine lane and may come minutes late: a rule that can be P1 or P2 cannot rest on it"
        )
    };
    let routine = |kind: Kind, way: &Way| {
        kind.lane() == Lane::Routine
            && !matches!(way, Way::Stands(Criterion::Marked(_) | Criterion::Unusable))
    };
    for (index, past) in points.with.iter().enumerate() {
        for sign in past.signs.iter().filter(|sign| routine(sign.kind, &sign.way)) {
            section.fault(&format!("with[{index}].event"), says(sign.kind));
        }
    }
    for (index, excuse) in points.unless.iter().enumerate() {
        let Excuse::Event(past) = excuse else { continue };
        for sign in past.signs.iter().filter(|sign| routine(sign.kind, &sign.way)) {
            section.fault(&format!("unless[{index}].event"), says(sign.kind));
        }
    }
}

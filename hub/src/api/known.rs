//! Whether there is what a filter names. An empty page for a mistyped name would look as if nothing had happened there.

use wire::{EdgeId, Kind, PartId, PointId};

use super::problem::Problem;
use super::shown;
use crate::store::{PartRow, Store};

/// A part of the configuration, or one that an edge serves.
pub(super) fn part(store: &Store, part: &PartId) -> Result<(), Problem> {
    let known = store.part(part)?.is_some() || store.edges()?.iter().any(|edge| edge.part == *part);
    if known { Ok(()) } else { Err(Problem::no_part(part.as_str())) }
}

pub(super) fn edge(store: &Store, edge: &EdgeId) -> Result<(), Problem> {
    store.edge(edge)?.map(|_| ()).ok_or_else(|| Problem::no_edge(edge.as_str()))
}

/// A point that some layout describes, also if it is retired.
pub(super) fn point(store: &Store, point: &PointId) -> Result<(), Problem> {
    let known = store.parts()?.iter().any(|part| shown::point_row(part, point).is_some());
    if known { Ok(()) } else { Err(Problem::no_point(point)) }
}

/// A kind of the catalogue, or one that only a newer edge knows: then some layout has a point of it.
pub(super) fn kind(store: &Store, kind: &str) -> Result<(), Problem> {
    if Kind::from_name(kind).is_some() {
        return Ok(());
    }
    let is_of_it = |part: &PartRow| part.layout.points.iter().any(|point| point.kind == kind);
    if store.parts()?.iter().any(is_of_it) {
        return Ok(());
    }
    Err(Problem::parameter("kind", format!("`{kind}` is not known for `kind`"))
        .then("GET /api/v1/kinds lists them"))
}

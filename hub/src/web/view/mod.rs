//! What the templates show: plain values, chosen and ordered here. The words stand in the templates, so that a second
//! language can come without touching this.

mod edge;
mod hub;
mod incident;
mod moment;
mod part;
mod point;
mod tone;

pub(super) use hub::{HubView, Reporting};
pub(super) use incident::IncidentList;
pub(super) use moment::Moment;
pub(super) use part::PartCard;

//! A time as the page shows it: machine-readable for the live module, and in UTC for readers without it.

use crate::api::dto::{Time, time};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::web) struct Moment(pub(in crate::web) i64);

impl Moment {
    pub(in crate::web) fn iso(&self) -> String {
        Time(self.0).to_string()
    }

    pub(in crate::web) fn utc(&self) -> String {
        time::timestamp(self.0).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

//! One page of a list.

use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it back as `cursor` for the next page; `null` at the end. A page may be short, or even empty, and still have a
    /// next one: the hub bounds the work of one call.
    #[schema(required = true)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Everything at once: a list that is short by nature.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page of the store's, converted.
    pub fn of<I, C: ToString>(page: crate::store::Page<I, C>, convert: impl FnMut(I) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(convert).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

//! Query parameters, taken one by one by name. What is left over, given twice or not of its type is refused and named, so
//! that a mistyped filter never looks like an empty result.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query as AnyQuery};
use axum::http::request::Parts;

use super::dto::time;
use super::problem::Problem;

/// Items of a page when nobody says how many.
pub const PAGE_DEFAULT: usize = 100;
/// The most items of one page.
pub const PAGE_MAX: usize = 1_000;

pub struct Query {
    given: BTreeMap<String, String>,
    known: Vec<&'static str>,
}

/// A span of time: from (included) to (excluded), in unix milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub from_ms: Option<i64>,
    pub to_ms: Option<i64>,
}

impl Query {
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.given.remove(name)
    }

    /// A parameter of a type that says itself what is wrong.
    pub fn parsed<T>(&mut self, name: &'static str) -> Result<Option<T>, Problem>
    where
        T: FromStr<Err: Display>,
    {
        let parse =
            |text: String| text.parse().map_err(|error: T::Err| Problem::parameter(name, error.to_string()));
        self.text(name).map(parse).transpose()
    }

    /// One word of a few.
    pub fn one_of<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[T],
        word: fn(T) -> &'static str,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let found = words.iter().copied().find(|value| word(*value) == text);
        found.map(Some).ok_or_else(|| {
            Problem::parameter(name, format!("`{text}` is not known for `{name}`"))
                .allowing(words.iter().map(|value| word(*value)))
        })
    }

    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Problem> {
        self.one_of(name, &[true, false], |flag| if flag { "true" } else { "false" })
    }

    pub fn span(&mut self) -> Result<Span, Problem> {
        let (from_ms, to_ms) = (self.moment("from")?, self.moment("to")?);
        match (from_ms, to_ms) {
            (Some(from), Some(to)) if from >= to => {
                Err(Problem::parameter("to", "`to` must lie after `from`"))
            }
            _ => Ok(Span { from_ms, to_ms }),
        }
    }

    fn moment(&mut self, name: &'static str) -> Result<Option<i64>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        time::parse_ms(&text).map(Some).ok_or_else(|| {
            let detail = format!(
                "`{text}` is not a time: write RFC 3339 (`2026-11-22T10:00:00Z`) or unix milliseconds"
            );
            Problem::parameter(name, detail)
        })
    }

    /// A cursor of an earlier page; never built by the client.
    pub fn cursor<T: FromStr>(&mut self) -> Result<Option<T>, Problem> {
        let Some(text) = self.text("cursor") else { return Ok(None) };
        let wrong = |_| {
            Problem::parameter(
                "cursor",
                "this is not a cursor of this list; give back the `next` of the page before",
            )
        };
        text.parse().map(Some).map_err(wrong)
    }

    pub fn limit(&mut self) -> Result<usize, Problem> {
        let Some(text) = self.text("limit") else { return Ok(PAGE_DEFAULT) };
        let limit = text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        limit.ok_or_else(|| Problem::parameter("limit", format!("`limit` is a number from 1 to {PAGE_MAX}")))
    }

    /// Call it last: refuses what nobody asked for.
    pub fn finish(self) -> Result<(), Problem> {
        let Some(name) = self.given.keys().next() else { return Ok(()) };
        Err(Problem::parameter(name, format!("`{name}` is not a parameter of this address"))
            .allowing(self.known))
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = AnyQuery::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|_| {
            Problem::parameter(
                "?",
                "the query cannot be decoded: write `name=value`, joined by `&`, in UTF-8",
            )
        })?;
        let mut given = BTreeMap::new();
        for (name, value) in pairs.0 {
            if given.insert(name.clone(), value).is_some() {
                return Err(Problem::parameter(&name, format!("`{name}` is given twice")));
            }
        }
        Ok(Self { given, known: Vec::new() })
    }
}

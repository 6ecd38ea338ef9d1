//! The form of a refusal.

use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was refused or failed (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem, stable across versions.
    #[serde(rename = "type")]
    #[schema(example = "urn:strongroom:problem:bad-parameter")]
    pub uri: String,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status, repeated.
    #[schema(example = 400)]
    pub status: u16,
    /// What was wrong here, and what to write instead.
    pub detail: String,
    /// The parameter or field that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What would have been accepted in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// What to do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

//! The hub as a client sees it: what its API says, and its live stream. An independent reading of the API.

pub mod api;
pub mod dto;
pub mod follow;
pub mod ready;
pub mod sse;

//! Style, script and icon, embedded in the binary: nothing is fetched from anywhere else.

use axum::extract::Path;
use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::api::problem::{Kind, Problem};

struct Asset {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const ASSETS: &[Asset] = &[
    Asset {
        name: "strongroom.css",
        content_type: "text/css; charset=utf-8",
        text: include_str!("assets/strongroom.css"),
    },
    Asset {
        name: "live.js",
        content_type: "text/javascript; charset=utf-8",
        text: include_str!("assets/live.js"),
    },
    Asset {
        name: "morph.js",
        content_type: "text/javascript; charset=utf-8",
        text: include_str!("assets/morph.js"),
    },
    Asset {
        name: "moments.js",
        content_type: "text/javascript; charset=utf-8",
        text: include_str!("assets/moments.js"),
    },
    Asset { name: "icon.svg", content_type: "image/svg+xml", text: include_str!("assets/icon.svg") },
];

/// Assets change with the binary only; a day-old one would meet a page that it does not fit, so browsers ask again soon.
const CACHE: &str = "private, max-age=60, must-revalidate";

pub(super) async fn file(Path(file): Path<String>, uri: Uri) -> Response {
    match ASSETS.iter().find(|asset| asset.name == file) {
        Some(asset) => {
            ([(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, CACHE)], asset.text).into_response()
        }
        None => Problem::new(Kind::NoSuchRoute, format!("there is no `{}`", uri.path())).into_response(),
    }
}

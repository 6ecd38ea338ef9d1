//! The pages: rendered here, kept live by a small module that asks for the changed fragments again. There is one rendering
//! truth, the templates; without JavaScript the page can be read and incidents can be handled all the same.
//!
//! ```text
//! GET / ─ overview ─ view (stored → shown) ─ templates ─▶ HTML
//!              └ fragments ─ the same views and templates, one card or list at a time
//! ```

mod assets;
mod fragments;
mod incident_forms;
mod overview;
mod page;
pub(crate) mod sign_in;
mod view;

use crate::api::routes::Routes;

pub(crate) fn signed_in() -> Routes {
    Routes::new()
        .get("/fragments/hub", fragments::hub)
        .get("/fragments/incidents", fragments::incidents)
        .get("/fragments/parts/{id}", fragments::part)
        .post("/incidents/{id}/acknowledge", incident_forms::acknowledge)
        .post("/incidents/{id}/close", incident_forms::close)
}

pub(crate) fn open_to_all() -> Routes {
    Routes::new()
        .get("/", overview::home)
        .post("/signin", sign_in::sign_in)
        .post("/signout", sign_in::sign_out)
        .get("/assets/{file}", assets::file)
}

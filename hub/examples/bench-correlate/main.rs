//! What correlation takes and how much it keeps, on one core: a site of 1,000 parts under the default pack, and a hub with
//! 100,000 open incidents over a real store. Prints one table; `make bench` runs it.
//!
//! ```text
//! room.rs (points, script) ─ site.rs (edges, envelopes) ─┬─ speed.rs (events a second, state a part)
//!                                                        └─ crowd.rs (100,000 open incidents) ─ table.rs
//! ```

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark speaks to people on its standard streams"
)]
#![allow(
    clippy::unwrap_used,
    reason = "what is measured is made here, and a fault of it must stop the measurement"
)]

mod crowd;
mod room;
mod site;
mod speed;
mod table;

use speed::{Decoding, Packing};
use table::Table;

/// As in the hub itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The words `speed` and `crowd` on the command line pick what is measured; without any it is both.
fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|word| word == part);
    let mut table = Table::default();
    for (packing, decoding) in [
        (Packing::Full, Decoding::Before),
        (Packing::Full, Decoding::Here),
        (Packing::Single, Decoding::Before),
        (Packing::Single, Decoding::Here),
    ] {
        if runs("speed") {
            eprintln!("Measuring {packing:?} envelopes, decoded {decoding:?} …");
            speed::run(packing, decoding, &mut table);
        }
    }
    if runs("crowd") {
        eprintln!("Measuring a crowd of open incidents …");
        crowd::run(&mut table);
    }
    println!("\n{}", table.text());
}

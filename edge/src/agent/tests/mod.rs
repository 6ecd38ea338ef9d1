//! What an agent sees in a made-up system of real files, and what it makes of it.

mod observed;
mod told;
mod tree;

use tree::Tree;

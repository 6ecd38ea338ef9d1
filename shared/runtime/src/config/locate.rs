//! Where the key path of a cross-check stands in the file: `devices[2].id`, as the reader of a section
//! says it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml_span::Value;
use toml_span::value::{Array, Table};

use super::document::Document;
use super::key::{self, Step};

/// Entries that were left out as faulty count in the file, but not for the reader of the others.
/// `taken` holds, for each list, the indices in the file of the entries that were not left out.
pub(super) fn as_in_file<'k>(path: &'k str, taken: &BTreeMap<&'static str, Vec<usize>>) -> Cow<'k, str> {
    let moved = || {
        let (list, rest) = path.split_once('[')?;
        let (index, rest) = rest.split_once(']')?;
        let index = taken.get(list)?.get(index.parse::<usize>().ok()?)?;
        Some(key::element(list, *index) + rest)
    };
    moved().map_or(Cow::Borrowed(path), Cow::Owned)
}

/// The offset of the last part of the path that exists below the table; none when no part does.
pub(super) fn locate(document: &Document<'_>, table: &Table<'_>, path: &str) -> Option<usize> {
    let steps = if table.contains_key(path) { vec![Step::Key(path)] } else { key::steps(path) };
    let (mut at, mut table, mut list) = (None, Some(table), None);
    for step in steps {
        let Some((start, value)) = descend(table, list, &step) else {
            break;
        };
        at = match step {
            Step::Element(_) if value.as_str().is_some() => Some(document.opening_quote(start)),
            _ => Some(start),
        };
        (table, list) = (value.as_table(), value.as_array());
    }
    at
}

fn descend<'a>(
    table: Option<&'a Table<'a>>,
    list: Option<&'a Array<'a>>,
    step: &Step<'_>,
) -> Option<(usize, &'a Value<'a>)> {
    match step {
        Step::Key(key) => table?.get_key_value(*key).map(|(name, value)| (name.span.start, value)),
        Step::Element(index) => list?.get(*index).map(|value| (value.span.start, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_were_left_out_are_counted_again() {
        let taken = BTreeMap::from([("devices", vec![0, 3])]);
        assert_eq!(as_in_file("devices[1].id", &taken), "devices[3].id");
        assert_eq!(as_in_file("devices[0]", &taken), "devices[0]");
        for unmoved in ["devices[2].id", "parts[1].id", "devices", "devices[x]", "devices[1"] {
            assert_eq!(as_in_file(unmoved, &taken), unmoved);
        }
    }
}

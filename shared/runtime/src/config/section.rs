//! A table of a file while it is being read. It remembers which keys were asked for; the others are
//! faults, because a key that nobody reads is a wish that silently comes to nothing.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use toml_span::Value;
use toml_span::value::{Key, Table};

use super::document::Document;
use super::item::Item;
use super::key;
use super::locate;
use super::range::Ranged;
use super::suggest;
use super::value::FromValue;

/// A type that is read from a table of a file.
///
/// Read every key first and use `?` only while building the value at the end. An early return hides
/// the faults of the keys behind it and leaves them unread, and unread keys are reported as unknown.
///
/// ```
/// use runtime::config::{FromSection, Section};
/// # use strongroom_runtime as runtime;
/// struct Listener { address: std::net::SocketAddr, clients_max: usize }
///
/// impl FromSection for Listener {
///     fn from_section(section: &mut Section<'_>) -> Option<Self> {
///         let address = section.required("address");
///         let clients_max = section.within("clients_max", 100, 1..=10_000);
///         Some(Self { address: address?, clients_max })
///     }
/// }
/// ```
pub trait FromSection: Sized {
    /// None when a needed key was missing or wrong; the fault is then already recorded.
    fn from_section(section: &mut Section<'_>) -> Option<Self>;
}

pub struct Section<'a> {
    document: &'a Document<'a>,
    table: &'a Table<'a>,
    path: String,
    start: usize,
    asked: Vec<&'static str>,
    /// Which entries of each list of sections were taken, by their index in the file.
    taken: BTreeMap<&'static str, Vec<usize>>,
    unread: Unread,
}

/// What becomes of the keys that were not asked for.
#[derive(PartialEq)]
enum Unread {
    Faulty,
    Ignored,
}

pub(super) fn read_root<T: FromSection>(document: &Document<'_>, root: &Value<'_>) -> Option<T> {
    let table = root.as_table().expect("the root of a TOML text is a table");
    read(document, table, String::new(), 0, T::from_section)
}

fn read<'a, T>(
    document: &'a Document<'a>,
    table: &'a Table<'a>,
    path: String,
    start: usize,
    from: impl FnOnce(&mut Section<'a>) -> Option<T>,
) -> Option<T> {
    let mut section = Section {
        document,
        table,
        path,
        start,
        asked: Vec::new(),
        taken: BTreeMap::new(),
        unread: Unread::Faulty,
    };
    let taken = from(&mut section);
    section.finish();
    if taken.is_none() && document.is_faultless() {
        section.fault("", "this section cannot be used");
    }
    taken
}

impl<'a> Section<'a> {
    /// A missing key is a fault at the beginning of the section.
    pub fn required<T: FromValue>(&mut self, key: &'static str) -> Option<T> {
        match self.item(key) {
            Some(item) => T::from_value(&item),
            None => self.missing(key, &format!("write {}", T::wanted())),
        }
    }

    pub fn optional<T: FromValue>(&mut self, key: &'static str) -> Option<T> {
        T::from_value(&self.item(key)?)
    }

    pub fn or<T: FromValue>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// A value outside the range is a fault; the default stands in so that reading can go on.
    pub fn within<T: Ranged>(&mut self, key: &'static str, default: T, range: RangeInclusive<T>) -> T {
        self.optional_within(key, range).unwrap_or(default)
    }

    pub fn optional_within<T: Ranged>(&mut self, key: &'static str, range: RangeInclusive<T>) -> Option<T> {
        let item = self.item(key)?;
        in_range(&item, T::from_value(&item)?, &range)
    }

    pub fn required_within<T: Ranged>(&mut self, key: &'static str, range: RangeInclusive<T>) -> Option<T> {
        match self.item(key) {
            Some(item) => in_range(&item, T::from_value(&item)?, &range),
            None => self.missing(key, &format!("write a value from {}", bounds(&range))),
        }
    }

    /// A required path, resolved against the folder of the file.
    pub fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.required(key)
    }

    /// A required section, `[key]` or `key = { … }`.
    pub fn table<T: FromSection>(&mut self, key: &'static str) -> Option<T> {
        match self.item(key) {
            Some(item) => read_table(item),
            None => self.missing(key, &format!("write a section [{}]", key::join(&self.path, key))),
        }
    }

    pub fn optional_table<T: FromSection>(&mut self, key: &'static str) -> Option<T> {
        read_table(self.item(key)?)
    }

    /// `[[key]]`, or a list of inline tables. A missing key is an empty list; faulty entries are left out.
    pub fn tables<T: FromSection>(&mut self, key: &'static str) -> Vec<T> {
        self.tables_by(key, T::from_section)
    }

    /// The same for entries whose keys depend on what stands beside the list.
    pub fn tables_by<T>(
        &mut self,
        key: &'static str,
        from: impl Fn(&mut Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(item) = self.item(key) else {
            return Vec::new();
        };
        let Some(elements) = item.elements() else {
            item.wrong_type::<()>(&format!("[[{}]] above each entry", item.path));
            return Vec::new();
        };
        let entries = elements.into_iter().map(|item| read_table_by(item, &from)).enumerate();
        let (taken, tables) = entries.filter_map(|(index, table)| Some((index, table?))).unzip();
        self.taken.insert(key, taken);
        tables
    }

    /// `[key.NAME]` sections in the order of the file. A missing key is an empty map.
    pub fn map<T: FromSection>(&mut self, key: &'static str) -> Vec<(String, T)> {
        let named = |(name, item)| Some((name, read_table(item)?));
        self.entries(key).into_iter().filter_map(named).collect()
    }

    /// A section whose keys are free names, such as `[key]` with `a = "b"`, in the order of the file.
    pub fn values_map<T: FromValue>(&mut self, key: &'static str) -> Vec<(String, T)> {
        let named = |(name, item)| Some((name, T::from_value(&item)?));
        self.entries(key).into_iter().filter_map(named).collect()
    }

    pub fn strings_map(&mut self, key: &'static str) -> Vec<(String, String)> {
        self.values_map(key)
    }

    /// Whether the key is written down, rightly or wrongly. Does not count as reading it.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether the key is written down as a list. Does not count as reading it.
    pub fn is_list(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.as_array().is_some())
    }

    /// The line on which this section begins.
    pub fn line(&self) -> usize {
        self.document.position(self.start).0
    }

    /// Records what is wrong about a key in view of others. The key may lead further down, as in
    /// `devices[2].id`, where the index is the one in what `tables` gave back; the fault stands at the
    /// last part that exists. An empty key is the section itself.
    pub fn fault(&mut self, key: &str, message: impl Into<String>) {
        let key = locate::as_in_file(key, &self.taken);
        let path = match (self.path.as_str(), key.as_ref()) {
            (path, "") => path.to_owned(),
            ("", key) => key.to_owned(),
            (path, key) => format!("{path}.{key}"),
        };
        let at = locate::locate(self.document, self.table, &key).unwrap_or(self.start);
        self.document.fault(at, path, message.into());
    }

    /// Stops this section from reporting the keys that it did not read. For sections whose keys
    /// depend on a kind that could not be read.
    pub fn ignore_unread(&mut self) {
        self.unread = Unread::Ignored;
    }

    fn item(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.asked.push(key);
        let (name, value) = self.table.get_key_value(key)?;
        Some(Item::keyed(self.document, &self.path, name, value))
    }

    fn entries(&mut self, key: &'static str) -> Vec<(String, Item<'a>)> {
        let Some(item) = self.item(key) else {
            return Vec::new();
        };
        let Some(table) = item.value.as_table() else {
            item.wrong_type::<()>(&format!("a section [{}]", item.path));
            return Vec::new();
        };
        in_file_order(table)
            .map(|(name, value)| (name.name.to_string(), Item::keyed(self.document, &item.path, name, value)))
            .collect()
    }

    fn missing<T>(&self, key: &'static str, remedy: &str) -> Option<T> {
        let message = format!("this key is missing; {remedy}");
        self.document.fault(self.start, key::join(&self.path, key), message);
        None
    }

    /// Whether a key is there and cannot be meant by another one; of a list there may be more, as of `[[devices]]`.
    fn is_said(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.as_array().is_none())
    }

    fn finish(&self) {
        if self.unread == Unread::Ignored {
            return;
        }
        for (name, _) in in_file_order(self.table) {
            if !self.asked.contains(&name.name.as_ref()) {
                let message = suggest::unknown_key(&name.name, &self.asked, |known| self.is_said(known));
                self.document.fault(name.span.start, key::join(&self.path, &name.name), message);
            }
        }
    }
}

fn read_table<T: FromSection>(item: Item<'_>) -> Option<T> {
    read_table_by(item, T::from_section)
}

fn read_table_by<'a, T>(item: Item<'a>, from: impl FnOnce(&mut Section<'a>) -> Option<T>) -> Option<T> {
    let Some(table) = item.value.as_table() else {
        return item.wrong_type(&format!("a section [{}] or an inline {{ … }}", item.path));
    };
    read(item.document, table, item.path, item.start, from)
}

fn in_file_order<'a>(table: &'a Table<'a>) -> impl Iterator<Item = (&'a Key<'a>, &'a Value<'a>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span.start);
    entries.into_iter()
}

fn in_range<T: Ranged>(item: &Item<'_>, value: T, range: &RangeInclusive<T>) -> Option<T> {
    if range.contains(&value) {
        return Some(value);
    }
    item.fault(format!("{} is out of range; write a value from {}", value.shown(), bounds(range)))
}

fn bounds<T: Ranged>(range: &RangeInclusive<T>) -> String {
    format!("{} to {}", range.start().shown(), range.end().shown())
}

//! A JSON text as a tree, with a limit on everything: its size by the caller, its depth here, and no key twice in one
//! object, because two readers would then read two different values.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::field::profile::{Pointer, Raw};

/// As deep as a pointer can lead.
const DEPTH_MAX: usize = 16;

#[derive(Debug, PartialEq)]
pub(super) enum Tree {
    Null,
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(Box<str>),
    List(Vec<Tree>),
    Object(BTreeMap<Box<str>, Tree>),
}

/// The whole payload is one JSON text, with nothing behind it.
pub(super) fn parse(payload: &[u8]) -> Result<Tree, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(payload);
    let tree = Node { depth: 0 }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(tree)
}

impl Tree {
    /// What stands there: nothing at all, or something that is no value, or a value.
    pub(super) fn at(&self, pointer: &Pointer) -> Option<Option<Raw<'_>>> {
        let mut tree = self;
        for key in pointer.keys() {
            tree = match tree {
                Tree::Object(entries) => entries.get(&*key)?,
                Tree::List(elements) => elements.get(index(&key)?)?,
                _ => return None,
            };
        }
        Some(tree.raw())
    }

    fn raw(&self) -> Option<Raw<'_>> {
        Some(match self {
            Tree::Flag(flag) => Raw::Flag(*flag),
            Tree::Whole(whole) => Raw::Whole(*whole),
            Tree::Number(number) => Raw::Number(*number),
            Tree::Text(text) => Raw::Text(text),
            Tree::Null | Tree::List(_) | Tree::Object(_) => return None,
        })
    }
}

/// RFC 6901, 4: digits without a leading zero.
fn index(key: &str) -> Option<usize> {
    let digits = key.bytes().all(|byte| byte.is_ascii_digit()) && (key == "0" || !key.starts_with('0'));
    digits.then(|| key.parse().ok()).flatten()
}

/// One value at its depth.
#[derive(Clone, Copy)]
struct Node {
    depth: usize,
}

impl Node {
    fn inner<E: Error>(self) -> Result<Node, E> {
        if self.depth >= DEPTH_MAX {
            return Err(E::custom(format_args!("it is nested deeper than {DEPTH_MAX}")));
        }
        Ok(Node { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Tree;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(flag))
    }

    fn visit_i64<E>(self, whole: i64) -> Result<Tree, E> {
        Ok(Tree::Whole(whole))
    }

    fn visit_u64<E>(self, whole: u64) -> Result<Tree, E> {
        Ok(i64::try_from(whole).map_or(Tree::Number(whole as f64), Tree::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let inner = self.inner()?;
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Tree::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Tree, A::Error> {
        let inner = self.inner()?;
        let mut entries = BTreeMap::new();
        while let Some(key) = object.next_key::<Box<str>>()? {
            let value = object.next_value_seed(inner)?;
            if entries.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice in one object"));
            }
        }
        Ok(Tree::Object(entries))
    }
}

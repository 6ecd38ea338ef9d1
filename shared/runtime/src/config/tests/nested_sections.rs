//! Sections inside sections in every form that TOML has for them: headers, inline tables, dotted
//! keys, lists of tables and free names.

use super::*;

/// Knows `name` and, one level deeper, the same again in each form.
#[derive(Debug, PartialEq)]
struct Node {
    name: String,
    line: usize,
    inner: Option<Box<Node>>,
    list: Vec<Node>,
    map: Vec<(String, Node)>,
    labels: Vec<(String, String)>,
}

impl FromSection for Node {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let line = section.line();
        let name = section.required("name");
        let inner = section.optional_table("inner").map(Box::new);
        let (list, map) = (section.tables("list"), section.map("map"));
        let labels = section.strings_map("labels");
        Some(Self { name: name?, line, inner, list, map, labels })
    }
}

fn names(nodes: &[Node]) -> Vec<(&str, usize)> {
    nodes.iter().map(|node| (node.name.as_str(), node.line)).collect()
}

#[test]
fn headers_and_inline_forms_read_the_same() {
    let headers = "name = 'r'\n[inner]\nname = 'i'\n[[list]]\nname = 'a'\n[[list]]\nname = 'b'\n[map.z]\nname = 'z'\n[map.a]\nname = 'a'\n";
    let node: Node = taken(headers);
    assert_eq!(node.line, 1);
    assert_eq!(node.inner.map(|inner| (inner.name, inner.line)), Some(("i".to_owned(), 2)));
    assert_eq!(names(&node.list), [("a", 4), ("b", 6)]);
    let map: Vec<_> = node.map.iter().map(|(key, node)| (key.as_str(), node.line)).collect();
    assert_eq!(map, [("z", 8), ("a", 10)], "in the order of the file");

    let inline = "name = 'r'\ninner = { name = 'i' }\nlist = [\n  { name = 'a' },\n  { name = 'b' },\n]\nmap.z = { name = 'z' }\nmap.a.name = 'a'\n";
    let node: Node = taken(inline);
    assert_eq!(node.inner.map(|inner| (inner.name, inner.line)), Some(("i".to_owned(), 2)));
    assert_eq!(names(&node.list), [("a", 4), ("b", 5)]);
    let map: Vec<_> = node.map.iter().map(|(key, node)| (key.as_str(), node.line)).collect();
    assert_eq!(map, [("z", 7), ("a", 8)]);
}

#[test]
fn free_names_are_kept_in_the_order_of_the_file() {
    let node: Node = taken("name = 'r'\n[labels]\nzone = 'north'\n\"a b\" = '1'\n");
    let expected = [("zone", "north"), ("a b", "1")].map(|(key, text)| (key.to_owned(), text.to_owned()));
    assert_eq!(node.labels, expected);
    assert_eq!(
        faults::<Node>("name = 'r'\n[labels]\nzone = 1\n\"a b\" = 2\n"),
        [
            "3:8 labels.zone: this is a whole number; write text in quotes",
            "4:9 labels.\"a b\": this is a whole number; write text in quotes",
        ]
    );
}

#[test]
fn missing_keys_point_at_the_section_that_misses_them() {
    let text = "name = 'r'\n\n[[list]]\n[[list]]\n  [list.inner.inner]\n  name = 'deep'\n[map.\"door 1\"]\n";
    assert_eq!(
        faults::<Node>(text),
        [
            "3:1 list[0].name: this key is missing; write text in quotes",
            "4:1 list[1].name: this key is missing; write text in quotes",
            "5:3 list[1].inner.name: this key is missing; write text in quotes",
            "7:1 map.\"door 1\".name: this key is missing; write text in quotes",
        ]
    );
    let inline = "name = 'r'\nlist = [{ name = 'a', list = [ {} ] }]\n";
    assert_eq!(
        faults::<Node>(inline),
        ["2:32 list[0].list[0].name: this key is missing; write text in quotes"]
    );
}

#[test]
fn a_section_in_the_wrong_form_is_refused() {
    assert_eq!(
        faults::<Node>("name = 'r'\ninner = 1\nlist = { name = 'a' }\nmap = 'x'\n"),
        [
            "2:9 inner: this is a whole number; write a section [inner] or an inline { … }",
            "3:8 list: this is a section; write [[list]] above each entry",
            "4:7 map: this is text; write a section [map]",
        ]
    );
    assert_eq!(
        faults::<Node>("name = 'r'\n[[inner]]\nname = 'i'\n[list]\n[map]\nx = 1\n"),
        [
            "2:1 inner: this is a list; write a section [inner] or an inline { … }",
            "4:1 list: this is a section; write [[list]] above each entry",
            "6:5 map.x: this is a whole number; write a section [map.x] or an inline { … }",
        ]
    );
}

#[test]
fn a_required_section_is_asked_for_by_its_header() {
    struct Root;
    impl FromSection for Root {
        fn from_section(section: &mut Section<'_>) -> Option<Self> {
            let node: Option<Node> = section.table("edge");
            node.map(|_| Self)
        }
    }
    assert_eq!(faults::<Root>("\n"), ["1:1 edge: this key is missing; write a section [edge]"]);
    assert!(faults::<Root>("[edge]\nname = 'e'\n").is_empty());
}

/// Its other keys depend on `kind`.
struct Driver;

impl FromSection for Driver {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let kind: Option<String> = section.required("kind");
        match kind.as_deref() {
            Some("modbus") => section.required_within("port", 1..=65_535_u16).map(|_| Self),
            Some(other) => {
                section.fault("kind", format!("`{other}` is no driver; write modbus"));
                section.ignore_unread();
                None
            }
            None => {
                section.ignore_unread();
                None
            }
        }
    }
}

#[test]
fn keys_that_depend_on_an_unknown_kind_are_not_judged() {
    assert_eq!(
        faults::<Driver>("kind = 'telex'\nport = 502\n"),
        ["1:1 kind: `telex` is no driver; write modbus"]
    );
    assert_eq!(faults::<Driver>("port = 502\n"), ["1:1 kind: this key is missing; write text in quotes"]);
    assert_eq!(
        faults::<Driver>("kind = 'modbus'\n"),
        ["1:1 port: this key is missing; write a value from 1 to 65535"]
    );
    assert_eq!(
        faults::<Driver>("kind = 'modbus'\nport = 0\n"),
        ["2:8 port: 0 is out of range; write a value from 1 to 65535"]
    );
}

#[test]
fn a_fault_of_a_path_stands_at_the_last_part_that_exists() {
    struct Root;
    impl FromSection for Root {
        fn from_section(section: &mut Section<'_>) -> Option<Self> {
            let _nodes: Vec<Node> = section.tables("list");
            let _tags: Vec<String> = section.or("tags", Vec::new());
            assert!(section.has("list") && !section.has("name"));
            section.fault("list[1].labels.\"a b\"", "one");
            section.fault("list[1].absent", "two");
            section.fault("tags[1]", "three");
            section.fault("absent", "four");
            Some(Self)
        }
    }
    let text =
        "tags = ['x',\n  'y']\n[[list]]\nname = 'a'\n[[list]]\nname = 'b'\nlabels = { \"a b\" = '1' }\n";
    assert_eq!(
        faults::<Root>(text),
        [
            "1:1 absent: four",
            "2:3 tags[1]: three",
            "5:1 list[1].absent: two",
            "7:13 list[1].labels.\"a b\": one",
        ]
    );
}

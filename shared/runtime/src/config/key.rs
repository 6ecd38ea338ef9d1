//! Full key paths, as a fault names them: `devices[2].points."door 1".kind`.

/// The path of `key` inside the section `path`, quoted where TOML would have to quote it.
pub(super) fn join(path: &str, key: &str) -> String {
    let key = quoted(key);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

pub(super) fn element(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

fn quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}

/// One step of a path that a cross-check names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Element(usize),
}

/// Splits `devices[2].id` into its steps. A part that does not read as a step ends the walk: the
/// fault then stands at the last place that was understood.
pub(super) fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while let Some((step, after)) = first_step(rest) {
        steps.push(step);
        rest = after;
    }
    steps
}

fn first_step(path: &str) -> Option<(Step<'_>, &str)> {
    if let Some(inside) = path.strip_prefix('[') {
        let (index, after) = inside.split_once(']')?;
        return Some((Step::Element(index.parse().ok()?), after));
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    if let Some(inside) = path.strip_prefix('"') {
        let (key, after) = inside.split_once('"')?;
        return Some((Step::Key(key), after));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (key, after) = path.split_at(end);
    (!key.is_empty()).then_some((Step::Key(key), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_quoted() {
        assert_eq!(join("", "edge"), "edge");
        assert_eq!(join("edge", "poll-interval_2"), "edge.poll-interval_2");
        assert_eq!(join(&element("devices", 2), "door 1"), "devices[2].\"door 1\"");
        assert_eq!(join("a", ""), "a.\"\"");
    }

    #[test]
    fn paths_are_split_into_steps() {
        use Step::{Element, Key};
        assert_eq!(steps("id"), [Key("id")]);
        assert_eq!(
            steps("devices[2].points.\"door 1\".kind"),
            [Key("devices"), Element(2), Key("points"), Key("door 1"), Key("kind")]
        );
        assert_eq!(steps("a[x].b"), [Key("a")]);
        assert_eq!(steps(""), []);
        assert_eq!(steps("a..b"), [Key("a")]);
    }
}

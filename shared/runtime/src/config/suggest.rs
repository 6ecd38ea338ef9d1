//! What to say about an unknown key: guesses which known one it was meant to be.

use std::collections::BTreeSet;

/// Longer words are not compared: nobody mistypes them, and comparing costs the product of the lengths.
const WORD_CHARS_MAX: usize = 64;

/// A fault names all known keys of its section as long as they are not more than this.
const KNOWN_KEYS_SHOWN_MAX: usize = 16;

/// What to say about a key that its section did not ask for.
pub(super) fn unknown_key(key: &str, known: &[&str], present: impl Fn(&str) -> bool) -> String {
    // A key that is already there is not the one that was meant.
    if let Some(meant) = nearest(key, known.iter().copied().filter(|known| !present(known))) {
        return format!("there is no such key; did you mean `{meant}`?");
    }
    let known: BTreeSet<&str> = known.iter().copied().collect();
    match known.len() {
        0 => "there is no such key; this section has no keys".to_owned(),
        1..=KNOWN_KEYS_SHOWN_MAX => {
            let known: Vec<&str> = known.into_iter().collect();
            format!("there is no such key; remove it, or use one of: {}", known.join(", "))
        }
        _ => "there is no such key; remove it".to_owned(),
    }
}

/// The nearest of `known`, if it is near enough for a slip of the pen.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = normal(word)?;
    let allowed = (word.len() / 3).clamp(1, 3);
    let rated = known.into_iter().filter_map(|candidate| {
        let other = normal(candidate)?;
        let slip = distance(&word, &other);
        let part = other.ends_with(&word) || word.ends_with(&other);
        // A part of a name, such as `interval` for `poll_interval`, ranks behind every real slip.
        if slip <= allowed { Some((slip, candidate)) } else { part.then_some((WORD_CHARS_MAX, candidate)) }
    });
    rated.min_by_key(|(slip, _)| *slip).map(|(_, candidate)| candidate)
}

/// Case and the choice between `-` and `_` are not worth a step.
fn normal(word: &str) -> Option<Vec<char>> {
    let normal: Vec<char> = word
        .chars()
        .map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() })
        .take(WORD_CHARS_MAX + 1)
        .collect();
    (1..=WORD_CHARS_MAX).contains(&normal.len()).then_some(normal)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, &a) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &b) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(a != b);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && a == to[column - 1] && from[row - 1] == b {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["address", "poll_interval", "id", "profile"];

    #[test]
    fn slips_of_the_pen_are_recognised() {
        assert_eq!(nearest("adress", KNOWN), Some("address"));
        assert_eq!(nearest("Poll-Interval", KNOWN), Some("poll_interval"));
        assert_eq!(nearest("profiel", KNOWN), Some("profile"));
        assert_eq!(nearest("interval", KNOWN), Some("poll_interval"));
        assert_eq!(nearest("di", KNOWN), Some("id"));
    }

    #[test]
    fn other_words_are_not_guessed() {
        assert_eq!(nearest("colour", KNOWN), None);
        assert_eq!(nearest("", KNOWN), None);
        assert_eq!(nearest(&"address".repeat(20), KNOWN), None);
    }

    #[test]
    fn a_key_that_is_already_there_is_not_suggested() {
        let said = unknown_key("adress", &KNOWN, |key| key == "address");
        assert!(said.ends_with("use one of: address, id, poll_interval, profile"), "{said}");
        let said = unknown_key("adress", &KNOWN, |_| false);
        assert_eq!(said, "there is no such key; did you mean `address`?");
        assert_eq!(unknown_key("x", &[], |_| false), "there is no such key; this section has no keys");
        let many: Vec<String> = (0..=KNOWN_KEYS_SHOWN_MAX).map(|n| format!("key_{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(unknown_key("x", &many, |_| false), "there is no such key; remove it");
    }

    #[test]
    fn distances_are_exact() {
        let between = |a: &str, b: &str| distance(&normal(a).unwrap(), &normal(b).unwrap());
        assert_eq!(between("kitten", "sitting"), 3);
        assert_eq!(between("ab", "ba"), 1);
        assert_eq!(between("same", "same"), 0);
    }
}

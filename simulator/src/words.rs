//! The nearest known word to a misspelt one.

/// A word that is within this many edits of the wanted one is worth suggesting.
const DISTANCE_MAX: usize = 3;

pub(crate) fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|word| (distance(wanted, word), word));
    let (edits, word) = scored.min_by_key(|(edits, _)| *edits)?;
    (edits <= DISTANCE_MAX && edits < wanted.chars().count()).then_some(word)
}

/// The number of single-character edits from `a` to `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_a_near_word_is_suggested() {
        let known = ["contact", "door_state", "mode"];
        assert_eq!(nearest("contakt", known.into_iter()), Some("contact"));
        assert_eq!(nearest("dor_state", known.into_iter()), Some("door_state"));
        assert_eq!(nearest("temperature", known.into_iter()), None);
        assert_eq!(nearest("x", known.into_iter()), None);
    }
}

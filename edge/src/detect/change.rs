//! Whether a new value differs enough from the last one that was sent to be an event. Pure.

use wire::Value;

/// A change below the deadband is noise, with one exception: a count that leaves or reaches zero always counts, since
/// zero is a state of its own (no lockout, nobody inside, a fan that stands still).
pub(super) fn is_change(sent: &Value, new: &Value, deadband: f64) -> bool {
    match (sent, new) {
        (Value::Integer(sent), Value::Integer(new)) => {
            let zero_crossed = (*sent == 0) != (*new == 0);
            sent != new && (zero_crossed || sent.abs_diff(*new) as f64 >= deadband)
        }
        (Value::Number(sent), Value::Number(new)) => sent != new && (sent - new).abs() >= deadband,
        (sent, new) => sent != new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_changes_from_its_deadband_on() {
        let changed = |new| is_change(&Value::Number(27.2), &Value::Number(new), 0.5);
        assert!(!changed(27.2));
        assert!(!changed(27.6));
        assert!(changed(27.7));
        assert!(changed(26.0));
        assert!(is_change(&Value::Number(1.0), &Value::Number(1.001), 0.0));
    }

    #[test]
    fn a_count_that_reaches_zero_always_changes() {
        let changed = |sent, new| is_change(&Value::Integer(sent), &Value::Integer(new), 10.0);
        assert!(!changed(9, 8));
        assert!(changed(19, 9));
        assert!(changed(4, 0));
        assert!(changed(0, 1));
        assert!(!changed(0, 0));
    }

    #[test]
    fn flags_and_states_change_when_they_differ() {
        assert!(is_change(&Value::Flag(true), &Value::Flag(false), 0.0));
        assert!(!is_change(&Value::Integer(2), &Value::Integer(2), 0.0));
    }
}

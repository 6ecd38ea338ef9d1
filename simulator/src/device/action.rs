//! What a device can be told to do: a word and its arguments, as typed after `do` and in scenario files. The arguments
//! are read here with messages that say what would have been right.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::value;

/// One line of help about an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionHelp {
    pub word: &'static str,
    pub arguments: &'static str,
    pub says: &'static str,
}

impl ActionHelp {
    pub const fn new(word: &'static str, arguments: &'static str, says: &'static str) -> Self {
        Self { word, arguments, says }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    #[error("a {class} cannot `{word}`; it can: {known}")]
    Unknown { class: &'static str, word: String, known: String },
    #[error("`{word}`: {message}")]
    Argument { word: String, message: String },
}

/// An action as typed: `grant 4711`.
#[derive(Clone, Copy, Debug)]
pub struct Action<'a> {
    pub word: &'a str,
    rest: &'a str,
}

impl<'a> Action<'a> {
    pub fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        Self { word, rest: rest.trim() }
    }

    fn fault(&self, message: impl Into<String>) -> ActionError {
        ActionError::Argument { word: self.word.into(), message: message.into() }
    }

    pub fn without_argument(&self) -> Result<(), ActionError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fault(format!("takes nothing after it, not `{}`", self.rest)))
        }
    }

    pub fn switch(&self) -> Result<bool, ActionError> {
        value::switch(self.rest).map_err(|_| self.fault("say `on` or `off` after it"))
    }

    /// One of `names`, as its position.
    pub fn choice(&self, names: &[&str]) -> Result<usize, ActionError> {
        let at = names.iter().position(|name| *name == self.rest);
        at.ok_or_else(|| self.fault(format!("say one of these after it: {}", names.join(", "))))
    }

    /// A number after the word.
    pub fn number<T>(&self, range: RangeInclusive<T>) -> Result<T, ActionError>
    where
        T: FromStr + PartialOrd + Display,
    {
        self.read_number(self.rest, &range)
    }

    /// A number after the word, or `default` when nothing follows.
    pub fn number_or<T>(&self, default: T, range: RangeInclusive<T>) -> Result<T, ActionError>
    where
        T: FromStr + PartialOrd + Display,
    {
        if self.rest.is_empty() { Ok(default) } else { self.read_number(self.rest, &range) }
    }

    /// Up to two numbers after the word.
    pub fn two_numbers_or<T>(&self, defaults: (T, T), range: RangeInclusive<T>) -> Result<(T, T), ActionError>
    where
        T: FromStr + PartialOrd + Display,
    {
        let mut words = self.rest.split_whitespace();
        let first = words.next().map_or(Ok(defaults.0), |word| self.read_number(word, &range))?;
        let second = words.next().map_or(Ok(defaults.1), |word| self.read_number(word, &range))?;
        match words.next() {
            None => Ok((first, second)),
            Some(extra) => Err(self.fault(format!("takes at most two numbers, `{extra}` is one too many"))),
        }
    }

    /// A number and `on` or `off`.
    pub fn number_and_switch<T>(&self, range: RangeInclusive<T>) -> Result<(T, bool), ActionError>
    where
        T: FromStr + PartialOrd + Display,
    {
        let (number, switch) = self.rest.split_once(char::is_whitespace).unwrap_or((self.rest, ""));
        let number = self.read_number(number, &range)?;
        let switch =
            value::switch(switch.trim()).map_err(|_| self.fault("say `on` or `off` after the number"))?;
        Ok((number, switch))
    }

    fn read_number<T>(&self, text: &str, range: &RangeInclusive<T>) -> Result<T, ActionError>
    where
        T: FromStr + PartialOrd + Display,
    {
        let number = text.parse::<T>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            self.fault(format!("needs a number from {} to {}, not `{text}`", range.start(), range.end()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_or_explained() {
        assert_eq!(Action::parse("  grant  4711 ").number_or(1_u32, 0..=u32::MAX), Ok(4711));
        assert_eq!(Action::parse("grant").number_or(1_u32, 0..=u32::MAX), Ok(1));
        assert_eq!(Action::parse("cover off").switch(), Ok(false));
        assert_eq!(Action::parse("open 7").two_numbers_or((1_u16, 2), 1..=99), Ok((7, 2)));
        assert_eq!(Action::parse("antenna 3 off").number_and_switch(1..=9_u16), Ok((3, false)));

        let said = |error: ActionError| error.to_string();
        assert_eq!(said(Action::parse("cover").switch().unwrap_err()), "`cover`: say `on` or `off` after it");
        assert_eq!(
            said(Action::parse("open now").without_argument().unwrap_err()),
            "`open`: takes nothing after it, not `now`"
        );
        assert_eq!(
            said(Action::parse("bypass 16").number_or(0_u16, 0..=15).unwrap_err()),
            "`bypass`: needs a number from 0 to 15, not `16`"
        );
        assert_eq!(
            said(Action::parse("deny me").choice(&["unknown", "time"]).unwrap_err()),
            "`deny`: say one of these after it: unknown, time"
        );
        assert!(Action::parse("open 1 2 3").two_numbers_or((1, 2), 1..=9).is_err());
        assert!(Action::parse("antenna on").number_and_switch(1..=9_u16).is_err());
    }
}

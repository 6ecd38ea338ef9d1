//! Something that fails again and again for one cause is logged once. Pure.

use std::error::Error;

use runtime::causes::in_full;

/// The last failure, as long as it goes on.
#[derive(Debug, Default)]
pub(super) struct Failing(Option<String>);

impl Failing {
    /// The failure in full, unless it is the one that goes on.
    pub(super) fn news(&mut self, error: &dyn Error) -> Option<String> {
        let text = in_full(error).to_string();
        (self.0.replace(text.clone()).as_ref() != Some(&text)).then_some(text)
    }

    /// Whether it failed before.
    pub(super) fn is_over(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_news_once_until_it_is_over() {
        let (mut failing, full) = (Failing::default(), std::io::Error::other("full"));
        assert_eq!((failing.news(&full).as_deref(), failing.news(&full)), (Some("full"), None));
        assert!(failing.news(&std::io::Error::other("gone")).is_some(), "for another cause");
        assert!(failing.is_over() && !failing.is_over());
        assert!(failing.news(&full).is_some());
    }
}

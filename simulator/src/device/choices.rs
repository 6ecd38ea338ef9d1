//! Named choices of a register: an enum whose order is the coding on the wire, and the list of its names.

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(dead_code, reason = "some choices are only ever made by hand, by their name")]
        pub(crate) enum $name { $($variant),+ }

        impl $name {
            pub(crate) const NAMES: &'static [&'static str] = &[$($text),+];

            #[allow(dead_code, reason = "not every class speaks of every choice")]
            pub(crate) fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }

        impl From<$name> for i64 {
            fn from(choice: $name) -> i64 {
                choice as i64
            }
        }
    };
}

pub(crate) use choices;

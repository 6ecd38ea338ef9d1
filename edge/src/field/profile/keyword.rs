//! Words of a profile that stand for one of a few choices.

macro_rules! keyword_enum {
    ($(#[$doc:meta])* $visibility:vis enum $name:ident as $error:ident { $( $(#[$choice_doc:meta])* $choice:ident = $word:literal, )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name { $( $(#[$choice_doc])* $choice, )* }

        /// A word that is none of the choices.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[error("`{word}` is not known here; write {}", [$(concat!("`", $word, "`")),*].join(", "))]
        $visibility struct $error {
            word: String,
        }

        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $( $word => Ok(Self::$choice), )*
                    _ => Err($error { word: word.to_owned() }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $( Self::$choice => $word, )* })
            }
        }
    };
}

pub(super) use keyword_enum;

//! The hub's own rule pack with short windows: the same rules, judged in the same way, in less time.

const DEFAULT: &str = include_str!("../../hub/rules/default.toml");

/// What stands in the default pack, and what stands there in tests.
const SHORTER: &[(&str, &str)] = &[
    // R-01: a bounce must be over.
    (r#"{ after = "1s", severity = "P2" }"#, r#"{ after = "300ms", severity = "P2" }"#),
    // R-01: what excuses an opening.
    (
        r#"{ event = "door.access", is = ["granted"], within = "10s" }"#,
        r#"{ event = "door.access", is = ["granted"], within = "2s" }"#,
    ),
    // R-02: a door that stands open.
    (r#"{ after = "30s", severity = "P3" }"#, r#"{ after = "1s", severity = "P3" }"#),
    (r#"{ after = "120s", severity = "P2" }"#, r#"{ after = "3s", severity = "P2" }"#),
    // R-19: how long a gap may wait for its explanation.
    (r#"settle = "120s""#, r#"settle = "2s""#),
];

/// For how long a granted credential excuses an opening, in this pack.
pub const GRANT_EXCUSES_MS: i64 = 2_000;

pub fn short() -> String {
    SHORTER.iter().fold(DEFAULT.to_owned(), |pack, (long, short)| {
        assert_eq!(pack.matches(long).count(), 1, "the default pack has changed: it should hold {long} once");
        pack.replace(long, short)
    })
}

//! What the documents name is there: paths, modules, commands of the Makefile and of the programs.

use std::fs;
use std::path::{Path, PathBuf};

use strongroom_tests::program;

const TOP_FOLDERS: [&str; 7] = ["deploy/", "docs/", "edge/", "hub/", "shared/", "simulator/", "tests/"];

#[test]
fn every_path_that_a_document_names_is_there() {
    let mut named = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let spans = code_spans(&text).filter(|span| TOP_FOLDERS.iter().any(|top| span.starts_with(top)));
        // A link starts where its document lies.
        let folder = document.parent().unwrap();
        let paths = spans.filter(|span| !span.contains(['*', ' ', '<'])).map(|span| root().join(span));
        for path in paths.chain(links(&text).map(|link| folder.join(link))) {
            assert!(path.exists(), "{} names {}, which is not there", document.display(), path.display());
            named += 1;
        }
    }
    assert!(named > 50, "{named} paths are too few: they were not found");
}

/// And nothing that a newcomer meets in `src` is left out.
#[test]
fn the_architecture_names_exactly_the_modules_that_there_are() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (crate_name, heading) in [("edge", "## The edge"), ("hub", "## The hub")] {
        let source = root().join(crate_name).join("src");
        let section = text.split_once(heading).unwrap().1;
        let section = section.split_once("\n## ").unwrap().0;
        let first_cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
        let mut rows = 0;
        for name in first_cells.flat_map(code_spans) {
            assert!(
                source.join(name).exists(),
                "ARCHITECTURE.md names {name}, which {crate_name} does not have"
            );
            rows += 1;
        }
        assert!(rows > 10, "{rows} modules are too few: they were not found");
        let modules = fs::read_to_string(source.join("lib.rs")).unwrap();
        for module in modules.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')) {
            let forms = [module.to_owned(), format!("{module}.rs")];
            let is_named = code_spans(section).any(|span| forms.iter().any(|form| form == span));
            assert!(is_named, "ARCHITECTURE.md does not name the module {module} of {crate_name}");
        }
    }
}

#[test]
fn every_command_that_the_readme_names_is_understood() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let mut understood = 0;
    let spans: Vec<&str> = code_spans(&text).chain(text.lines()).collect();
    for target in spans.iter().filter_map(|span| span.strip_prefix("make ")?.split_whitespace().next()) {
        assert!(makefile.contains(&format!("\n{target}:")), "README.md names make {target}");
        understood += 1;
    }
    for line in text.lines().filter(|line| line.starts_with("strongroom-")) {
        let command = line.split(" # ").next().unwrap_or(line);
        let words: Vec<&str> = command.split_whitespace().collect();
        // With its arguments read, and without doing anything.
        let said = program::run(words[0], &[&words[1..], &["--help"]].concat());
        assert_eq!(said.code, Some(0), "README.md names `{command}`: {}", said.err);
        understood += 1;
    }
    assert!(understood > 12, "{understood} commands are too few: they were not found");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn documents() -> Vec<PathBuf> {
    let mut documents = vec![root().join("README.md"), root().join("ARCHITECTURE.md")];
    for folder in ["docs", "docs/decisions"] {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        documents.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    documents
}

/// What stands between backticks, on one line.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The targets of links within the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

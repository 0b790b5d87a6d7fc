//! The language of the project: `docs/glossary.md` holds the words that must not come back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, iter};

use anyhow::Context as _;

/// Files and folders that are searched, with all that is below them.
const SEARCHED: &[&str] = &[
    ".ci",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "docs",
    "frontend-contract/README.md",
    "frontend-contract/operations",
    "frontend-contract/scripts",
    "frontend-contract/src",
    "frontend-contract/tests",
    "migrations",
    "schema.graphql",
    "src",
    "tests",
];

/// Files and folders below those that are not searched, and why.
const NOT_SEARCHED: &[(&str, &str)] = &[
    ("docs/glossary.md", "the list itself"),
    ("frontend-contract/src/generated", "made from schema.graphql and the operations, which are read"),
    ("src/http/playground/dist", "a bundle, mostly of other projects' code"),
    ("tests/it/words.rs", "this test"),
];

/// Words that stay in one file, or in the files of one folder, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[("src/dev/postgres/place.rs", "nobody", "the name of a Unix user")];

const COMMENT_COLUMNS: usize = 100;

#[test]
fn forbidden_word_in_searched_file_is_reported() -> anyhow::Result<()> {
    let forbidden = forbidden_phrases()?;
    let mut hits = Vec::new();
    for path in searched_files()? {
        let text = fs::read_to_string(root().join(&path)).with_context(|| path.clone())?;
        for (line, phrase) in occurrences(&text, &forbidden) {
            let excepted = |(place, word, _): &(&str, &str, &str)| lies_in(&path, place) && *word == phrase;
            if !EXCEPTIONS.iter().any(excepted) {
                hits.push((path.clone(), format!("{path}:{line}: {phrase}")));
            }
        }
    }
    report("words that docs/glossary.md replaces", hits)
}

#[test]
fn comment_wider_than_100_columns_is_reported() -> anyhow::Result<()> {
    let mut hits = Vec::new();
    for path in searched_files()? {
        let Some(marks) = comment_marks(&path) else { continue };
        let text = fs::read_to_string(root().join(&path)).with_context(|| path.clone())?;
        for (number, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            let is_comment = marks.iter().any(|mark| line.trim_start().starts_with(mark));
            // A single long word, such as an address, cannot be wrapped.
            let can_wrap = line.split_whitespace().count() > 2;
            if is_comment && can_wrap && columns > COMMENT_COLUMNS {
                hits.push((path.clone(), format!("{path}:{}: {columns} columns", number + 1)));
            }
        }
    }
    report("comments wider than 100 columns", hits)
}

#[test]
fn identifier_is_split_into_its_words() {
    let phrases =
        BTreeMap::from([("once".to_owned(), vec![words("once more")]), ("ring".to_owned(), vec![words("ring")])]);
    let found = |text: &str| occurrences(text, &phrases).into_iter().map(|(line, _)| line).collect::<Vec<_>>();
    assert_eq!(found("ring_again()"), [1]);
    assert_eq!(found("struct KeyRing;"), [1]);
    assert_eq!(found("a\nonce_more"), [2]);
    assert_eq!(found("// once\n// more"), [1]);
    assert_eq!(found("string, during, ONCE, MORE"), [1]);
    assert!(found("string, during, once. More").is_empty());
}

/// Fails with every hit.
fn report(what: &str, hits: Vec<(String, String)>) -> anyhow::Result<()> {
    let hits: Vec<_> = hits.into_iter().map(|(_, hit)| hit).collect();
    anyhow::ensure!(hits.is_empty(), "{what}:\n{}", hits.join("\n"));
    Ok(())
}

/// The phrases of the glossary's last list, by their first word.
fn forbidden_phrases() -> anyhow::Result<BTreeMap<String, Vec<Vec<String>>>> {
    let glossary = fs::read_to_string(root().join("docs/glossary.md"))?;
    let (_, list) = glossary.split_once("```words\n").context("the glossary has no list of words")?;
    let (list, _) = list.split_once("```").context("the glossary's list of words has no end")?;
    let mut phrases: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for phrase in list.split([',', '\n']).map(words).filter(|phrase| !phrase.is_empty()) {
        phrases.entry(phrase[0].clone()).or_default().push(phrase);
    }
    anyhow::ensure!(phrases.len() > 30, "only {} words were read", phrases.len());
    Ok(phrases)
}

/// Line number and phrase of everything forbidden. A phrase may run over the end of a line, but not
/// over the end of a sentence.
fn occurrences(text: &str, forbidden: &BTreeMap<String, Vec<Vec<String>>>) -> Vec<(usize, String)> {
    let tokens: Vec<(usize, String)> = text
        .lines()
        .enumerate()
        .flat_map(|(number, line)| tokens(line).into_iter().map(move |token| (number + 1, token)))
        .collect();
    let mut found = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        for phrase in forbidden.get(token).into_iter().flatten() {
            let here = tokens[at..].iter().map(|(_, token)| token).take(phrase.len());
            if here.eq(phrase.iter()) {
                found.push((*line, phrase.join(" ")));
            }
        }
    }
    found
}

fn words(text: &str) -> Vec<String> {
    tokens(text).into_iter().filter(|token| token != ".").collect()
}

/// The words of a line in lower case, identifiers split into theirs, and `.` where a sentence ends.
fn tokens(line: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let (mut word, mut before) = (String::new(), ' ');
    for c in line.chars().chain(iter::once(' ')) {
        let starts_word = c.is_uppercase() && before.is_lowercase();
        if (!c.is_alphabetic() || starts_word) && !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        } else if matches!(c, '.' | ':' | ';') {
            tokens.push(".".into());
        }
        before = c;
    }
    tokens
}

fn comment_marks(path: &str) -> Option<&'static [&'static str]> {
    match Path::new(path).extension()?.to_str()? {
        "rs" | "js" | "jsx" | "mjs" | "ts" => Some(&["//", "/*", "* "]),
        "sql" => Some(&["--"]),
        "graphql" if path != "schema.graphql" => Some(&["#"]),
        _ => None,
    }
}

/// Paths below the root of everything that is read.
fn searched_files() -> anyhow::Result<Vec<String>> {
    let (mut files, mut waiting) = (Vec::new(), SEARCHED.iter().map(|path| root().join(path)).collect::<Vec<_>>());
    while let Some(path) = waiting.pop() {
        let shown = path.strip_prefix(root())?.to_string_lossy().into_owned();
        let skipped = NOT_SEARCHED.iter().any(|(place, _)| lies_in(&shown, place))
            || ["node_modules", "screenshots", "package-lock.json"].iter().any(|name| path.ends_with(name));
        if skipped || !path.exists() {
            continue;
        }
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
        } else if !is_binary(&path) {
            files.push(shown);
        }
    }
    files.sort();
    anyhow::ensure!(files.len() > 300, "only {} files were found", files.len());
    Ok(files)
}

fn is_binary(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["png", "ico", "woff2", "xz"].iter().any(|binary| extension == *binary))
}

fn lies_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

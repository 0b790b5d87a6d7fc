//! The documents name files that exist: links between documents, and paths in backticks.

use std::path::{Path, PathBuf};
use std::{fs, iter};

const DOCUMENTS: &[&str] = &["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"];

/// Folders that a path in backticks is looked for in: documents leave out `src/`.
const ROOTS: &[&str] = &["", "src"];

/// Paths that exist only after a command has made them.
const MADE_BY_COMMANDS: &[&str] = &[".data/dev.json", "tests/browser/screenshots"];

#[test]
fn document_names_existing_files() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for document in documents(root)? {
        let text = fs::read_to_string(&document)?;
        let folder = document.parent().expect("a document is in a folder");
        for link in between(&text, "](", ")").filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap_or(link);
            if !folder.join(file).exists() {
                missing.push(format!("{}: link to {link}", document.display()));
            }
        }
        for path in between(&text, "`", "`").filter(|path| is_path(root, path)) {
            if !ROOTS.iter().any(|place| root.join(place).join(path).exists()) && !MADE_BY_COMMANDS.contains(&path) {
                missing.push(format!("{}: {path}", document.display()));
            }
        }
    }
    anyhow::ensure!(missing.is_empty(), "documents name files that do not exist:\n{}", missing.join("\n"));
    Ok(())
}

fn documents(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut documents: Vec<PathBuf> = DOCUMENTS.iter().map(|name| root.join(name)).collect();
    for folder in ["docs", "docs/adr"] {
        let files = fs::read_dir(root.join(folder))?.collect::<Result<Vec<_>, _>>()?;
        documents
            .extend(files.into_iter().map(|file| file.path()).filter(|path| path.extension() == Some("md".as_ref())));
    }
    Ok(documents)
}

/// Whether the text is a path below a folder of the project, and not code.
fn is_path(root: &Path, text: &str) -> bool {
    let Some((first, _)) = text.split_once('/') else { return false };
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    is_plain && !first.is_empty() && ROOTS.iter().any(|place| root.join(place).join(first).is_dir())
}

/// The texts between each pair of marks that lie in one line.
fn between<'a>(text: &'a str, begin: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().flat_map(move |line| {
        let mut rest = line;
        iter::from_fn(move || {
            let (_, after) = rest.split_once(begin)?;
            let (found, after) = after.split_once(end)?;
            rest = after;
            Some(found)
        })
    })
}

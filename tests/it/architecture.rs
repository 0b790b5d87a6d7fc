//! The borders between the modules of `src/`: which module may import which, and what only one
//! module may do.
//!
//! The table below is the plan. A module that needs another one changes this table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Module → the modules it imports; no others may be imported. Every module may import `ids` and
/// `clock`. A module that comes to need its section of `config` or `telemetry` may have it; today
/// `app` hands each module its settings.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["app", "config", "dev", "domain", "graphql", "ops", "telemetry"]),
    ("dev", &["app", "auth", "config", "http", "net", "sandbox", "seal", "telemetry"]),
    (
        "app",
        &[
            "auth",
            "config",
            "domain",
            "graphql",
            "halo",
            "http",
            "jobs",
            "net",
            "ops",
            "queue",
            "seal",
            "storage",
            "telemetry",
            "webhook",
        ],
    ),
    ("http", &["auth", "config", "graphql", "telemetry"]),
    ("graphql", &["auth", "domain", "ops", "storage"]),
    ("jobs", &["config", "ops", "queue", "telemetry"]),
    ("ops", &["auth", "domain", "halo", "queue", "seal", "storage", "telemetry", "webhook"]),
    ("storage", &["auth", "domain"]),
    ("queue", &[]),
    ("halo", &["domain", "net"]),
    ("webhook", &["domain", "net"]),
    ("seal", &[]),
    ("domain", &[]),
    // `domain` for the actor that the audit log names. The function that fetches keys is handed in.
    ("auth", &["domain"]),
    ("net", &[]),
    ("telemetry", &["config"]),
    ("config", &[]),
    // Shares no type with `halo`: if both sides shared a mistake, the tests would agree with it.
    ("sandbox", &[]),
    ("clock", &[]),
    ("ids", &[]),
];

/// API → the modules (or files) that alone may use it. The text is looked for in code, not in
/// comments.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("reqwest::", &["net"]),
    ("rustls::", &["net"]),
    (".begin(", &["ops", "storage/db.rs", "storage/leases.rs", "storage/partner_tx.rs"]),
    ("Utc::now(", &["clock.rs"]),
    ("SystemTime::now(", &["clock.rs"]),
    ("Local::now(", &["clock.rs"]),
    ("env::var", &["config"]),
    ("apalis", &["queue", "jobs"]),
    ("sqlx::query", &["storage", "queue", "dev/postgres"]),
    // `ids` for the columns they are kept in, `ops` for errors of beginning and committing.
    ("sqlx", &["storage", "queue", "jobs", "ops/error.rs", "ids.rs", "app", "dev/postgres", "telemetry/logs.rs"]),
    // `auth` for the derives by which the API shows roles and acts.
    ("async_graphql", &["auth/caller.rs", "auth/policy.rs", "graphql", "http"]),
    ("axum::", &["http", "sandbox", "app", "dev", "cli"]),
    ("chacha20poly1305", &["seal"]),
    // Storage keeps secrets sealed: what it opens is the database's own address.
    (
        "expose_secret",
        &[
            "app/database.rs",
            "auth/verify.rs",
            "dev",
            // A webhook's secret is shown once, to the user who asked for it.
            "graphql/mutations/webhook.rs",
            "halo",
            "http/playground/page.rs",
            "net/client.rs",
            "ops/connection/details.rs",
            "ops/connection/save.rs",
            "seal",
            "storage/db.rs",
            "webhook/signature.rs",
        ],
    ),
    ("standardwebhooks", &["webhook"]),
    ("jsonwebtoken", &["auth"]),
    ("for_worker(", &["auth", "ops", "jobs", "storage/leases.rs"]),
    ("for_operator(", &["auth", "ops"]),
    // A sync commits through `failpoints::commit`, so that the crash tests stop at every commit.
    (
        ".commit()",
        &[
            "ops/admin",
            "ops/association",
            "ops/connection",
            "ops/problem",
            "ops/roster",
            "ops/sync/nightly.rs",
            "ops/sync/pause.rs",
            "ops/sync/reconcile.rs",
            "ops/sync/request.rs",
            "ops/sync/run/failpoints.rs",
            "ops/sync/settings.rs",
            "ops/webhook",
            "sandbox",
            "storage",
        ],
    ),
    ("todo!(", &[]),
    ("unimplemented!(", &[]),
];

/// API → the module that may not use it, though others do.
const NEVER_IN: &[(&str, &str)] = &[("async ", "domain")];

/// The files of `graphql/` that object types are built on: they return rows of the domain.
const BELOW_OBJECTS: [&str; 11] = [
    "graphql/access_log.rs",
    "graphql/batches.rs",
    "graphql/error.rs",
    "graphql/error_code.rs",
    "graphql/loaders/counts.rs",
    "graphql/loaders/mod.rs",
    "graphql/loaders/pages.rs",
    "graphql/loaders/records.rs",
    "graphql/page.rs",
    "graphql/request_context.rs",
    "graphql/scalars.rs",
];

#[test]
fn what_object_types_are_built_on_imports_no_object_type() {
    for file in BELOW_OBJECTS {
        let code = code(&source_dir().join(file));
        for above in ["objects", "mutations", "query", "subscription", "user_error"] {
            assert!(!code.contains(&format!("{above}::")), "{file} imports {above}");
        }
    }
}

#[test]
fn module_imports_only_allowed_modules() {
    let mut unused: BTreeSet<_> = MAY_IMPORT
        .iter()
        .flat_map(|(module, others)| others.iter().map(|other| (module.to_string(), other.to_string())))
        .collect();
    let allowed = unused.clone();
    let mut wrong = Vec::new();
    for file in sources() {
        let module = module_of(&file);
        assert!(
            MAY_IMPORT.iter().any(|(planned, _)| *planned == module),
            "{module} is in no plan: add it to MAY_IMPORT"
        );
        for other in imports(&code(&file)) {
            let pair = (module.clone(), other);
            unused.remove(&pair);
            let (_, other) = &pair;
            if *other != module && other != "ids" && other != "clock" && !allowed.contains(&pair) {
                wrong.push(format!("{} imports {other}", shown(&file)));
            }
        }
    }
    assert!(wrong.is_empty(), "forbidden imports:\n{}", wrong.join("\n"));
    let unused: Vec<_> = unused.into_iter().map(|(module, other)| format!("{module} -> {other}")).collect();
    assert!(unused.is_empty(), "allowed, and unused; take it out of MAY_IMPORT:\n{}", unused.join("\n"));
}

#[test]
fn restricted_api_is_used_only_in_its_modules() {
    let mut wrong = Vec::new();
    for file in sources() {
        let (code, at) = (code(&file), shown(&file));
        for (what, places) in ONLY_IN {
            if code.contains(what) && !places.iter().any(|place| at == *place || at.starts_with(&format!("{place}/"))) {
                wrong.push(format!("{at} has {what:?}, which belongs to {places:?}"));
            }
        }
        for (what, module) in NEVER_IN {
            if code.contains(what) && module_of(&file) == *module {
                wrong.push(format!("{at} has {what:?}, which does not belong there"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_documentation() {
    for (module, _) in MAY_IMPORT {
        let folder = source_dir().join(module);
        let root = if folder.is_dir() { folder.join("mod.rs") } else { source_dir().join(format!("{module}.rs")) };
        let text =
            fs::read_to_string(&root).unwrap_or_else(|_| panic!("{module} has no root file: {}", root.display()));
        let documentation = text.lines().take_while(|line| line.starts_with("//!")).count();
        assert!(documentation >= 1, "{module} has no documentation in {}", root.display());
        assert!(!folder.is_dir() || documentation >= 5, "the documentation of {module} is too short");
    }
}

#[test]
fn halo_field_names_stay_in_halo_and_sandbox() {
    let words = ["SoftwareLicence", "softwarelicence", "\"client_id\"", "pageinate", "\"count\""];
    for file in sources() {
        let at = shown(&file);
        if at.starts_with("halo/") || at.starts_with("sandbox/") {
            continue;
        }
        let code = code(&file);
        for word in words {
            assert!(!code.contains(word), "{at} says {word}");
        }
    }
}

/// A test that the ordinary run leaves out would never run unless `make soak` calls it.
#[test]
fn every_ignored_test_is_run_by_make_soak() {
    let makefile = include_str!("../../Makefile");
    let (_, recipe) = makefile.split_once("\nsoak:\n").expect("there is such a target");
    let command = recipe.lines().next().unwrap_or_default();
    assert!(command.contains(" soak -- ") && command.contains(" --include-ignored"), "{command}");
    // The command's filter is part of these tests' full names.
    let mut ignored = 0;
    for file in rust_files(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")) {
        let text = fs::read_to_string(&file).expect("a source file");
        for (_, named) in
            text.split("#[ignore = \"takes minutes\"]").skip(1).filter_map(|after| after.split_once("fn "))
        {
            let name = named.split('(').next().unwrap_or_default();
            assert!(name.contains("soak") || file.ends_with("soak.rs"), "{name} is never run");
            ignored += 1;
        }
    }
    assert!(ignored >= 3, "{ignored} are found");
}

#[test]
fn import_parser_reads_paths_and_groups() {
    let code =
        "use crate::{\n    clock::Clock,\n    halo::{Halo, Priority},\n};\nlet x = crate::ops::run();\nuse crate::ids;";
    let read: Vec<_> = imports(code).into_iter().collect();
    assert_eq!(read, ["clock", "halo", "ids", "ops"]);
}

fn source_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file of `src/`.
fn sources() -> Vec<PathBuf> {
    let mut files = rust_files(source_dir());
    assert!(files.len() > 50, "the sources were found");
    files.retain(|file| !file.ends_with("src/lib.rs"));
    files
}

/// Every Rust file of a folder, without what npm or a bundler put there.
fn rust_files(folder: PathBuf) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("dist") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The path below `src/`.
fn shown(file: &Path) -> String {
    file.strip_prefix(source_dir()).expect("it lies in src").to_string_lossy().into_owned()
}

/// The first folder below `src/`, or the file's own name where it lies there directly.
fn module_of(file: &Path) -> String {
    let shown = shown(file);
    shown.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

/// The file without comments, and without the unit tests at its end.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a source can be read");
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    // The program calls the library by its name.
    let text = if file.ends_with("src/main.rs") { text.replace("infima_halo::", "crate::") } else { text.to_owned() };
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The first names after `crate::`, in paths and in braces.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate` and `infima_crate` are other things.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(names_of_group(group)),
            None => found.extend(name(rest)),
        }
    }
    found
}

fn names_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut expects_name) = (1, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => expects_name = true,
            c if expects_name && depth == 1 && c.is_alphabetic() => {
                names.extend(name(&group[at..]));
                expects_name = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

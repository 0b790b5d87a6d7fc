//! What an operator is given in `deploy/`: the alerts have their paragraphs, and what they and the
//! dashboard ask for are metrics that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> anyhow::Result<String> {
    Ok(fs::read_to_string(Path::new(ROOT).join(path))?)
}

/// The metrics' table of docs/operations.md.
fn documented() -> anyhow::Result<BTreeSet<String>> {
    let operations = read("docs/operations.md")?;
    let table = operations.split("| Metric |").nth(1).unwrap_or_default();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    let names = rows.filter_map(|row| row.split('|').nth(1));
    Ok(names.flat_map(|names| names.split('`').skip(1).step_by(2)).map(str::to_owned).collect())
}

/// The names in calls of the macros of `metrics`, in all of `src/`.
fn recorded() -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut folders = vec![Path::new(ROOT).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some("rs".as_ref()) {
                let text = fs::read_to_string(&path)?;
                for call in ["counter!(\"", "gauge!(\"", "histogram!(\""] {
                    names.extend(text.split(call).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
                }
                // The gauge of each limit is its last argument.
                let limits = text.split("Slots::new(").skip(1);
                names.extend(limits.filter_map(|rest| Some(rest.split('"').nth(1)?.to_owned())));
            }
        }
    }
    Ok(names)
}

#[test]
fn metrics_are_those_that_are_documented() -> anyhow::Result<()> {
    // These are recorded under names that the code holds in values.
    let mut recorded = recorded()?;
    recorded.extend(["open_problems", "sealed_secrets"].map(str::to_owned));
    assert_eq!(recorded, documented()?);
    Ok(())
}

#[test]
fn alert_has_its_paragraph_and_asks_for_documented_metrics() -> anyhow::Result<()> {
    let (alerts, operations, metrics) = (read("deploy/alerts.yaml")?, read("docs/operations.md")?, documented()?);
    let mut number = 0;
    for name in alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        number += 1;
        assert!(operations.contains(&format!("\n**{name}.** ")), "docs/operations.md has no paragraph for {name}");
    }
    assert!(number > 5, "{alerts}");
    let dashboard = read("deploy/grafana/infima-halo.json")?;
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard)?;
    let panels = dashboard["panels"].as_array().into_iter().flatten();
    let queries = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let queries = queries.filter_map(|target| target["expr"].as_str());
    for query in alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).chain(queries) {
        let names = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.contains('_'));
        let names: Vec<_> = names.filter(|word| *word != "histogram_quantile").collect();
        assert!(!names.is_empty(), "{query}");
        for name in names {
            let metric = ["_bucket", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(metrics.contains(metric), "{query}: {metric} is not documented");
        }
    }
    Ok(())
}

//! Makes Halo's own reasons safe to show.
//!
//! A refusal's body has many shapes and may hold server internals (docs/halo-api.md, section 7).
//! One short line of it is kept, without anything that could be a token, a key or a stack trace.

use serde_json::Value;

/// The longest reason that is shown, in characters.
const LONGEST: usize = 200;
/// Longer words are tokens, keys, paths or hashes, not words of a reason.
const LONGEST_WORD: usize = 30;
/// How deep a body is searched for a text.
const DEPTH: usize = 4;

/// Finds the reason in a refusal's body: a bare JSON string, `{"Message": …}`, `{"error": …}`, a
/// dictionary of validation errors; `None` if it has none. `secrets` are removed wherever they
/// occur.
pub(super) fn reason(body: &[u8], secrets: &[&str]) -> Option<String> {
    let found = serde_json::from_slice::<Value>(body).ok().and_then(|value| text_in(&value, DEPTH));
    found.map(|text| sanitised(&text, secrets)).filter(|text| !text.is_empty())
}

fn text_in(value: &Value, depth: usize) -> Option<String> {
    const TEXTS: [&str; 6] = ["error_description", "Message", "message", "error", "detail", "title"];
    match value {
        _ if depth == 0 => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => items.iter().find_map(|item| text_in(item, depth - 1)),
        Value::Object(members) => {
            // A .NET problem body holds the reasons below `errors`, and a title without
            // information.
            let errors = members.get("errors").and_then(|errors| text_in(errors, depth - 1));
            let named = || TEXTS.iter().find_map(|name| text_in(members.get(*name)?, depth - 1));
            let first = || {
                members.iter().find_map(|(name, inner)| match inner {
                    Value::Array(_) | Value::Object(_) => Some(format!("{name}: {}", text_in(inner, depth - 1)?)),
                    _ => None,
                })
            };
            errors.or_else(named).or_else(first)
        }
        _ => None,
    }
}

/// Returns one printable line of at most [`LONGEST`] characters, without secrets, long words, or
/// anything after the first line.
pub(super) fn sanitised(text: &str, secrets: &[&str]) -> String {
    let mut line = text.trim_start().lines().next().unwrap_or_default().to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        line = line.replace(secret, "…");
    }
    let words = line.split_whitespace().map(|word| if word.chars().count() > LONGEST_WORD { "…" } else { word });
    let line: String = words.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect();
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halos_own_words_are_found_in_every_known_shape() {
        for (body, said) in [
            (r#""A Site must be selected""#, "A Site must be selected"),
            (r#"{"id":["The value 'probe' is not valid."]}"#, "id: The value 'probe' is not valid."),
            (
                r#"{"[0].count":["Could not convert string to integer"]}"#,
                "[0].count: Could not convert string to integer",
            ),
            (r#"{"error":"invalid_scope"}"#, "invalid_scope"),
            (r#"{"Message":"Name must be unique"}"#, "Name must be unique"),
            (r#"{"ClassName":"System.Exception","Message":"Bad\r\n   at Halo.Save() in C:\\x.cs"}"#, "Bad"),
            (r#"{"title":"One or more errors","status":400,"errors":{"count":["Too small"]}}"#, "count: Too small"),
        ] {
            assert_eq!(reason(body.as_bytes(), &[]).as_deref(), Some(said), "{body}");
        }
        for body in ["<html>secret stack</html>", "", "{}"] {
            assert_eq!(reason(body.as_bytes(), &[]), None, "{body}");
        }
    }

    #[test]
    fn secrets_long_words_and_control_characters_are_taken_out() {
        let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        let said = sanitised(&format!("refused hunter2 for\u{7} {token} here"), &["hunter2"]);
        assert_eq!(said, "refused … for … here");
        assert_eq!(sanitised(&"word ".repeat(200), &[]).chars().count(), LONGEST);
    }
}

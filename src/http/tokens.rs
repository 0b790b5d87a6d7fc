//! The lexical tokens of a GraphQL document.
//!
//! They are counted before a document is parsed: async-graphql's parser (7.2.1) recurses with every
//! bracket, and checks its depth of 64 only after its grammar has matched the whole text. A body of
//! 100 KB that opens brackets would overflow the stack, which ends the process. No upstream issue
//! covers this; the limit can go when the parser limits its own recursion.
//!
//! They are also what trusted documents are compared by, because clients print the same document in
//! different ways, and the parser keeps no text to compare.

/// The reason why a document may not be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooMuch {
    Tokens,
    Nesting,
}

/// Splits a document into its lexical tokens, without white space, commas and comments (GraphQL,
/// section 2.1). Characters that belong to no token become tokens of their own: the parser rejects
/// them.
pub(super) fn split(text: &str, max_tokens: usize, max_nesting: usize) -> Result<Vec<&str>, TooMuch> {
    let mut tokens = Vec::new();
    let mut depth = 0usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | '\t' | '\r' | '\n' | ',' | '\u{feff}' => {
                rest = &rest[first.len_utf8()..];
                continue;
            }
            '#' => {
                rest = &rest[rest.find(['\r', '\n']).unwrap_or(rest.len())..];
                continue;
            }
            '"' => string_length(rest),
            '.' if rest.starts_with("...") => 3,
            c if c == '-' || c.is_ascii_digit() => 1 + rest[1..].find(|c| !is_in_number(c)).unwrap_or(rest.len() - 1),
            c if is_in_name(c) => rest.find(|c| !is_in_name(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        match first {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > max_nesting {
            return Err(TooMuch::Nesting);
        }
        if tokens.len() == max_tokens {
            return Err(TooMuch::Tokens);
        }
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    Ok(tokens)
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_in_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E')
}

/// The length of the string at the beginning of `text`, with its quotes; the length of `text` if
/// the string has no end.
fn string_length(text: &str) -> usize {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        let mut from = 0;
        while let Some(quotes) = block[from..].find("\"\"\"") {
            let end = from + quotes;
            if !block[..end].ends_with('\\') {
                return end + 6;
            }
            from = end + 3;
        }
        return text.len();
    }
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return index + 1,
            '\n' | '\r' => return index,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

/// The canonical text of a document, however a client prints it: definitions in alphabetical order
/// (code generators sort them, clients do not), and without the `__typename` fields that Apollo and
/// urql add for their caches.
pub(super) fn canonical(tokens: &[&str]) -> String {
    let mut definitions = Vec::new();
    let mut current = String::new();
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| tokens[before]);
        let after = tokens.get(index + 1).copied();
        if *token == "__typename" && open.last() == Some(&"{") && is_plain_field(before, after) {
            continue;
        }
        current.push_str(token);
        current.push(' ');
        match *token {
            "{" | "[" | "(" => open.push(*token),
            "}" | "]" | ")" => drop(open.pop()),
            _ => {}
        }
        if open.is_empty() && *token == "}" {
            definitions.push(std::mem::take(&mut current));
        }
    }
    definitions.push(current);
    definitions.sort_unstable();
    definitions.concat()
}

/// Whether the `__typename` between these tokens is a plain field: no alias or aliased field, no
/// argument, variable, directive or fragment.
fn is_plain_field(before: Option<&str>, after: Option<&str>) -> bool {
    let starts_a_field =
        before.is_some_and(|before| before == "{" || before == "}" || before == ")" || is_name(before));
    let ends_a_field = after.is_some_and(|after| after == "}" || after == "..." || is_name(after));
    starts_a_field && ends_a_field
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical_form(text: &str) -> String {
        canonical(&split(text, 1000, 40).unwrap())
    }

    #[test]
    fn document_splits_into_its_lexical_tokens() {
        let document = "query A($x: [Int!] = [-1.5e3, 2]) { # comment }\n a: b(s: \"q\\\"}\", t: \"\"\"x \\\"\"\" \" y\"\"\")...F }";
        let tokens = split(document, 1000, 40).unwrap().join("·");
        let expected =
            r#"query·A·(·$·x·:·[·Int·!·]·=·[·-1.5e3·2·]·)·{·a·:·b·(·s·:·"q\"}"·t·:·"""x \""" " y"""·)·...·F·}"#;
        assert_eq!(tokens, expected);
    }

    #[test]
    fn document_over_a_limit_is_rejected() {
        assert_eq!(split("{a{b{c}}}", 100, 2), Err(TooMuch::Nesting));
        assert_eq!(split("{a b c d}", 5, 9), Err(TooMuch::Tokens));
    }

    #[test]
    fn documents_printed_differently_have_one_canonical_form() {
        for (a, b) in [
            ("query A{a(x:1){b,c}}", "query A {\n  a(x: 1) {\n    b\n    c\n    __typename\n  }\n}\n"),
            ("query A { ...F } fragment F on T { a }", "fragment F on T { a __typename }  query A { ...F }"),
            ("{ a { ... on T { b } } }", "{ a { __typename ... on T { __typename b } } }"),
        ] {
            assert_eq!(canonical_form(a), canonical_form(b));
        }
    }

    #[test]
    fn documents_with_other_meanings_have_other_canonical_forms() {
        for (a, b) in [
            ("{ a }", "{ a b }"),
            ("{ a b }", "{ b a }"),
            ("{ a(x: 1) }", "{ a(x: 2) }"),
            ("{ a(s: \"x y\") }", "{ a(s: \"x  y\") }"),
            ("{ x: a }", "{ x: __typename a }"),
            ("{ a(x: [A]) }", "{ a(x: [A __typename]) }"),
            ("{ a(x: [A B]) }", "{ a(x: [A __typename B]) }"),
            ("{ a }", "{ a __typename @include(if: $x) }"),
            ("{ a { b } c }", "{ a { b c } }"),
        ] {
            assert_ne!(canonical_form(a), canonical_form(b), "{a} and {b}");
        }
    }

    proptest! {
        #[test]
        fn any_text_splits_into_parts_of_itself(text in r#"([{}()\[\]"\\#$@!.:,= \n\tа-яé😀a-z0-9_-]|"""|__typename|\.\.\.){0,80}"#) {
            if let Ok(tokens) = split(&text, 1000, 40) {
                let mut rest = text.as_str();
                for token in &tokens {
                    prop_assert!(!token.is_empty());
                    let at = rest.find(token).unwrap();
                    rest = &rest[at + token.len()..];
                }
                canonical(&tokens);
            }
        }
    }
}

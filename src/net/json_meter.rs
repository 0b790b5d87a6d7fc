//! Measures JSON while it arrives, so that an answer beyond its limits is refused before it takes
//! up memory.

/// What an answer may have at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerLimits {
    /// Bytes, after decompression.
    pub bytes: usize,
    /// JSON values, nested ones included.
    pub values: usize,
    /// Objects in a list: the outermost array, or an array that is a member of the outermost
    /// object.
    pub rows: usize,
    /// How deep arrays and objects are nested.
    pub depth: usize,
}

impl AnswerLimits {
    /// A few facts: a Halo's description of itself, a token, a set of public keys.
    pub const FEW_FACTS: Self = Self { bytes: 64 << 10, values: 2_000, rows: 1_000, depth: 32 };
    /// One record.
    pub const RECORD: Self = Self { bytes: 2 << 20, values: 20_000, rows: 20_000, depth: 32 };
    /// A page of a list, or an answer of our own API.
    pub const PAGE: Self = Self { bytes: 8 << 20, values: 200_000, rows: 1_000, depth: 32 };
}

/// Counts what has arrived of one body. A body that is no JSON array or object is not measured.
#[derive(Debug, Default)]
pub(super) struct JsonMeter {
    body: Body,
    in_text: bool,
    after_backslash: bool,
    depth: usize,
    /// Whether the container at depth 2 is an array.
    holds_rows: bool,
    values: usize,
    rows: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Body {
    #[default]
    Blank,
    Array,
    Object,
    Other,
}

impl JsonMeter {
    /// Adds a part of the body; returns whether it is still within the limits.
    pub fn add(&mut self, part: &[u8], limits: &AnswerLimits) -> bool {
        part.iter().all(|byte| {
            self.read(*byte);
            self.values <= limits.values && self.rows <= limits.rows && self.depth <= limits.depth
        })
    }

    fn read(&mut self, byte: u8) {
        if self.body == Body::Blank && !byte.is_ascii_whitespace() {
            self.body = match byte {
                b'[' => Body::Array,
                b'{' => Body::Object,
                _ => Body::Other,
            };
        }
        if self.body == Body::Other || self.after_backslash {
            self.after_backslash = false;
            return;
        }
        match byte {
            b'\\' if self.in_text => self.after_backslash = true,
            b'"' => self.in_text = !self.in_text,
            _ if self.in_text => {}
            b'[' | b'{' => {
                let in_rows = match self.body {
                    Body::Array => self.depth == 1,
                    _ => self.depth == 2 && self.holds_rows,
                };
                self.rows += usize::from(in_rows && byte == b'{');
                self.values += 1;
                self.depth += 1;
                if self.depth == 2 {
                    self.holds_rows = byte == b'[';
                }
            }
            b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            // The first value of a container counts with its bracket.
            b',' => self.values += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measures the body in parts of every size: a limit does not depend on where a part ends.
    fn fits(body: &str, limits: AnswerLimits) -> bool {
        let sizes = [1, 2, 3, 7, body.len().max(1)];
        let fits = sizes.map(|size| {
            let mut meter = JsonMeter::default();
            body.as_bytes().chunks(size).all(|part| meter.add(part, &limits))
        });
        assert!(fits.iter().all(|it| *it == fits[0]), "{body}: {fits:?}");
        fits[0]
    }

    #[test]
    fn rows_values_and_depth_are_counted_outside_of_texts() {
        let limits = AnswerLimits { bytes: 0, values: 12, rows: 2, depth: 4 };
        for body in [
            "",
            "  ",
            r#"[{"id":1},{"id":2}]"#,
            r#"{"record_count":2,"clients":[{"id":1},{"id":2}]}"#,
            r#"{"a":{"b":{"c":[1]}}}"#,
            r#"[{"name":"[[[[[[{{{{{{,,,,,,,,,,,,,,"}]"#,
            r#"[{"name":"a quote \" and [[[[[[ and \\"},{"id":2}]"#,
            "<html>{{{{{{{{[[[[[[[[,,,,,,,,,,,,,,</html>",
            "\"one text, [[[[[[[[[[[[[[[[[[\"",
            "17",
        ] {
            assert!(fits(body, limits), "{body}");
        }
        for body in [
            r#"[{"id":1},{"id":2},{"id":3}]"#,
            r#" {"clients":[{"id":1},{"id":2},{"id":3}]}"#,
            "[[[[[1]]]]]",
            r#"{"a":{"b":{"c":[[1]]}}}"#,
            "[1,2,3,4,5,6,7,8,9,10,11,12,13]",
            r#"[{"name":"a quote \\"},{},{}]"#,
        ] {
            assert!(!fits(body, limits), "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(body: Vec<u8>, json in r#"[\[\]{}",\\a ]{0,60}"#) {
            let mut meter = JsonMeter::default();
            meter.add(&body, &AnswerLimits::PAGE);
            fits(&json, AnswerLimits { bytes: 0, values: 5, rows: 2, depth: 3 });
        }
    }
}

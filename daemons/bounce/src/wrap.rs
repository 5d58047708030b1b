//! Line wrapping as notices have it: at white space, continuation lines indented.

const WIDTH: usize = 79;
const INDENT: usize = 4;

/// Appends `text` to `out` as lines of at most 79 columns where words allow it, the second and later ones indented by
/// four spaces. Each line ends in a newline.
pub fn append_wrapped(out: &mut Vec<u8>, text: &[u8]) {
    let mut line_start = 0;
    let mut word = 0;
    let mut indent = 0;
    loop {
        let space = text[word..].iter().position(|c| matches!(c, b' ' | b'\t')).map(|at| word + at);
        let word_end = space.unwrap_or(text.len());
        if word > line_start && word_end - line_start > WIDTH - indent {
            push_line(out, indent, &text[line_start..word]);
            while text.get(word).is_some_and(|c| is_space(*c)) {
                word += 1;
            }
            indent = INDENT;
            line_start = word;
        }
        match space {
            Some(space) => word = word.max(space + 1),
            None => break,
        }
    }
    push_line(out, indent, &text[line_start..]);
}

fn push_line(out: &mut Vec<u8>, indent: usize, line: &[u8]) {
    let len = line.iter().rposition(|c| !is_space(*c)).map_or(0, |last| last + 1);
    out.extend(std::iter::repeat_n(b' ', indent));
    out.extend_from_slice(&line[..len]);
    out.push(b'\n');
}

fn is_space(c: u8) -> bool {
    c.is_ascii_whitespace() || c == 0x0b
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrapped(text: &str) -> String {
        let mut out = Vec::new();
        append_wrapped(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    // Expectation from postfix-3.11's notices.
    #[test]
    fn long_reasons_are_wrapped() {
        let reason =
            "<nosuch@example.com>: unknown user: \"nosuch\" and a lot more words so that the line is long";
        assert_eq!(
            wrapped(reason),
            "<nosuch@example.com>: unknown user: \"nosuch\" and a lot more words so that the\n    line is long\n"
        );
        assert_eq!(wrapped("short"), "short\n");
        assert_eq!(wrapped(""), "\n");
    }

    proptest! {
        #[test]
        fn no_input_panics(text in "[ \\ta-z]{0,300}") {
            wrapped(&text);
        }
    }
}

//! Expansion of `$name` in parameter values.
//!
//! The forms are `$name`, `${name}`, `$(name)`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`, relational
//! expressions `${{left} op {right} ? {text} : {text}}`, and functions `${domain_to_ascii{text}}`. `$$` is a dollar
//! sign. Syntax, warnings and the results of broken text follow Postfix 3.11, also where an error stops half way.

mod function;
mod operator;

use self::function::Function;
use self::operator::Operator;
use crate::braces::bracketed;
use crate::error::Error;
use crate::level::Level;
use crate::text::{head, integer, is_blank, is_word, show, skip, trim_end};
use hosts::NoDomain;

/// Deepest nesting of references.
const NESTING_LIMIT: usize = 100;

/// Deepest nesting when that of operands and function arguments, which count anew, is added.
const TOTAL_NESTING_LIMIT: usize = 400;

/// The relational operators, as error messages list them.
const OPERATORS_EXPECTED: &str = r#""==" or "!="" or "<"" or "<="" or ">="" or ">""#;

/// What becomes of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Values are put in and expanded in their turn.
    Recursive,
    /// Values are put in as they stand.
    Once,
    /// Nothing is put in: all names are looked up, also those in branches that would not be taken.
    Scan,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Text that may itself contain references.
    Text(Vec<u8>),
    /// Text that is put in as it stands.
    Raw(Vec<u8>),
    /// Text that is put in as it stands, but may contain references where it is an operand or an argument.
    RawButNested(Vec<u8>),
    /// Nothing: finding the value ends the program.
    Fatal(Error),
}

impl Found {
    fn is_empty(&self) -> bool {
        match self {
            Found::Text(text) | Found::Raw(text) | Found::RawButNested(text) => text.is_empty(),
            Found::Fatal(_) => true,
        }
    }
}

/// Where values come from.
pub type Lookup<'a> = dyn FnMut(&[u8]) -> Option<Found> + 'a;

/// Outcome of an expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text; as far as it got, if `failed`.
    pub text: Vec<u8>,
    /// The syntax was wrong or the nesting too deep; `warnings` say how.
    pub failed: bool,
    /// A name had no value.
    pub undefined: bool,
    /// Warnings to log, without `warning: `.
    pub warnings: Vec<String>,
    /// The original would have ended with this fatal line where `text` ends.
    pub fatal: Option<Error>,
}

impl Expanded {
    /// The text of an expansion that came to its end.
    ///
    /// # Errors
    /// It did not; the warnings say why.
    pub fn whole(self) -> Result<Vec<u8>, Error> {
        self.whole_in("mail_dict")
    }

    /// As [`whole`](Self::whole), for settings that are not main.cf's: `name` is what errors call them.
    ///
    /// # Errors
    /// As in `whole`.
    pub fn whole_in(self, name: &str) -> Result<Vec<u8>, Error> {
        self.whole_or(|| format!("dictionary {name}: macro processing error"))
    }

    /// As [`whole`](Self::whole), with a text of the caller's for an error that warnings explain.
    ///
    /// # Errors
    /// As in `whole`.
    pub fn whole_or(self, failure: impl FnOnce() -> String) -> Result<Vec<u8>, Error> {
        match self.fatal {
            Some(error) => Err(error),
            None if self.failed => Err(Error::fatal(failure())),
            None => Ok(self.text),
        }
    }
}

/// Expands `text`, taking values from `lookup`.
pub fn expand(text: &[u8], mode: Mode, lookup: &mut Lookup<'_>) -> Expanded {
    if !text.contains(&b'$') {
        let text = if mode == Mode::Scan { Vec::new() } else { text.to_vec() };
        return Expanded { text, ..Expanded::default() };
    }
    let mut state = Expansion { lookup, mode, done: Expanded::default(), level: 0, outer: 0 };
    state.parse(text);
    state.done
}

/// A syntax error was met and reported; the reference it was in gives nothing.
struct Broken;

/// An expansion under way.
struct Expansion<'a, 'b> {
    lookup: &'a mut Lookup<'b>,
    mode: Mode,
    done: Expanded,
    /// Nesting of references and literals within this expansion.
    level: usize,
    /// Nesting of the expansions that this one serves: operands and function arguments have their own.
    outer: usize,
}

impl Expansion<'_, '_> {
    /// Expands a text piece by piece.
    fn parse(&mut self, text: &[u8]) {
        let mut failed = false;
        let mut rest = text;
        let mut literal = Vec::new();
        while let Some((&byte, after)) = rest.split_first() {
            if byte != b'$' || after.first() == Some(&b'$') {
                literal.push(byte);
                rest = if byte == b'$' { after.get(1..).unwrap_or_default() } else { after };
                continue;
            }
            if !literal.is_empty() {
                failed |= !self.literal(&std::mem::take(&mut literal));
            }
            let reference = match after.first() {
                Some(b'(') => bracketed(after, b'(', b')'),
                Some(b'{') => bracketed(after, b'{', b'}'),
                _ => Some(split_at(after, after.len() - skip(after, is_word).len())),
            };
            let Some((reference, behind)) = reference else {
                self.warn(format!("truncated macro reference: \"{}\"", show(text)));
                self.done.failed = true;
                return;
            };
            let bracket = matches!(after.first(), Some(b'(' | b'{'));
            if bracket && failed {
                return;
            }
            if reference.is_empty() {
                self.warn(format!("empty macro name: \"{}\"", show(text)));
                self.done.failed = true;
                return;
            }
            rest = behind;
            failed |= !self.reference(reference);
        }
        if !literal.is_empty() && !failed {
            self.literal(&literal);
        }
    }

    /// Counts one more level, or reports that there are too many.
    fn enter(&mut self, text: &[u8]) -> bool {
        self.level += 1;
        let is_endless = self.level + self.outer > TOTAL_NESTING_LIMIT;
        if self.level > NESTING_LIMIT + 1 || is_endless {
            self.warn(format!("unreasonable macro call nesting: \"{}\"", show(text)));
            self.done.failed = true;
        }
        if is_endless {
            // Else, every other operand on the way back would be gone into as deep, and those in it.
            self.done.fatal.get_or_insert_with(|| Error::fatal("macro processing error"));
        }
        !self.done.failed
    }

    /// Text without references; false if an error came before.
    fn literal(&mut self, text: &[u8]) -> bool {
        if !self.enter(text) {
            return false;
        }
        if self.mode != Mode::Scan {
            self.done.text.extend_from_slice(text);
        }
        self.level -= 1;
        true
    }

    /// One reference, without its dollar sign and brackets; false if there was an error.
    fn reference(&mut self, text: &[u8]) -> bool {
        if !self.enter(text) {
            return false;
        }
        let start = skip(text, is_blank);
        let done = if start.starts_with(b"{") { self.relational(start) } else { self.named(text, start) };
        // An error within a branch or value leaves the level alone, one of this very reference does not: that decides
        // whether the rest of the text warns about nesting, too.
        match done {
            Ok(()) => self.level -= 1,
            Err(Broken) => self.done.failed = true,
        }
        !self.done.failed
    }

    /// `{left} operator {right}`, with or without branches after it.
    fn relational(&mut self, text: &[u8]) -> Result<(), Broken> {
        let (left, at) = self.braced(text)?;
        let after = skip(at, |byte| b"<>!=?+-*/~&|%".contains(&byte));
        let symbol = at.get(..at.len() - after.len()).unwrap_or_default();
        let Some(operator) = Operator::parse(symbol) else {
            let text =
                format!("{OPERATORS_EXPECTED} expected at: \"...{}}}>>>{}\"", show(left), show(head(at, 20)));
            return Err(self.broken(text));
        };
        let behind = skip(after, |byte| byte.is_ascii_alphanumeric());
        let suffix = after.get(..after.len() - behind.len()).unwrap_or_default();
        if !suffix.is_empty() && suffix != b"level" {
            let text = format!("bad operator suffix at: \"...{}>>>{}\"", show(symbol), show(suffix));
            return Err(self.broken(text));
        }
        let start = skip(behind, is_blank);
        if !start.starts_with(b"{") {
            let operator = at.get(..symbol.len()).unwrap_or_default();
            let text = format!(
                "\"{{expression}}\" expected at: \"...{{{}}} {}>>>{}\"",
                show(left),
                show(operator),
                show(head(behind, 20))
            );
            return Err(self.broken(text));
        }
        let (right, rest) = self.braced(start)?;
        let left = self.nested(left);
        let right = self.nested(right);
        if self.mode == Mode::Scan {
            if self.done.failed {
                return Err(Broken);
            }
            return self.after_relation(None, rest);
        }
        let ordering = if suffix.is_empty() {
            self.compare(&left, &right)?
        } else {
            self.compare_levels(&left, &right)?
        };
        if self.done.failed {
            return Err(Broken);
        }
        let truth: &[u8] = if operator.holds(ordering) { b"true" } else { b"" };
        self.after_relation(Some(Found::Text(truth.to_vec())), rest)
    }

    /// What may follow a relational expression: nothing, or branches.
    fn after_relation(&mut self, value: Option<Found>, rest: &[u8]) -> Result<(), Broken> {
        match rest.split_first() {
            None => {
                self.put(value);
                Ok(())
            }
            Some((&operator @ (b'?' | b':'), rest)) => self.branches(value, operator, rest),
            Some(_) => {
                let text = format!("\"?\" or \":\" expected at: \"...}}>>>{}\"", show(head(rest, 20)));
                Err(self.broken(text))
            }
        }
    }

    /// `name`, with or without branches after it, or `function{text}`. `whole` serves the error message.
    fn named(&mut self, whole: &[u8], text: &[u8]) -> Result<(), Broken> {
        let after_name = skip(text, is_word);
        let name = text.get(..text.len() - after_name.len()).unwrap_or_default();
        let rest = skip(after_name, is_blank);
        match rest.split_first() {
            None => {
                let value = self.value(name)?;
                self.put(value);
                Ok(())
            }
            Some((&operator @ (b'?' | b':'), branches)) => {
                let value = self.value(name)?;
                self.branches(value, operator, branches)
            }
            Some((b'{', _)) => self.function(name, rest),
            Some(_) => {
                let before = whole.get(..whole.len() - after_name.len()).unwrap_or_default();
                let text = format!(
                    "attribute name syntax error at: \"...{}>>>{}\"",
                    show(before),
                    show(head(after_name, 20))
                );
                Err(self.broken(text))
            }
        }
    }

    /// `?text`, `:text`, `?{text}`, `:{text}`, `?{text}:{text}`; `rest` begins after the first operator.
    fn branches(&mut self, value: Option<Found>, operator: u8, rest: &[u8]) -> Result<(), Broken> {
        let truth = value.is_some_and(|value| !value.is_empty());
        let mut rest = rest;
        if operator == b'?' {
            let (branch, behind) = self.branch(rest)?;
            if truth || self.mode == Mode::Scan {
                self.parse(branch);
            }
            rest = match behind.split_first() {
                None => return Ok(()),
                Some((b':', rest)) => rest,
                Some(_) => {
                    let text =
                        format!("\":\" expected at: \"...{}}}>>>{}\"", show(branch), show(head(behind, 20)));
                    return Err(self.broken(text));
                }
            };
        }
        let (branch, behind) = self.branch(rest)?;
        if !truth || self.mode == Mode::Scan {
            self.parse(branch);
        }
        if behind.is_empty() { Ok(()) } else { Err(self.left_over(branch, behind)) }
    }

    /// A branch: text in braces, or all that is left.
    fn branch<'t>(&mut self, text: &'t [u8]) -> Result<(&'t [u8], &'t [u8]), Broken> {
        let start = skip(text, is_blank);
        if start.starts_with(b"{") { self.braced(start) } else { Ok((text, &[])) }
    }

    /// `function{argument}`; `text` begins with the brace.
    fn function(&mut self, name: &[u8], text: &[u8]) -> Result<(), Broken> {
        let (argument, behind) = self.braced(text)?;
        let argument = trim_end(skip(argument, is_blank));
        if !behind.is_empty() {
            return Err(self.left_over(argument, behind));
        }
        let Some(function) = Function::by_name(name) else {
            let name = show(name);
            let text = format!("unknown function \"{name}\" at\"...>>>{name}{{{}}}\"", show(argument));
            return Err(self.broken(text));
        };
        let argument = self.nested(argument);
        if self.done.failed {
            return Err(Broken);
        }
        let result =
            if self.mode == Mode::Scan { Ok(std::borrow::Cow::default()) } else { function.call(&argument) };
        match result {
            Ok(result) => {
                self.done.text.extend_from_slice(&result);
                // A call counts as a level for the rest of the text, as what is wrong does anyway.
                self.level += 1;
                Ok(())
            }
            Err(NoDomain(why)) => {
                if let Some(why) = why {
                    self.warn(why);
                }
                Err(self.broken(format!(
                    "bad domain argument in: '{}{{{}}}'",
                    function.name(),
                    show(&argument)
                )))
            }
        }
    }

    /// What a name stands for.
    fn value(&mut self, name: &[u8]) -> Result<Option<Found>, Broken> {
        match (self.lookup)(name) {
            Some(Found::Fatal(error)) => Err(self.fatal(error)),
            value => Ok(value),
        }
    }

    /// Puts a value in the place of its reference.
    fn put(&mut self, value: Option<Found>) {
        match (value, self.mode) {
            (None, _) => self.done.undefined = true,
            (Some(Found::Fatal(_)), _) | (Some(_), Mode::Scan) => {}
            (Some(Found::Text(text)), Mode::Recursive) => self.parse(&text),
            (Some(Found::RawButNested(text)), Mode::Recursive) if self.outer > 0 => self.parse(&text),
            (Some(Found::Text(text) | Found::Raw(text) | Found::RawButNested(text)), _) => {
                self.done.text.extend_from_slice(&text);
            }
        }
    }

    /// Expands an operand or argument by itself.
    fn nested(&mut self, text: &[u8]) -> Vec<u8> {
        if self.done.fatal.is_some() {
            return Vec::new();
        }
        let mut inner = Expansion {
            lookup: &mut *self.lookup,
            mode: self.mode,
            done: Expanded::default(),
            level: 0,
            outer: self.outer + self.level + 1,
        };
        inner.parse(text);
        let done = inner.done;
        self.done.failed |= done.failed;
        self.done.undefined |= done.undefined;
        self.done.warnings.extend(done.warnings);
        self.done.fatal = done.fatal;
        done.text
    }

    /// Compares numbers by size, everything else byte by byte.
    fn compare(&mut self, left: &[u8], right: &[u8]) -> Result<std::cmp::Ordering, Broken> {
        let is_numeric = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        if !is_numeric(left) || !is_numeric(right) {
            return Ok(left.cmp(right));
        }
        let mut number = |text: &[u8]| {
            let number = integer(text);
            let error = || Error::fatal(format!("mac_exp_eval: bad conversion: {}", show(text)));
            if number.overflow { Err(self.fatal(error())) } else { Ok(number.value) }
        };
        let left = number(left)?;
        Ok(left.cmp(&number(right)?))
    }

    /// Compares two compatibility levels.
    fn compare_levels(&mut self, left: &[u8], right: &[u8]) -> Result<std::cmp::Ordering, Broken> {
        let mut level =
            |text: &[u8]| Level::parse(text).ok_or_else(|| self.broken(Level::malformed(&show(text))));
        let left = level(left)?;
        Ok(left.cmp(&level(right)?))
    }

    /// The text within a pair of braces, and what follows them and white space. `text` begins with the brace.
    fn braced<'t>(&mut self, text: &'t [u8]) -> Result<(&'t [u8], &'t [u8]), Broken> {
        match bracketed(text, b'{', b'}') {
            Some((payload, rest)) => Ok((payload, skip(rest, is_blank))),
            None => Err(self.broken(format!("unbalanced {{}} in attribute expression: \"{}\"", show(text)))),
        }
    }

    /// Something follows that nothing asks for.
    fn left_over(&mut self, before: &[u8], rest: &[u8]) -> Broken {
        self.broken(format!("unexpected input at: \"...{}}}>>>{}\"", show(before), show(head(rest, 20))))
    }

    fn warn(&mut self, text: String) {
        if self.done.fatal.is_none() {
            self.done.warnings.push(text);
        }
    }

    /// The program ends here.
    fn fatal(&mut self, error: Error) -> Broken {
        self.done.fatal.get_or_insert(error);
        self.done.failed = true;
        Broken
    }

    fn broken(&mut self, text: String) -> Broken {
        self.warn(text);
        self.done.failed = true;
        Broken
    }
}

/// Splits in two, at most at the end.
fn split_at(text: &[u8], at: usize) -> (&[u8], &[u8]) {
    text.split_at_checked(at).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &[u8]) -> Option<Found> {
        let value: &[u8] = match name {
            b"one" => b"1",
            b"two" => b"$one+1",
            b"empty" => b"",
            b"loop" => b"$loop",
            b"endless" => b"${{$endless} == {$endless}}${{$endless} == {$endless}}",
            b"compatibility_level" => b"3.11",
            _ => return None,
        };
        Some(Found::Text(value.to_vec()))
    }

    fn run(text: &str) -> (String, Vec<String>) {
        let done = expand(text.as_bytes(), Mode::Recursive, &mut values);
        assert_eq!(done.failed, !done.warnings.is_empty());
        (show(&done.text), done.warnings)
    }

    fn good(text: &str) -> String {
        let (text, warnings) = run(text);
        assert_eq!(warnings, [""; 0]);
        text
    }

    #[test]
    fn plain_forms() {
        assert_eq!(good("a$one b${two}c$(one)$$x"), "a1 b1+1c1$x");
        assert_eq!(good("$none|$empty|${ one }"), "||1");
    }

    #[test]
    fn branches() {
        assert_eq!(good("${one?yes}${empty?yes}${empty:no}${none:no}"), "yesnono");
        assert_eq!(good("${one?{y}:{n}} ${empty ? {y} : {n}}"), "y n");
        assert_eq!(good("${one??foo:{b}ar}"), "?foo:{b}ar");
        assert_eq!(good("${one?{$two}}"), "1+1");
    }

    #[test]
    fn relations() {
        assert_eq!(good("${{$one} == {1} ? {same} : {other}}"), "same");
        assert_eq!(good("${{9} < {10}}|${{a9} < {a10}}"), "true|");
        assert_eq!(good("${{$compatibility_level} <level {3.6} ? {old} : {new}}"), "new");
    }

    // Warnings as Postfix 3.11 words them.
    #[test]
    fn errors_are_worded() {
        let first = |text: &str| run(text).1.into_iter().next().unwrap_or_default();
        assert_eq!(first("${one"), "truncated macro reference: \"${one\"");
        assert_eq!(first("a $ b"), "empty macro name: \"a $ b\"");
        assert_eq!(first("${one two}"), "attribute name syntax error at: \"...one>>> two\"");
        assert_eq!(first("${{a} = {b}}"), format!("{OPERATORS_EXPECTED} expected at: \"...a}}>>>= {{b}}\""));
        assert_eq!(first("${{a} ==foo {b}}"), "bad operator suffix at: \"...==>>>foo\"");
        assert_eq!(first("${{a} == b}"), "\"{expression}\" expected at: \"...{a} ==>>> b\"");
        assert_eq!(first("${{a} == {b} x}"), "\"?\" or \":\" expected at: \"...}>>>x\"");
        assert_eq!(first("${one?{a} b}"), "\":\" expected at: \"...a}>>>b\"");
        assert_eq!(first("${one?{a}:{b} c}"), "unexpected input at: \"...b}>>>c\"");
        assert_eq!(first("${f{x}}"), "unknown function \"f\" at\"...>>>f{x}\"");
        assert_eq!(
            run("${domain_to_ascii{}}").1,
            [
                "midna_domain_to_ascii_create: Problem translating domain \"\" to ASCII form: UIDNA_ERROR_EMPTY_LABEL",
                "bad domain argument in: 'domain_to_ascii{}'",
            ]
        );
        assert_eq!(first("$loop"), "unreasonable macro call nesting: \"loop\"");
        assert_eq!(run("$endless").1.len(), 1);
        assert_eq!(first("${{x} <level {1}}"), "malformed compatibility level syntax: \"x\"");
        let fatal = |text: &str| {
            expand(text.as_bytes(), Mode::Recursive, &mut values).whole().map_err(|e| e.to_string())
        };
        let large = "mac_exp_eval: bad conversion: 9223372036854775808";
        assert_eq!(fatal("${{9223372036854775808} == {1}} $"), Err(large.to_owned()));
        assert_eq!(fatal("${{9223372036854775808} == {x}}|"), Ok(b"|".to_vec()));
    }

    #[test]
    fn a_scan_looks_at_both_branches() {
        let mut seen = Vec::new();
        let done =
            expand(b"${a?{$b}:{$c}} ${{$d} == {$e} ? {$f} : {$g}}", Mode::Scan, &mut |name: &[u8]| {
                seen.push(show(name));
                None
            });
        assert!(!done.failed);
        assert_eq!(seen.concat(), "abcdefg");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[$a-c{}()?:<=> ]{0,40}") {
            let mut value = |name: &[u8]| (name.len() < 3).then(|| Found::Text(text.as_bytes().to_vec()));
            let _ = expand(text.as_bytes(), Mode::Recursive, &mut value);
            let _ = expand(text.as_bytes(), Mode::Scan, &mut value);
        }
    }
}

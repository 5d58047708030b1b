//! Tables of regular expressions: the rule language that `regexp:` and `pcre:` share.
//!
//! Rules are tried in the order of the file, but only those that may hold for the key, see `rule_index.rs`. `if PATTERN` ... `endif` skips rules. All warnings of the reference are
//! here; a rule with a mistake is left out, the table still opens.

use crate::required_text::Required;
use crate::rule_index::{RuleIndex, RuleSet};
use crate::substitution::{Piece, Places, Reference, Template, references};
use crate::syntax::{is_space, trim_end, trim_start, wrapping_number};
use crate::{About, Flags, LogicalLine, LookupError, Name, Owner, Table, file_values, log_lines};
use std::borrow::Cow;

/// A regular expression library.
pub(crate) trait Engine: Sized + Send + Sync {
    /// The table type.
    const KIND: &'static str;
    /// How messages call an index below one.
    const BELOW_ONE: &'static str;
    /// What happens to a rule whose pattern does not end.
    const UNCLOSED: &'static str;
    /// Whether `/pattern1/!/pattern2/` is understood.
    const TWO_PATTERNS: bool;
    /// Whether a backslash at the end of a line is a closing delimiter.
    const BACKSLASH_CLOSES: bool;
    /// Compilation options.
    type Options: Copy;

    /// The options that hold without option letters.
    fn default_options() -> Self::Options;
    /// Toggles an option letter: `Err(None)` for an unknown one, a text for a letter that is ignored.
    fn toggle(options: &mut Self::Options, letter: u8) -> Result<(), Option<&'static str>>;
    /// What a text must contain so that the pattern can match.
    fn required(pattern: &[u8], options: Self::Options) -> Required;
    /// Compiles; the error is the text of the warning.
    fn compile(pattern: &[u8], options: Self::Options) -> Result<Self, String>;
    /// How many groups the pattern has.
    fn groups(&self) -> usize;
    /// Searches; the error is the text of the warning.
    fn is_match(&self, text: &[u8]) -> Result<bool, String>;
    /// Searches for the places of the groups.
    fn find(&self, text: &[u8]) -> Result<Option<Places>, String>;
}

/// A pattern, possibly negated.
struct Condition<E> {
    regex: E,
    positive: bool,
    required: Required,
}

enum Rule<E> {
    Match {
        line: usize,
        first: Condition<E>,
        second: Option<Condition<E>>,
        result: Template,
    },
    /// `skip_to` is the index of the matching `endif`, or behind the last rule.
    If {
        line: usize,
        condition: Condition<E>,
        skip_to: usize,
    },
    EndIf,
}

impl<E> Rule<E> {
    /// What a key must contain so that the rule can hold.
    fn take_required(&mut self) -> Required {
        match self {
            Rule::Match { first: condition, .. } | Rule::If { condition, .. } => condition.required.take(),
            Rule::EndIf => Some(Vec::new()),
        }
    }
}

/// An open table of regular expressions.
pub(crate) struct PatternTable<E> {
    about: About,
    rules: Vec<Rule<E>>,
    /// The `if`s: they are looked at for every key, because what follows depends on them.
    ifs: RuleSet,
    index: RuleIndex,
}

impl<E: Engine> PatternTable<E> {
    /// Compiles the rules. Gives the table and how many rules were left out.
    pub(crate) fn parse(
        name: &Name,
        flags: Flags,
        owner: Owner,
        lines: impl Iterator<Item = LogicalLine>,
    ) -> (Self, usize) {
        let mut parser = Parser { name, flags, line: 0, open_ifs: Vec::new() };
        let mut rules: Vec<Rule<E>> = Vec::new();
        let mut left_out = 0;
        for LogicalLine { text, first } in lines {
            let text = trim_end(&text);
            if text.is_empty() {
                continue;
            }
            parser.line = first;
            let Some(rule) = parser.rule(text) else {
                left_out += 1;
                continue;
            };
            match &rule {
                Rule::If { .. } => parser.open_ifs.push(rules.len()),
                Rule::EndIf => {
                    let end = rules.len();
                    if let Some(Rule::If { skip_to, .. }) =
                        parser.open_ifs.pop().and_then(|at| rules.get_mut(at))
                    {
                        *skip_to = end;
                    }
                }
                Rule::Match { .. } => {}
            }
            rules.push(rule);
        }
        for at in parser.open_ifs.iter().rev() {
            if let Some(Rule::If { line, .. }) = rules.get(*at) {
                log_lines::pattern_rule(E::KIND, name, *line, "IF has no matching ENDIF");
            }
        }
        let is_if = |rule: &Rule<E>| matches!(rule, Rule::If { .. });
        let ifs = (0..).zip(&rules).filter(|(_, rule)| is_if(rule)).map(|(at, _)| at).collect();
        let index = RuleIndex::new(rules.iter_mut().map(Rule::take_required));
        let about = About::new(E::KIND, name, flags | Flags::PATTERN, owner);
        (PatternTable { about, rules, ifs, index }, left_out)
    }

    fn holds(&self, line: usize, condition: &Condition<E>, text: &[u8]) -> bool {
        match condition.regex.is_match(text) {
            Ok(matched) => matched == condition.positive,
            Err(why) => {
                log_lines::pattern_rule(E::KIND, &self.about.name, line, &why);
                false
            }
        }
    }

    /// The result of one rule for one key.
    fn apply(
        &self,
        line: usize,
        first: &Condition<E>,
        second: Option<&Condition<E>>,
        result: &Template,
        text: &[u8],
    ) -> Option<Vec<u8>> {
        let second_holds = || second.is_none_or(|condition| self.holds(line, condition, text));
        if result.highest == 0 {
            return (self.holds(line, first, text) && second_holds()).then(|| result.expand(text, &[]));
        }
        match first.regex.find(text) {
            Ok(Some(places)) => second_holds().then(|| result.expand(text, &places)),
            Ok(None) => None,
            Err(why) => {
                log_lines::pattern_rule(E::KIND, &self.about.name, line, &why);
                None
            }
        }
    }
}

impl<E: Engine> Table for PatternTable<E> {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let candidates = self.index.candidates(key);
        let mut at = 0;
        while let Some(next) = candidates.next_from(at).into_iter().chain(self.ifs.next_from(at)).min() {
            at = next + 1;
            match self.rules.get(next) {
                Some(Rule::Match { line, first, second, result }) => {
                    let found = self.apply(*line, first, second.as_ref(), result, key);
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                Some(Rule::If { line, condition, skip_to }) => {
                    if !candidates.contains(next) || !self.holds(*line, condition, key) {
                        at = *skip_to;
                    }
                }
                Some(Rule::EndIf) | None => {}
            }
        }
        Ok(None)
    }
}

/// Whether text starts with a word in either case that no letter or digit follows; gives what follows.
fn keyword<'a>(text: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(word.len())?;
    (head.eq_ignore_ascii_case(word.as_bytes()) && !rest.first().is_some_and(u8::is_ascii_alphanumeric))
        .then_some(rest)
}

struct Parser<'a> {
    name: &'a Name,
    flags: Flags,
    line: usize,
    /// Indices of rules that wait for their `endif`.
    open_ifs: Vec<usize>,
}

impl Parser<'_> {
    fn warn<E: Engine>(&self, text: &str) {
        log_lines::pattern_rule(E::KIND, self.name, self.line, text);
    }

    fn rule<E: Engine>(&self, text: &[u8]) -> Option<Rule<E>> {
        if !text.first().is_some_and(u8::is_ascii_alphanumeric) {
            return self.match_rule(text);
        }
        if let Some(rest) = keyword(text, "if") {
            return self.if_rule(rest);
        }
        if let Some(rest) = keyword(text, "endif") {
            if self.open_ifs.is_empty() {
                self.warn::<E>("ignoring ENDIF without matching IF");
                return None;
            }
            if !trim_start(rest).is_empty() {
                self.warn::<E>("ignoring extra text after ENDIF");
            }
            return Some(Rule::EndIf);
        }
        self.warn::<E>("ignoring unrecognized request");
        None
    }

    fn if_rule<E: Engine>(&self, text: &[u8]) -> Option<Rule<E>> {
        let (source, rest) = self.pattern::<E>(trim_start(text))?;
        let extra = trim_start(rest);
        if !extra.is_empty() {
            let extra = log::bytes(extra);
            self.warn::<E>(&format!("ignoring extra text after IF statement: \"{extra}\""));
            self.warn::<E>("do not prepend whitespace to statements between IF and ENDIF");
        }
        let condition = self.compile(&source)?;
        Some(Rule::If { line: self.line, condition, skip_to: usize::MAX })
    }

    fn match_rule<E: Engine>(&self, text: &[u8]) -> Option<Rule<E>> {
        let (first, mut rest) = self.pattern::<E>(text)?;
        let mut second = None;
        if E::TWO_PATTERNS && rest.first() == Some(&b'!') {
            let (source, behind) = self.pattern::<E>(rest)?;
            second = Some(source);
            rest = behind;
        }
        let mut result = Cow::Borrowed(trim_start(rest));
        if result.is_empty() {
            self.warn::<E>("no replacement text: using empty string");
        }
        if self.flags.contains(Flags::SRC_RHS_IS_FILE) {
            match file_values::read_base64(&result) {
                Ok(encoded) => result = Cow::Owned(encoded),
                Err(why) => {
                    self.warn::<E>(&format!("{why}: skipping this rule"));
                    return None;
                }
            }
        }
        let result = self.template::<E>(&result)?;
        if result.highest > 0 && !first.positive {
            self.warn::<E>("$number found in negative match replacement text: skipping this rule");
            return None;
        }
        if result.highest > 0 && self.flags.contains(Flags::NO_REGSUB) {
            self.warn::<E>("regular expression substitution is not allowed: skipping this rule");
            return None;
        }
        let first: Condition<E> = self.compile(&first)?;
        if result.highest > first.regex.groups() {
            let highest = result.highest;
            self.warn::<E>(&format!("out of range replacement index \"{highest}\": skipping this rule"));
            return None;
        }
        let second = match second {
            Some(source) => Some(self.compile(&source)?),
            None => None,
        };
        Some(Rule::Match { line: self.line, first, second, result })
    }

    fn compile<E: Engine>(&self, source: &Source<'_, E>) -> Option<Condition<E>> {
        match E::compile(source.pattern, source.options) {
            Ok(regex) => {
                // A pattern that must not match holds most often when its text is not there.
                let required =
                    if source.positive { E::required(source.pattern, source.options) } else { None };
                Some(Condition { regex, positive: source.positive, required })
            }
            Err(why) => {
                self.warn::<E>(&why);
                None
            }
        }
    }

    /// Takes `!/pattern/options` off the text; gives it and what follows.
    fn pattern<'t, E: Engine>(&self, text: &'t [u8]) -> Option<(Source<'t, E>, &'t [u8])> {
        let mut positive = true;
        let mut rest = text;
        loop {
            match rest.first() {
                Some(b'!') => positive = !positive,
                Some(&byte) if is_space(byte) => {}
                _ => break,
            }
            rest = &rest[1..];
        }
        let Some((&delimiter, body)) = rest.split_first() else {
            self.warn::<E>("no regexp: skipping this rule");
            return None;
        };
        let Some(end) = closing_delimiter::<E>(body, delimiter) else {
            let (delimiter, fate) = ([delimiter], E::UNCLOSED);
            let shown = log::bytes(&delimiter);
            self.warn::<E>(&format!("no closing regexp delimiter \"{shown}\": {fate} this rule"));
            return None;
        };
        let mut options = E::default_options();
        let mut rest = &body[end + 1..];
        while let Some((&letter, behind)) = rest.split_first() {
            if is_space(letter) || (E::TWO_PATTERNS && letter == b'!') {
                break;
            }
            match E::toggle(&mut options, letter) {
                Ok(()) => {}
                Err(Some(ignored)) => self.warn::<E>(ignored),
                Err(None) => {
                    let letter = [letter];
                    let shown = log::bytes(&letter);
                    self.warn::<E>(&format!("unknown regexp option \"{shown}\": skipping this rule"));
                    return None;
                }
            }
            rest = behind;
        }
        Some((Source { pattern: &body[..end], options, positive }, rest))
    }

    /// Parses a result with `$number`, `${number}`, `$(number)` and `$$`.
    fn template<E: Engine>(&self, text: &[u8]) -> Option<Template> {
        let mut pieces = Vec::new();
        let mut highest = 0;
        let mut good = true;
        for reference in references(text) {
            match reference {
                Reference::Literal(literal) => pieces.push(Piece::Literal(literal)),
                Reference::Name(name) => match self.group_number::<E>(name) {
                    Some(number) => {
                        highest = highest.max(number);
                        pieces.push(Piece::Group(number));
                    }
                    None => good = false,
                },
                Reference::Truncated => {
                    log_lines::truncated_macro(text);
                    good = false;
                }
                Reference::Empty => {
                    log_lines::empty_macro(text);
                    good = false;
                }
            }
        }
        if !good {
            self.warn::<E>("bad replacement syntax: skipping this rule");
            return None;
        }
        Some(Template { pieces, highest })
    }

    fn group_number<E: Engine>(&self, name: &[u8]) -> Option<usize> {
        let shown = log::bytes(name);
        if !name.iter().all(u8::is_ascii_digit) {
            self.warn::<E>(&format!("non-numeric replacement index \"{shown}\""));
            return None;
        }
        let number = wrapping_number(name);
        if number < 1 {
            self.warn::<E>(&format!("{} replacement index \"{shown}\"", E::BELOW_ONE));
            return None;
        }
        usize::try_from(number).ok()
    }
}

/// A pattern before it is compiled.
struct Source<'a, E: Engine> {
    pattern: &'a [u8],
    options: E::Options,
    positive: bool,
}

/// Where the pattern's delimiter comes again without a backslash before it.
fn closing_delimiter<E: Engine>(body: &[u8], delimiter: u8) -> Option<usize> {
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        match byte {
            b'\\' if at + 1 == body.len() => return E::BACKSLASH_CLOSES.then_some(at),
            b'\\' => at += 1,
            _ if byte == delimiter => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LogicalLines;
    use crate::pcre::Pcre;
    use proptest::prelude::*;
    use sys::PosixRegex;

    /// The same table, asked with its index and by a walk through all rules.
    fn assert_index_changes_nothing<E: Engine>(rules: &str, keys: &[String]) {
        let name = Name::from("t");
        let lines = LogicalLines::new(&name, rules.as_bytes());
        let (mut table, _) = PatternTable::<E>::parse(&name, Flags::NONE, Owner::Trusted, lines);
        let indexed: Vec<_> = keys.iter().map(|key| table.lookup(key.as_bytes())).collect();
        table.index = RuleIndex::new(table.rules.iter().map(|_| None));
        for (key, indexed) in keys.iter().zip(indexed) {
            assert_eq!(indexed, table.lookup(key.as_bytes()), "{} {key:?} in\n{rules}", E::KIND);
        }
    }

    /// Patterns out of pieces that are likely to match the keys.
    fn pattern() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            6 => "[ab@.]{1,3}",
            1 => "[ab]{2}[*+?]",
            1 => Just(r"\.".to_owned()),
            1 => Just("[^a]".to_owned()),
            1 => Just("^".to_owned()),
            1 => Just("$".to_owned()),
            1 => Just(r"\w".to_owned()),
            1 => Just(r"\bb".to_owned()),
            1 => Just("{0,2}".to_owned()),
            1 => Just("?".to_owned()),
            1 => Just("+".to_owned()),
            1 => Just("(?i:".to_owned()),
            1 => Just("(?!".to_owned()),
            1 => Just("|".to_owned()),
            1 => Just("(".to_owned()),
            2 => Just(")".to_owned()),
        ];
        let group = proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat());
        prop_oneof![
            3 => group.clone(),
            2 => (group.clone(), group.clone()).prop_map(|(a, b)| format!("({a}){b}")),
            1 => (group.clone(), group.clone()).prop_map(|(a, b)| format!("({a}|{b})?b")),
            1 => (group.clone(), group.clone()).prop_map(|(a, b)| format!("{a}({b})+?a")),
        ]
    }

    fn rule() -> impl Strategy<Value = String> {
        let letters = prop_oneof![4 => Just(""), 1 => Just("i"), 1 => Just("m"), 1 => Just("x")];
        let pattern = ("!{0,1}", pattern(), letters)
            .prop_map(|(not, text, letters)| format!("{not}/{text}/{letters}"))
            .boxed();
        prop_oneof![
            5 => (pattern.clone(), 0..100u8).prop_map(|(pattern, result)| format!("{pattern} {result}")),
            1 => pattern.prop_map(|pattern| format!("if {pattern}")),
            1 => Just("endif".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn the_index_changes_nothing(
            rules in proptest::collection::vec(rule(), 1..12),
            keys in proptest::collection::vec("[abAB@.]{0,12}", 4),
        ) {
            assert_index_changes_nothing::<Pcre>(&rules.join("\n"), &keys);
            assert_index_changes_nothing::<PosixRegex>(&rules.join("\n"), &keys);
        }
    }
}

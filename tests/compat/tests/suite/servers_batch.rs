//! Many tables with many keys in one run: what `postmap -q` says to each.

use compat::pair::PairBuilder;
use compat::{Normaliser, Pair};

/// How many postmap(1) run at once: each failure waits a second before it ends.
const AT_ONCE: usize = 24;

/// Tables of one type, each with the keys that it is asked for.
pub struct Batch {
    kind: &'static str,
    tables: Vec<(String, Vec<String>)>,
}

impl Batch {
    /// No tables yet.
    pub fn new(kind: &'static str) -> Batch {
        Batch { kind, tables: Vec::new() }
    }

    /// A table with these parameters.
    pub fn table(mut self, parameters: impl Into<String>, keys: &[&str]) -> Batch {
        self.tables.push((parameters.into(), keys.iter().map(|key| (*key).to_owned()).collect()));
        self
    }

    /// Puts files of parameters, the keys and a script into both hosts.
    pub fn files(&self, mut builder: PairBuilder) -> PairBuilder {
        let mut script = String::from("mkdir /out\n");
        let mut count = 0;
        for (at, (parameters, keys)) in self.tables.iter().enumerate() {
            builder = builder.file(&format!("/t/{at}.cf"), parameters);
            for (number, key) in keys.iter().enumerate() {
                builder = builder.file(&format!("/t/{at}.{number}.key"), format!("{key}."));
                script += &format!("ask {at} {number} &\n");
                count += 1;
                if count % AT_ONCE == 0 {
                    script += "wait\n";
                }
            }
        }
        script += "wait\n";
        for (at, (_, keys)) in self.tables.iter().enumerate() {
            for number in 0..keys.len() {
                script += &format!(
                    "echo \"== table {at}, key $(cat /t/{at}.{number}.key)\"; cat /out/{at}.{number}.*\n"
                );
            }
        }
        // The full stop keeps newlines and empty keys.
        let ask = format!(
            "ask() {{ key=$(cat /t/$1.$2.key); timeout 100 postmap -q \"${{key%.}}\" {}:/t/$1.cf \
             >/out/$1.$2.a 2>/out/$1.$2.b </dev/null; echo \"status $?\" >>/out/$1.$2.b; }}\n",
            self.kind
        );
        builder.file("/t/script", ask + &script)
    }

    /// Runs all on both sides and compares.
    pub fn assert_same(&self, pair: &Pair) {
        self.assert_same_with(pair, &[]);
    }

    /// As [`Batch::assert_same`], without what the client library of the reference leaves behind.
    pub fn assert_same_but_leftovers(&self, pair: &Pair) {
        self.assert_same_with(pair, &[Normaliser::LeftoverNumber]);
    }

    fn assert_same_with(&self, pair: &Pair, rules: &[Normaliser]) {
        pair.run(["bash", "/t/script"]).normalise(rules).assert_same();
    }
}

//! Random configurations: pairs of main.cf and master.cf with everything their grammar allows, and much that it does
//! not, and commands to run on each.
//!
//! Start at [`configurations`]. What fails is made smaller by [`shrink`]. All values are bytes: configurations need not be UTF-8.

mod main_cf;
mod master_cf;
mod shrink;
mod value;

pub use shrink::shrink;

use crate::batch::Job;
use bstr::ByteSlice;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// A generated configuration with what is done to it.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The bytes of main.cf.
    pub main_cf: Vec<u8>,
    /// The bytes of master.cf.
    pub master_cf: Vec<u8>,
    /// The file of a database client, which main.cf may name as `/etc/postfix/client.cf`.
    pub client_cf: Vec<u8>,
    /// Commands: displays, then edits, each with a display of what it did.
    pub commands: Vec<Vec<String>>,
}

/// What may be displayed. A name of a parameter stands for the user's own, see `value`.
const DISPLAYS: &[&str] = &[
    "postconf",
    "postconf -n",
    "postconf -x",
    "postconf -nx",
    "postconf -nf",
    "postconf -nfx",
    "postconf -nj",
    "postconf -jx",
    "postconf -C user",
    "postconf -C user -x",
    "postconf -C service",
    "postconf -C all -x",
    "postconf -h myhostname foo bar no_such",
    "postconf -x foo bar smtpd_banner myorigin",
    "postconf -n -o foo=$bar -o bar=x",
    "postconf -M",
    "postconf -Mf",
    "postconf -Mx",
    "postconf -Mfx",
    "postconf -Mj",
    "postconf -M smtp/inet foo */unix",
    "postconf -F",
    "postconf -Fx",
    "postconf -Fj",
    "postconf -F smtp/*/command",
    "postconf -P",
    "postconf -Px",
    "postconf -Pf",
    "postconf -Pj",
    "postconf -P */*/foo",
    "postconf -nH",
    "postconf -p",
    "postconf -q",
    "postconf -d",
    "postconf -dfx",
    "postconf -C builtin -nx",
    "postconf -C all -nj",
    "postconf -Mxj",
    "postconf -Mq",
    "postconf -Pxj",
    "postconf -Pfx",
    "postconf -P smtp/inet/*",
    "postconf -Fh */unix/*",
];

/// What shows all that edits did.
const AFTER: &[&str] = &["postconf -n", "postconf -Mf", "postconf -P"];

/// How many displays each configuration gets.
const DISPLAYED: std::ops::Range<usize> = 4..7;

/// Random configurations, the same for the same seed.
pub fn configurations(seed: u64, count: usize) -> impl Iterator<Item = Configuration> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = configuration();
    (0..count).map(move |_| strategy.new_tree(&mut runner).expect("a configuration").current())
}

impl Configuration {
    /// The job that runs all its commands.
    pub fn job(&self, title: String) -> Job {
        Job {
            title,
            files: vec![
                ("main.cf".to_owned(), self.main_cf.clone()),
                ("master.cf".to_owned(), self.master_cf.clone()),
                ("client.cf".to_owned(), self.client_cf.clone()),
            ],
            commands: self.commands.clone(),
            edits: self.commands.iter().any(|command| is_edit(command)),
        }
    }
}

impl std::fmt::Display for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\n", "\n");
        writeln!(f, "=== main.cf\n{}", show(&self.main_cf))?;
        writeln!(f, "=== master.cf\n{}", show(&self.master_cf))?;
        writeln!(f, "=== client.cf\n{}\n===", show(&self.client_cf))
    }
}

fn is_edit(command: &[String]) -> bool {
    command.get(1).is_some_and(|option| EDITS.contains(&option.as_str()))
}

const EDITS: [&str; 9] = ["-e", "-X", "-#", "-Me", "-MX", "-M#", "-Fe", "-Pe", "-PX"];

fn configuration() -> impl Strategy<Value = Configuration> {
    let displays = proptest::sample::subsequence(DISPLAYS, DISPLAYED);
    let edits = proptest::collection::vec((edit(), proptest::sample::select(AFTER)), 0..3);
    let requests = proptest::collection::vec(request(), 0..2);
    let files = (spoilt(main_cf::file()), spoilt(master_cf::file()), spoilt(main_cf::client_file()));
    (files, displays, requests, edits).prop_map(|(files, displays, requests, edits)| {
        let words = |command: &&str| command.split(' ').map(str::to_owned).collect();
        let edits = edits.iter().flat_map(|(edit, after)| [edit.clone(), words(after)]);
        let commands = displays.iter().map(words).chain(requests).chain(edits).collect();
        let (main_cf, master_cf, client_cf) = files;
        Configuration { main_cf, master_cf, client_cf, commands }
    })
}

/// A display of some names, with a setting on the command line.
fn request() -> impl Strategy<Value = Vec<String>> {
    let option = proptest::sample::select(&["-h", "-x", "-nx", "-fx", "-j", "-Px", "-Mx", "-dx"][..]);
    let names = proptest::collection::vec(argument(value::name()), 0..3);
    (option, assignment(), names).prop_map(|(option, setting, names)| {
        let words = ["postconf", option, "-o"].map(str::to_owned);
        let names = names.into_iter().filter(|name| !name.starts_with('-'));
        words.into_iter().chain([setting]).chain(names).collect()
    })
}

/// Bytes as an argument: it holds no null byte, and `Job` wants UTF-8.
fn argument(bytes: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<String> {
    bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', "")).boxed()
}

/// `name=value` as an argument.
fn assignment() -> BoxedStrategy<String> {
    let pair = (argument(value::name()), argument(value::value()));
    pair.prop_map(|(name, value)| format!("{name}={value}")).boxed()
}

/// A file as it is, mostly; else with the line ends of another system, or with some bytes that nobody wrote.
fn spoilt(file: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Vec<u8>> {
    let byte = prop_oneof![
        2 => proptest::sample::select(&b"\0\xff\xc3\r\n\x0b\x0c\x01\x7f"[..]),
        2 => proptest::sample::select(&b"{}$()?:=# \t,\\/-"[..]),
    ];
    let accidents = proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>(), byte), 1..3);
    prop_oneof![
        30 => file.clone(),
        1 => file.clone().prop_map(|content| content.replace("\n", "\r\n")),
        3 => (file, accidents).prop_map(|(mut content, accidents)| {
            for (position, replaces, byte) in accidents {
                let at = position.index(content.len() + 1);
                let end = if replaces { content.len().min(at + 1) } else { at };
                content.splice(at..end, [byte]);
            }
            content
        }),
    ]
    .prop_map(without_lost_line)
    .boxed()
}

/// To the reference's editor a last byte 255 is the end of the file, and the line that ends with it is lost:
/// `postconf/requests/last-byte` shows it.
fn without_lost_line(mut content: Vec<u8>) -> Vec<u8> {
    if content.ends_with(b"\xff") {
        content.push(b'\n');
    }
    content
}

/// An edit with postconf(1).
fn edit() -> impl Strategy<Value = Vec<String>> {
    let entry = (master_cf::service(), argument(master_cf::entry()))
        .prop_map(|(service, entry)| format!("{service}={entry}"));
    let field = (
        master_cf::service(),
        prop_oneof![
            Just("private"),
            Just("chroot"),
            Just("process_limit"),
            Just("command"),
            Just("wakeup"),
            Just("no_such")
        ],
        prop_oneof![Just("-"), Just("n"), Just("y"), Just("7"), Just("smtpd -o x=y")],
    )
        .prop_map(|(service, field, value)| format!("{service}/{field}={value}"));
    let parameter = (master_cf::service(), argument(value::name()));
    let set = (parameter.clone(), argument(value::value()))
        .prop_map(|((service, name), value)| format!("{service}/{name}={value}"));
    let unset = parameter.prop_map(|(service, name)| format!("{service}/{name}"));
    prop_oneof![
        4 => (Just("-e"), assignment()),
        1 => (Just("-X"), argument(value::name())),
        1 => (Just("-#"), argument(value::name())),
        2 => (Just("-Me"), entry.boxed()),
        1 => (Just("-MX"), master_cf::service().boxed()),
        1 => (Just("-M#"), master_cf::service().boxed()),
        2 => (Just("-Fe"), field.boxed()),
        2 => (Just("-Pe"), set.boxed()),
        1 => (Just("-PX"), unset.boxed()),
    ]
    .prop_map(|(option, argument)| vec!["postconf".to_owned(), option.to_owned(), argument])
}

/// A fixed text.
fn text(text: &str) -> BoxedStrategy<Vec<u8>> {
    Just(text.as_bytes().to_vec()).boxed()
}

/// One of some fixed texts, which shrinks to the first.
fn one_of(texts: &'static [&'static str]) -> BoxedStrategy<Vec<u8>> {
    proptest::sample::select(texts).prop_map(|text| text.as_bytes().to_vec()).boxed()
}

/// Some of a kind, one after the other.
fn several(of: BoxedStrategy<Vec<u8>>, count: std::ops::Range<usize>) -> BoxedStrategy<Vec<u8>> {
    proptest::collection::vec(of, count).prop_map(|parts| parts.concat()).boxed()
}

/// Different parts, one after the other.
fn sequence(parts: Vec<BoxedStrategy<Vec<u8>>>) -> BoxedStrategy<Vec<u8>> {
    parts.prop_map(|parts| parts.concat()).boxed()
}

//! Our showq(8) under the real master(8), read by the real postqueue(1) and by the rules of two exporters for Prometheus,
//! kumina/postfix_exporter and Hsn723/postfix_exporter: all must see what they see with the real showq.

use crate::queue_kinds::{archived_on, without_debugging};
use compat::host::Host;
use compat::pair::printable;
use compat::roots::Version;
use compat::{HostSpec, Transcript};
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What an exporter counts in a directory of the queue.
#[derive(Default)]
struct Counted {
    /// How often the name was seen.
    messages: usize,
    sizes: Vec<f64>,
    times: Vec<f64>,
}

/// Counts by the names of directories.
type Counts = BTreeMap<String, Counted>;

/// The rules for showq's stream, which both exporters have: an answer with a NUL in its first 128 bytes is a sequence
/// of names and values that end at a NUL; an empty name ends a record, and with it the directory's name; sizes and times
/// are numbers. The second exporter also counts names of directories.
fn stream_counts(answer: &[u8]) -> Result<Counts, String> {
    let start = answer.get(..128).unwrap_or(answer);
    if !start.contains(&0) {
        return Err("taken for text".to_owned());
    }
    let Some((&0, content)) = answer.split_last() else { return Err("no NUL at the end".to_owned()) };
    let mut words = content.split(|&byte| byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    let mut counts: Counts = BTreeMap::new();
    let mut queue = "unknown".to_owned();
    while let Some(name) = words.next() {
        if name.is_empty() {
            queue = "unknown".to_owned();
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{name} has no value"))?;
        let number = || value.parse::<f64>().map_err(|error| format!("{name} {value}: {error}"));
        match name.as_str() {
            "queue_name" => {
                queue.clone_from(&value);
                counts.entry(queue.clone()).or_default().messages += 1;
            }
            "size" => counts.entry(queue.clone()).or_default().sizes.push(number()?),
            "time" => counts.entry(queue.clone()).or_default().times.push(number()?),
            _ => {}
        }
    }
    Ok(counts)
}

/// The rule for the text of mailq(1), which both exporters have.
fn text_counts(listing: &str) -> Result<Counts, String> {
    let line =
        Regex::new(r"^[0-9A-F]+([\*!]?) +(\d+) (\w{3} \w{3} +\d+ +\d+:\d{2}:\d{2}) +").expect("a pattern");
    let mut counts: Counts = BTreeMap::new();
    for found in listing.lines().filter_map(|text| line.captures(text)) {
        let queue = match &found[1] {
            "*" => "active",
            "!" => "hold",
            _ => "other",
        };
        let counted = counts.entry(queue.to_owned()).or_default();
        counted.messages += 1;
        counted.sizes.push(found[2].parse().map_err(|error| format!("{}: {error}", &found[2]))?);
    }
    Ok(counts)
}

fn summary(counts: Result<Counts, String>) -> String {
    let counts = match counts {
        Ok(counts) => counts,
        Err(error) => return error,
    };
    let mut text = String::new();
    for (queue, Counted { messages, sizes, times }) in counts {
        let _ = writeln!(text, "{queue}: {messages}, {sizes:?}, {times:?}");
    }
    text
}

fn scenario(spec: HostSpec) -> Transcript {
    let host: Host = archived_on(spec, "").start();
    host.must(["perl", "/queue_kinds/restore.pl", "/tmp/kinds.tar", "named"]);
    host.must(["sh", "-c", "postconf -MX qmgr/unix pickup/unix && postfix start 2>/dev/null"]);
    let mut transcript = Transcript::new();
    let mut note = |title: &str, text: &str| transcript.text("stdout", title, &without_debugging(text));
    let listing = printable(&host.must(["postqueue", "-p"]));
    let answer = host.must(["perl", "/queue_kinds/showq.pl"]);
    let (stream, text) = (stream_counts(&answer), text_counts(&listing));
    assert_eq!(stream.as_ref().map(BTreeMap::len), Ok(5), "directories of {}", printable(&answer));
    note("stream", &summary(stream));
    note("text", &summary(text));
    note("postqueue -p", &listing);
    note("postqueue -j", &printable(&host.must(["postqueue", "-j"])));
    note(
        "postqueue as a user",
        &printable(&host.must(["setpriv", "--reuid=bin", "--clear-groups", "mailq"])),
    );
    note("log", &printable(&host.run(["grep", "showq", "/var/log/mail.log"]).stdout));
    transcript
}

#[test]
fn readers_of_our_showq() {
    let reference = || HostSpec::reference(Version::V3_11);
    let theirs = std::thread::spawn(move || scenario(reference()));
    let ours = scenario(reference().swap_daemon("showq"));
    theirs.join().expect("the reference").assert_same(&ours, "queue-exporters/our-showq");
}

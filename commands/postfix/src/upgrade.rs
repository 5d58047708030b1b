//! `postfix upgrade-configuration`: what later releases need is put into master.cf and main.cf.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use config::Config;

use crate::context::{Context, Outcome};

/// A step of the upgrade.
enum Step {
    Add(Addition),
    Change(Change),
    /// Queues that grow large must be hashed.
    QueueNames,
    /// A main.cf from the time before IPv6 became the default keeps what it had.
    Protocols,
}

/// A service that a master.cf must have.
struct Addition {
    /// How a line that has the service already begins; a comment counts for services that are optional.
    begins: &'static [&'static str],
    /// What must stand after that, in this order.
    then: &'static [&'static str],
    /// What the message calls it.
    name: &'static str,
    /// The line to add.
    line: &'static str,
}

/// A field of a service that must have another value now.
struct Change {
    /// The service's name.
    service: &'static str,
    /// Fields that say that the line is still the old one, by their place: 0 is the name.
    old: &'static [(usize, &'static [&'static str])],
    /// The place of the field to change.
    field: usize,
    /// Its new value.
    value: &'static str,
    /// What the message says about it.
    message: &'static str,
}

/// In the order in which Postfix 3.11 takes them; the white space of the lines is its own.
const STEPS: &[Step] = &[
    Step::Add(Addition {
        begins: &["relay"],
        then: &[],
        name: "relay service",
        line: "relay\t  unix\t-\t-\tn\t-\t-\tsmtp",
    }),
    Step::Add(Addition {
        begins: &["flush"],
        then: &["flush"],
        name: "flush service",
        line: "flush     unix  -       -       n       1000?   0       flush",
    }),
    Step::Add(Addition {
        begins: &[""],
        then: &["trace", "bounce"],
        name: "trace service",
        line: "trace\t  unix\t-\t-\tn\t-\t0\tbounce",
    }),
    Step::Add(Addition {
        begins: &["verify"],
        then: &["verify"],
        name: "verify service",
        line: "verify\t  unix\t-\t-\tn\t-\t1\tverify",
    }),
    Step::Change(Change {
        service: "verify",
        old: &[(6, &["0"]), (7, &["verify"])],
        field: 6,
        value: "1",
        message: "setting verify process limit to 1",
    }),
    Step::Change(Change {
        service: "pickup",
        old: &[(1, &["fifo"]), (2, &["n"]), (3, &["n"])],
        field: 3,
        value: "-",
        message: "making the pickup service unprivileged",
    }),
    Step::Change(Change {
        service: "cleanup",
        old: &[(1, &["unix"]), (2, &["-", "y"])],
        field: 2,
        value: "n",
        message: "making the cleanup service public",
    }),
    Step::Change(Change {
        service: "flush",
        old: &[(1, &["unix"]), (2, &["-", "y"])],
        field: 2,
        value: "n",
        message: "making the flush service public",
    }),
    Step::QueueNames,
    Step::Add(Addition {
        begins: &["proxymap"],
        then: &["proxymap"],
        name: "proxymap service",
        line: "proxymap  unix\t-\t-\tn\t-\t-\tproxymap",
    }),
    Step::Add(Addition {
        begins: &["anvil"],
        then: &["anvil"],
        name: "anvil service",
        line: "anvil\t  unix\t-\t-\tn\t-\t1\tanvil",
    }),
    Step::Add(Addition {
        begins: &["scache"],
        then: &["scache"],
        name: "scache service",
        line: "scache\t  unix\t-\t-\tn\t-\t1\tscache",
    }),
    Step::Add(Addition {
        begins: &["discard"],
        then: &["discard"],
        name: "discard service",
        line: "discard\t  unix\t-\t-\tn\t-\t-\tdiscard",
    }),
    Step::Change(Change {
        service: "tlsmgr",
        old: &[(1, &["fifo"])],
        field: 1,
        value: "unix",
        message: "updating the tlsmgr from fifo to unix service",
    }),
    Step::Add(Addition {
        begins: &["tlsmgr"],
        then: &["tlsmgr"],
        name: "tlsmgr service",
        line: "tlsmgr    unix  -       -       n       1000?   1       tlsmgr",
    }),
    Step::Add(Addition {
        begins: &["retry"],
        then: &["error"],
        name: "retry service",
        line: "retry     unix  -       -       n       -       -       error",
    }),
    Step::Add(Addition {
        begins: &["proxywrite"],
        then: &["proxymap"],
        name: "proxywrite service",
        line: "proxywrite unix -       -       n       -       1       proxymap",
    }),
    Step::Change(Change {
        service: "proxywrite",
        old: &[(6, &["-"]), (7, &["proxymap"])],
        field: 6,
        value: "1",
        message: "setting proxywrite process limit to 1",
    }),
    Step::Add(Addition {
        begins: &["smtp", "#smtp"],
        then: &["postscreen"],
        name: "postscreen TCP service",
        line: "#smtp      inet  n       -       n       -       1       postscreen",
    }),
    Step::Add(Addition {
        begins: &["smtpd", "#smtpd"],
        then: &["smtpd"],
        name: "smtpd unix-domain service",
        line: "#smtpd     pass  -       -       n       -       -       smtpd",
    }),
    Step::Add(Addition {
        begins: &["dnsblog", "#dnsblog"],
        then: &["dnsblog"],
        name: "dnsblog unix-domain service",
        line: "#dnsblog   unix  -       -       n       -       0       dnsblog",
    }),
    Step::Add(Addition {
        begins: &["tlsproxy", "#tlsproxy"],
        then: &["tlsproxy"],
        name: "tlsproxy unix-domain service",
        line: "#tlsproxy  unix  -       -       n       -       0       tlsproxy",
    }),
    Step::Protocols,
    Step::Add(Addition {
        begins: &["postlog"],
        then: &[],
        name: "postlog unix-domain datagram service",
        line: "postlog   unix-dgram n  -       n       -       1       postlogd",
    }),
];

impl Addition {
    fn is_in(&self, line: &str) -> bool {
        self.begins.iter().filter_map(|begin| line.strip_prefix(begin)).any(|rest| {
            let mut rest = Some(rest);
            for word in self.then {
                rest = rest.and_then(|rest| rest.split_once(word)).map(|(_, after)| after);
            }
            rest.is_some()
        })
    }
}

impl Change {
    /// The line as it should be, if it is the old one.
    fn apply(&self, line: &str) -> Option<String> {
        let mut places = Vec::new();
        let mut end = 0;
        for word in line.split_ascii_whitespace() {
            let start = end + line.get(end..)?.find(word)?;
            end = start + word.len();
            places.push(start..end);
        }
        let word = |index: usize| line.get(places.get(index)?.clone());
        let is_old = word(0) == Some(self.service)
            && self.old.iter().all(|(index, values)| word(*index).is_some_and(|word| values.contains(&word)));
        if !is_old {
            return None;
        }
        let mut changed = line.to_owned();
        // tlsmgr's wake-ups had no question mark as long as it was a pipe.
        if let (true, Some(wakeup)) = (self.field == 1, word(5).filter(|word| word.parse::<u32>().is_ok())) {
            changed.replace_range(places.get(5)?.clone(), &format!("{wakeup}?"));
        }
        changed.replace_range(places.get(self.field)?.clone(), self.value);
        Some(changed)
    }
}

pub(crate) fn run(context: &Context, config: &Config) -> Outcome {
    let master_cf = context.config_directory.join(config::MASTER_CF);
    for step in STEPS {
        match step {
            Step::Add(addition) => add(context, &master_cf, addition)?,
            Step::Change(change) => apply(context, &master_cf, change)?,
            Step::QueueNames => set_queue_names(context, config)?,
            Step::Protocols => set_protocols(context, config)?,
        }
    }
    Ok(())
}

fn add(context: &Context, path: &Path, addition: &Addition) -> Outcome {
    let mut text = read(path);
    if text.lines().any(|line| addition.is_in(line)) {
        return Ok(());
    }
    let (shown, name) = (path.display(), addition.name);
    context.say(format_args!("Editing {shown}, adding missing entry for {name}"))?;
    text.push_str(addition.line);
    text.push('\n');
    replace(path, &text)
}

fn apply(context: &Context, path: &Path, change: &Change) -> Outcome {
    let text = read(path);
    let Some((old, new)) = text.lines().find_map(|line| change.apply(line).map(|new| (line, new))) else {
        return Ok(());
    };
    context.say(format_args!("Editing {}, {}", path.display(), change.message))?;
    replace(path, &text.replacen(old, &new, 1))
}

// A master.cf that is not there is made.
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Puts a new text in a file's place at once, so that nobody reads half of it.
fn replace(path: &Path, text: &str) -> Outcome {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let new = PathBuf::from(name);
    let write = || -> std::io::Result<()> {
        fs::write(&new, text)?;
        if let Ok(metadata) = fs::metadata(path) {
            use std::os::unix::fs::{MetadataExt, chown};
            fs::set_permissions(&new, metadata.permissions())?;
            chown(&new, Some(metadata.uid()), Some(metadata.gid()))?;
        }
        fs::rename(&new, path)
    };
    write().map_err(|error| {
        crate::installation::complain(format_args!("{}: {}", path.display(), sys::error_text(&error)))
    })
}

fn set_queue_names(context: &Context, config: &Config) -> Outcome {
    let found = config.get(&params::HASH_QUEUE_NAMES);
    let missing: String = ["defer", "deferred"]
        .into_iter()
        .filter(|name| !found.contains(name))
        .map(|name| format!(" {name}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    context.say(format_args!("fixing main.cf hash_queue_names for missing{missing}"))?;
    let setting = format!("{}={found}{missing}", params::HASH_QUEUE_NAMES.name());
    context.run_program(&context.command("postconf"), &["-e".into(), setting.into()])
}

fn set_protocols(context: &Context, config: &Config) -> Outcome {
    if config.is_set(&params::INET_PROTOCOLS) {
        return Ok(());
    }
    let path = context.config_directory.join(config::MAIN_CF);
    context.say(filled(format!(
        "    COMPATIBILITY: editing {}, setting\n    inet_protocols=ipv4.  Specify inet_protocols explicitly if you\n    \
         want to enable IPv6.\n    In a future release IPv6 will be enabled by default.\n",
        path.display()
    )))?;
    let setting = format!("{}=ipv4", params::INET_PROTOCOLS.name());
    context.run_program(&context.command("postconf"), &[setting.into()])
}

/// The text with its lines filled as fmt(1) fills them; as it is where there is no such program.
fn filled(text: String) -> String {
    let fill = || -> Option<String> {
        let mut fmt = Command::new("fmt").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        fmt.stdin.take()?.write_all(text.as_bytes()).ok()?;
        let output = fmt.wait_with_output().ok()?;
        let filled = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| filled.trim_end().to_owned())
    };
    fill().unwrap_or_else(|| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(text: &str) -> Vec<&'static str> {
        STEPS
            .iter()
            .filter_map(|step| match step {
                Step::Add(addition) => Some(addition),
                _ => None,
            })
            .filter(|addition| !text.lines().any(|line| addition.is_in(line)))
            .map(|addition| addition.name)
            .collect()
    }

    fn changed(line: &str) -> Vec<String> {
        let change = |step: &Step| match step {
            Step::Change(change) => change.apply(line),
            _ => None,
        };
        STEPS.iter().filter_map(change).collect()
    }

    #[test]
    fn a_comment_counts_for_optional_services_only() {
        let text =
            "#anvil unix - - n - 1 anvil\n#smtp inet n - n - 1 postscreen\ntrace unix - - n - 0 bounce\n";
        let missing = missing(text);
        assert!(missing.contains(&"anvil service"));
        assert!(!missing.contains(&"postscreen TCP service"));
        assert!(!missing.contains(&"trace service"));
    }

    #[test]
    fn old_lines_are_changed_and_keep_their_spaces() {
        assert_eq!(changed("verify\tunix - -  n - 0 verify"), ["verify\tunix - -  n - 1 verify"]);
        assert_eq!(changed("pickup fifo n n n 60 1 pickup"), ["pickup fifo n - n 60 1 pickup"]);
        assert_eq!(changed("tlsmgr fifo - - n 300 1 tlsmgr"), ["tlsmgr unix - - n 300? 1 tlsmgr"]);
        assert!(changed("cleanup unix n - n - 0 cleanup").is_empty());
    }
}

//! `postfix upgrade-configuration`: services that came with later releases are added to master.cf.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use cli::Exit;
use config::Config;

use crate::context::{Context, Outcome};

/// A service that a master.cf must have.
struct Addition {
    /// How a line that has the service already begins; comments count for services that are optional.
    begins: &'static [&'static str],
    /// What must stand somewhere in that line, too.
    contains: &'static str,
    /// What the message calls it.
    name: &'static str,
    /// The line to add.
    line: &'static str,
}

/// In the order in which Postfix 3.11 looks for them; the lines' white space is its own.
const ADDITIONS: &[Addition] = &[
    Addition {
        begins: &["relay"],
        contains: "",
        name: "relay service",
        line: "relay\t  unix\t-\t-\tn\t-\t-\tsmtp",
    },
    Addition {
        begins: &["flush"],
        contains: "flush",
        name: "flush service",
        line: "flush     unix  -       -       n       1000?   0       flush",
    },
    Addition {
        begins: &[""],
        contains: "trace",
        name: "trace service",
        line: "trace\t  unix\t-\t-\tn\t-\t0\tbounce",
    },
    Addition {
        begins: &["verify"],
        contains: "verify",
        name: "verify service",
        line: "verify\t  unix\t-\t-\tn\t-\t1\tverify",
    },
    Addition {
        begins: &["proxymap"],
        contains: "proxymap",
        name: "proxymap service",
        line: "proxymap  unix\t-\t-\tn\t-\t-\tproxymap",
    },
    Addition {
        begins: &["anvil"],
        contains: "anvil",
        name: "anvil service",
        line: "anvil\t  unix\t-\t-\tn\t-\t1\tanvil",
    },
    Addition {
        begins: &["scache"],
        contains: "scache",
        name: "scache service",
        line: "scache\t  unix\t-\t-\tn\t-\t1\tscache",
    },
    Addition {
        begins: &["discard"],
        contains: "discard",
        name: "discard service",
        line: "discard\t  unix\t-\t-\tn\t-\t-\tdiscard",
    },
    Addition {
        begins: &["tlsmgr"],
        contains: "tlsmgr",
        name: "tlsmgr service",
        line: "tlsmgr    unix  -       -       n       1000?   1       tlsmgr",
    },
    Addition {
        begins: &["retry"],
        contains: "error",
        name: "retry service",
        line: "retry     unix  -       -       n       -       -       error",
    },
    Addition {
        begins: &["proxywrite"],
        contains: "proxymap",
        name: "proxywrite service",
        line: "proxywrite unix -       -       n       -       1       proxymap",
    },
    Addition {
        begins: &["smtp", "#smtp"],
        contains: "postscreen",
        name: "postscreen TCP service",
        line: "#smtp      inet  n       -       n       -       1       postscreen",
    },
    Addition {
        begins: &["smtpd", "#smtpd"],
        contains: "smtpd",
        name: "smtpd unix-domain service",
        line: "#smtpd     pass  -       -       n       -       -       smtpd",
    },
    Addition {
        begins: &["dnsblog", "#dnsblog"],
        contains: "dnsblog",
        name: "dnsblog unix-domain service",
        line: "#dnsblog   unix  -       -       n       -       0       dnsblog",
    },
    Addition {
        begins: &["tlsproxy", "#tlsproxy"],
        contains: "tlsproxy",
        name: "tlsproxy unix-domain service",
        line: "#tlsproxy  unix  -       -       n       -       0       tlsproxy",
    },
    Addition {
        begins: &["postlog"],
        contains: "",
        name: "postlog unix-domain datagram service",
        line: "postlog   unix-dgram n  -       n       -       1       postlogd",
    },
];

impl Addition {
    fn is_in(&self, line: &str) -> bool {
        let is_named = |begin: &str| {
            // Between the name and what must follow, the same word does not count twice.
            line.strip_prefix(begin).is_some_and(|rest| {
                if self.name == "trace service" {
                    rest.find("trace")
                        .is_some_and(|place| rest.get(place..).is_some_and(|tail| tail.contains("bounce")))
                } else {
                    rest.contains(self.contains)
                }
            })
        };
        self.begins.iter().any(|begin| is_named(begin))
    }
}

pub(crate) fn run(context: &Context, config: &Config) -> Outcome {
    let path = context.config_directory.join(config::MASTER_CF);
    let text = fs::read_to_string(&path).unwrap_or_default();
    add_services(context, &path, &text, |addition| addition.name != "postlog unix-domain datagram service")?;
    set_queue_names(context, config)?;
    set_protocols(context, config)?;
    add_services(context, &path, &text, |addition| addition.name == "postlog unix-domain datagram service")
}

fn add_services(
    context: &Context,
    path: &Path,
    text: &str,
    is_wanted: impl Fn(&Addition) -> bool,
) -> Outcome {
    for addition in ADDITIONS.iter().filter(|addition| is_wanted(addition)) {
        if text.lines().any(|line| addition.is_in(line)) {
            continue;
        }
        let (shown, name) = (path.display(), addition.name);
        context.say(format_args!("Editing {shown}, adding missing entry for {name}"))?;
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|mut file| writeln!(file, "{}", addition.line))
            .map_err(|_| Exit::FAILURE)?;
    }
    Ok(())
}

/// Queues that grow large must be hashed.
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

/// A main.cf from the time before IPv6 became the default keeps what it had.
fn set_protocols(context: &Context, config: &Config) -> Outcome {
    if config.is_set(&params::INET_PROTOCOLS) {
        return Ok(());
    }
    let path = context.config_directory.join(config::MAIN_CF);
    context.say(format_args!(
        "    COMPATIBILITY: editing {}, setting\n    inet_protocols=ipv4.  Specify inet_protocols explicitly if you\n    \
         want to enable IPv6.  In a future release IPv6 will be enabled by\n    default.",
        path.display()
    ))?;
    let setting = format!("{}=ipv4", params::INET_PROTOCOLS.name());
    context.run_program(&context.command("postconf"), &[setting.into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(text: &str) -> Vec<&'static str> {
        ADDITIONS
            .iter()
            .filter(|addition| !text.lines().any(|line| addition.is_in(line)))
            .map(|addition| addition.name)
            .collect()
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
}

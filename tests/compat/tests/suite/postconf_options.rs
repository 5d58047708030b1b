//! postconf(1): its options one by one, in pairs and in threes, patterns for services, and odd words and files.

use compat::{Job, Pair, batch};

/// Added to the packaged main.cf: something for each kind of name.
const MAIN_CF: &str = "
relayhost = [$myhostname]:25
unused_one = x
mine = $mydomain and so much more text that an option for it will have this line folded in two
header_checks = regexp:$config_directory/x, mysql:foo
foo_user = bar
local_header_rewrite_clients = $mine
smtpd_restriction_classes = cls
cls = permit
smtp_destination_concurrency_limit = 3
virtual_maps = cdb:/x
";

/// Added to the packaged master.cf: settings and arguments in all their forms.
const MASTER_CF: &str = r#"
mysvc unix - n n - 5 smtp -v -o myhostname=abc.$mydomain -o { smtpd_banner = hello world } -o unk=3
  -o cls=reject flags=DR {a b c} "x" \
8025 inet n - y 100? - smtpd -o mine=other -o relayhost=
"#;

/// All options. Those that have a value have one here that they can use, but for `-T`.
const OPTIONS: [&str; 24] = [
    "-a",
    "-A",
    "-b",
    "-C user",
    "-d",
    "-e",
    "-f",
    "-F",
    "-h",
    "-H",
    "-j",
    "-l",
    "-m",
    "-M",
    "-n",
    "-o mydomain=over.example",
    "-p",
    "-P",
    "-q",
    "-t",
    "-T nosuch",
    "-v",
    "-x",
    "-X",
];

/// What is left of the packaged files, with additions.
fn files(pair: &Pair) -> Vec<(String, Vec<u8>)> {
    [("main.cf", MAIN_CF), ("master.cf", MASTER_CF)]
        .map(|(name, added)| {
            let packaged = pair.theirs.read(format!("/etc/postfix/{name}"));
            (name.to_owned(), [packaged, added.as_bytes().to_vec()].concat())
        })
        .to_vec()
}

/// A command line: options in words, and operands, which may hold anything.
fn postconf(options: &str, operands: &[&str]) -> Vec<String> {
    ["postconf"]
        .into_iter()
        .chain(options.split_whitespace())
        .chain(operands.iter().copied())
        .map(str::to_owned)
        .collect()
}

/// Runs the commands on the same files, in jobs small enough to be spread over lanes; those that change files apart
/// from those that show them, because a file that has just been changed is read twice.
fn compare(case: &str, commands: Vec<Vec<String>>) {
    let pair = Pair::new(case).build();
    let files = files(&pair);
    let (edits, displays): (Vec<_>, Vec<_>) = commands.into_iter().partition(|command| is_edit(command));
    let jobs = |commands: Vec<Vec<String>>, edits: bool| {
        let files = files.clone();
        let chunks: Vec<Vec<Vec<String>>> = commands.chunks(50).map(<[_]>::to_vec).collect();
        chunks.into_iter().map(move |commands| Job {
            title: commands[0].join(" "),
            files: files.clone(),
            commands,
            edits,
        })
    };
    let jobs: Vec<Job> = jobs(displays, false).chain(jobs(edits, true)).collect();
    batch::assert_same(&pair, &jobs);
}

fn is_edit(command: &[String]) -> bool {
    let changes = |word: &String| {
        word.starts_with('-') && !word.starts_with("--") && word.contains(['e', 'X', '#'])
            || word.contains('=') && !word.starts_with("mydomain=over")
    };
    command.iter().skip(1).any(changes)
}

/// Whether the answer is about what a mail system is built with, for which there are cases of their own, or a trace
/// of what a daemon does.
fn is_about_the_build(options: &[&str]) -> bool {
    let goes_with_all = |option: &&str| matches!(*option, "-v" | "-q" | "-C user");
    options.iter().any(|option| {
        let others = options.iter().filter(|other| *other != option);
        match *option {
            "-a" | "-A" | "-m" => others.clone().all(goes_with_all),
            "-b" | "-t" => others.clone().all(goes_with_all) && options.contains(&"-v"),
            _ => false,
        }
    })
}

#[test]
fn one_option_or_two() {
    let operands: [&[&str]; 4] = [&[], &["mydomain"], &["mysvc/unix"], &["a/b/c=d"]];
    let mut sets: Vec<Vec<&str>> = vec![Vec::new()];
    for (at, &one) in OPTIONS.iter().enumerate() {
        sets.push(vec![one]);
        sets.extend(OPTIONS[at..].iter().map(|&other| vec![one, other]));
    }
    sets.extend(OPTIONS.iter().map(|&one| vec![one, "-#"]));
    // Said twice, -v traces the reference's library from within: docs/undocumented/postconf.md.
    sets.retain(|options| !is_about_the_build(options) && *options != ["-v", "-v"]);
    let mut commands = Vec::new();
    for (at, set) in sets.iter().enumerate() {
        let count = if set.len() < 2 { operands.len() } else { 1 };
        let words = operands.iter().cycle().skip(at).take(count);
        commands.extend(words.map(|words| postconf(&set.join(" "), words)));
    }
    compare("postconf/options/two", commands);
}

#[test]
fn three_options() {
    // The others go with nothing, which pairs show already.
    let options = OPTIONS.map(|option| (option, option.trim_start_matches('-')));
    let options: Vec<&str> = options
        .iter()
        .filter(|(_, name)| !"aAblmtT nosuch".contains(name))
        .map(|(option, _)| *option)
        .collect();
    let operands: [&[&str]; 4] = [&[], &["mydomain"], &["mysvc/unix"], &["a/b/c=d"]];
    let mut commands = Vec::new();
    for (first, one) in options.iter().enumerate() {
        for (second, other) in options.iter().enumerate().skip(first + 1) {
            for (third, another) in options.iter().enumerate().skip(second + 1) {
                let words = operands[(first + second + third) % operands.len()];
                commands.push(postconf(&[*one, *other, *another].join(" "), words));
            }
        }
    }
    compare("postconf/options/three", commands);
}

#[test]
fn service_patterns() {
    let services = [
        "mysvc",
        "mysvc/unix",
        "*/unix",
        "*",
        "*/*",
        "nosuch",
        "nosuch/unix",
        "mysvc/inet",
        "8025/inet",
        "/",
        "//",
        "a/b/c/d",
        "my*",
        "mysvc/*",
        "mysvc/u*",
        "",
        "=",
        "mysvc/unix/",
        "mysvc//unix",
        "/mysvc/unix",
        " mysvc/unix",
        "#mysvc/unix",
        "mysvc/unix smtp/inet",
        "x\ny/unix",
        "mysvc/foo",
    ];
    let displays = ["-M", "-Mf", "-Mj", "-Mx", "-Mxj", "-F", "-P", "-M -o mydomain=over", "-PP", "-Mq"];
    let removals = ["-M#", "-MX", "-PX", "-P#", "-F#", "-FX", "-Me"];
    let values =
        ["mysvc unix - n n - 5 smtp -v", "", " other inet n n n 1 1 foo", "short", "a unix - - - - - {b"];
    let mut commands = Vec::new();
    for service in services {
        commands.extend(displays.iter().chain(&removals).map(|options| postconf(options, &[service])));
        commands.extend(values.map(|value| postconf("-M", &[&format!("{service}={value}")])));
    }
    compare("postconf/options/services", commands);
}

#[test]
fn fields_and_settings_of_services() {
    let services = ["mysvc/unix", "*/unix", "nosuch/unix", "*/*"];
    let fields = [
        "service",
        "type",
        "private",
        "unprivileged",
        "chroot",
        "wakeup",
        "process_limit",
        "command",
        "*",
        "nosuch",
        "Command",
        "",
        "x*",
    ];
    let values = [
        "y",
        "n",
        "-",
        "x",
        "10",
        "10?",
        "1 2",
        "foo -o a=b {x y}",
        "{a",
        "smtp -o",
        "unix",
        "  smtp",
        "a=b",
    ];
    let names = ["myhostname", "unk", "cls", "*", "nosuch", "", "x*", "smtpd_banner", "my hostname"];
    let settings = ["y", "", "a b", "{a b}", "$mydomain", "a=b", "\tx", " x ", "x,y"];
    let mut commands = Vec::new();
    for service in services {
        for field in fields {
            let pattern = format!("{service}/{field}");
            let displays = ["-F", "-Fh", "-FH", "-Fj", "-Ff", "-Fx", "-FHh", "-Fe", "-FX", "-F#"];
            commands.extend(displays.map(|options| postconf(options, &[&pattern])));
            commands.extend(values.map(|value| postconf("-F", &[&format!("{pattern}={value}")])));
        }
        for name in names {
            let pattern = format!("{service}/{name}");
            let displays =
                ["-P", "-Ph", "-PH", "-Pj", "-Pf", "-Px", "-PP", "-PPx", "-PPj", "-PX", "-P#", "-Pe"];
            commands.extend(displays.map(|options| postconf(options, &[&pattern])));
            commands.extend(settings.map(|value| postconf("-P", &[&format!("{pattern}={value}")])));
        }
    }
    for several in [
        &["-F", "mysvc/unix/chroot=y", "mysvc/unix/chroot=n"][..],
        &["-F", "*/unix/chroot=y", "mysvc/unix/private=y"],
        &["-M", "a/unix=a unix - - - - - x", "a/unix=a unix - - - - - y"],
        &["-P", "*/unix/a=b", "mysvc/unix/a=c", "*/inet/z=1"],
        &["-MX", "mysvc/unix", "nosuch/unix"],
        &["-M#", "*/inet", "mysvc/unix"],
        &["-PX", "*/*/myhostname", "mysvc/unix/unk"],
        &["-M", "mysvc", "nosuch", "smtp"],
        &["-F", "mysvc/*/chroot", "smtp/inet/chroot"],
        &["-P", "mysvc/unix/unk", "*/*/nosuch"],
    ] {
        commands.push(postconf(several[0], &several[1..]));
    }
    compare("postconf/options/fields", commands);
}

/// The reference writes an empty field into the file, which cannot be read after that.
#[test]
fn empty_field() {
    let pair = Pair::new("postconf/options/empty-field").build();
    pair.run(["postconf", "-F", "smtp/inet/chroot="]).assert_same();
}

/// What the mail system is built with.
#[test]
fn built_with() {
    let pair = Pair::new("postconf/options/server-sasl").build();
    pair.run(["postconf", "-a"]).assert_same();
    let pair = Pair::new("postconf/options/client-sasl").build();
    pair.run(["postconf", "-A"]).assert_same();
    let pair = Pair::new("postconf/options/tls").build();
    pair.run(["postconf", "-T", "public-key-algorithms"]).assert_same();
    pair.run(["postconf", "-T", "nosuch"]).assert_same();
}

/// Plug-ins for table types: what dynamicmaps.cf and the files beside it say, right or wrong.
#[test]
fn plug_ins() {
    const CDB: &str = "cdb postfix-cdb.so dict_cdb_open mkmap_cdb_open\n";
    let files = [
        ("none", "", ""),
        ("both", CDB, "mysql /x/mysql.so dict_mysql_open\n# comment\n\npcre\tx y  z\n"),
        ("twice", CDB, CDB),
        ("unknown", "own-type own.so f\n", ""),
        ("short", "cdb postfix-cdb.so\n", ""),
        ("long", "cdb a b c d\n", ""),
        ("symbol", "=cdb a b c\n", ""),
        ("blank", " cdb a b c\n \n", ""),
    ];
    let pair = Pair::new("postconf/options/plug-ins").build();
    let main_cf =
        [pair.theirs.read("/etc/postfix/main.cf"), b"meta_directory=/etc/postfix\n".to_vec()].concat();
    let script = "postconf -m | grep -x 'cdb\\|ldap\\|lmdb\\|mysql\\|pcre\\|pgsql\\|sqlite\\|own-type'";
    let jobs: Vec<Job> = files
        .into_iter()
        .flat_map(|file| ["true", "chmod g+w /etc/postfix/dynamicmaps.cf"].map(|spoil| (file, spoil)))
        .map(|((title, first, second), spoil)| Job {
            title: format!("{title} {spoil}"),
            files: vec![
                ("main.cf".to_owned(), main_cf.clone()),
                ("dynamicmaps.cf".to_owned(), first.as_bytes().to_vec()),
                ("dynamicmaps.cf.d/more".to_owned(), second.as_bytes().to_vec()),
            ],
            commands: vec![vec!["bash".to_owned(), "-c".to_owned(), format!("{spoil}; {script}")]],
            edits: false,
        })
        .collect();
    batch::assert_same(&pair, &jobs);
}

#[test]
fn parameter_names() {
    let words = [
        "relayhost=x",
        "relayhost = x y ",
        "relayhost=",
        "=x",
        "x",
        "",
        " ",
        "#x=y",
        "  #x=y",
        "x y=z",
        "x\ty = z",
        "relayhost=a\nb",
        "x=\n",
        "\n",
        "  relayhost=x",
        "mydomain",
        "relayhost",
        "mine",
        "nosuch",
        "unused_one",
        "x-y=1",
        "é=ü",
        "x$y=1",
        "x{=1",
        "process_id=4",
        "config_directory=/x",
        "{=}",
        "x==y",
        "\"x=y\"",
        "x = # y",
        "smtpd_restriction_classes",
        "mysvc_destination_rate_delay",
        "mysvc_time_limit",
        "stress",
        "service_name",
        "process_name",
        "*",
        "my*",
        "permit",
        "cls",
        "foo_user",
    ];
    let options = [
        "",
        "-n",
        "-d",
        "-x",
        "-h",
        "-H",
        "-j",
        "-f",
        "-e",
        "-X",
        "-#",
        "-p",
        "-dx",
        "-nx",
        "-nH",
        "-C user",
        "-q",
        "-o mydomain=over",
        "-xj",
        "-fx",
    ];
    let mut commands = Vec::new();
    for word in words {
        commands.extend(options.map(|options| postconf(options, &[word])));
        commands.push(postconf("-o", &[word, word]));
    }
    compare("postconf/options/names", commands);
}

#[test]
fn whole_command_lines() {
    let lines = [
        "relayhost=a relayhost=b",
        "relayhost=a relayhost=a",
        "relayhost=a x",
        "x relayhost=a",
        "-X relayhost relayhost",
        "-X relayhost nosuch",
        "-# relayhost a=b",
        "-e relayhost=a b",
        "b=1 a=2 c=3 relayhost=7",
        "-# mydestination relayhost cls",
        "relayhost mydomain nosuch relayhost",
        "-C builtin",
        "-C service",
        "-C builtin,user",
        "-C USER",
        "-C all",
        "-C x",
        "-C user,x",
        "-C user -n",
        "-C service -d",
        "-C user -C builtin",
        "-T run-version -T x",
        "-T",
        "-c",
        "-C",
        "-o",
        "-o x",
        "-o =x",
        "-o x=",
        "-c /nosuch",
        "-c / -d",
        "-- -n",
        "mydomain -h",
        "-h -- mydomain",
        "--help",
        "-nfhx mine",
        "-fh mine",
        "-fH mine",
        "-PPf mysvc/unix/mydestination",
        "-Pfh",
        "-fj",
        "-Mfj",
        "-?",
        "-w",
        "-i",
        "-",
        "- x",
        "-b a b",
        "-t a b",
        "-bt",
        "-bb",
        "-tb",
        "-W",
        "-qX relayhost",
        "-Fjx",
        "-PPjx",
        "-PPe a/b/c=d",
        "-PPX a/b/c",
        "-MT x",
        "-pe relayhost=7",
    ];
    compare("postconf/options/lines", lines.map(|line| postconf(line, &[])).to_vec());
}

/// Standard streams that are closed, full, cut off or read by nobody, and in which order what is said comes to one.
#[test]
fn broken_streams() {
    let lines = [
        "postconf @ 2>&1",
        "postconf @ >/dev/full",
        "postconf @ 2>/dev/full",
        "postconf @ >&-",
        "postconf @ 2>&-",
        "postconf @ <&-",
        "postconf @ >&- 2>&-",
        "postconf @ <&- >&- 2>&-",
        "postconf @ >/dev/full 2>&1",
        "postconf @ 2>&1 | cat",
        "exec 9> >(true); wait $!; postconf @ >&9 9>&-; echo $?",
        "exec 9> >(true); wait $!; trap '' PIPE; postconf @ >&9 9>&-; echo $?",
    ];
    let options = [
        "-n",
        "-d",
        "-M",
        "-Mj",
        "-F",
        "-P",
        "-l",
        "mydomain nosuch relayhost nosuch2 mine",
        "-M nosuch smtp zz/unix",
        "-Z",
        "-T nosuch",
        "-P nosuch/unix/a=b",
    ];
    let shell = |line: String| vec!["bash".to_owned(), "-c".to_owned(), line];
    let lines =
        lines.iter().flat_map(|line| options.map(|options| shell(line.replace('@', options)))).collect();
    compare("postconf/options/streams", lines);
}

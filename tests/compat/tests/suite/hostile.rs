//! Input that nobody should send, and files that nobody should write: servers that never end a reply, bytes that are no
//! SMTP, forward files with half a quotation, an entry of master.cf with half its braces.

use crate::site::{self, INSIDER};
use compat::normalise::{self, Normaliser};
use compat::smtp::Client;
use compat::{Pair, Transcript};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// What a server answers to a command, given as its verb; the empty one is for the greeting.
type Answer = fn(verb: &str) -> Option<Vec<u8>>;

/// Servers by port. Where they have no answer of their own, they agree. What comes after input has been disabled is read
/// only if it is there in time, so what becomes of mail to the first is left to chance.
const SERVERS: &[(u16, Answer)] = &[
    (3001, |verb| verb.is_empty().then(|| [b"220 ".as_slice(), &[b'x'; 4092]].concat())),
    (3002, |verb| verb.is_empty().then(|| [b"220 ".as_slice(), &[b'x'; 3000], b"\r\n"].concat())),
    (3003, |verb| {
        (verb == "EHLO").then(|| {
            [[b"250-A".repeat(100), b"\r\n".to_vec()].concat().repeat(30), b"250 x\r\n".to_vec()].concat()
        })
    }),
    (3004, |verb| (verb == "RCPT").then(|| [b"550 ".as_slice(), &[b'y'; 3000], b"\r\n"].concat())),
    (3005, |verb| {
        (verb == "DATA").then(|| {
            [[b"554-".as_slice(), &[b'z'; 60], b"\r\n"].concat().repeat(1_000_000), Vec::new()].concat()
        })
    }),
    (3006, |verb| (verb == "MAIL").then(|| b"nonsense\r\n\0\x01\xff\r\n250 ok\r\n".to_vec())),
];

fn serve(listener: TcpListener, answer: Answer) {
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that hangs up is as good as one that says QUIT.
            let _ = converse(stream, answer);
        }
    });
}

fn converse(mut stream: TcpStream, answer: Answer) -> std::io::Result<()> {
    stream.write_all(&answer("").unwrap_or_else(|| b"220 there ESMTP\r\n".to_vec()))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = Vec::new();
    let mut in_content = false;
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned();
        let verb = text.split_whitespace().next().unwrap_or_default();
        if in_content && verb != "." {
            continue;
        }
        in_content = false;
        if let Some(reply) = answer(verb) {
            stream.write_all(&reply)?;
            if verb == "DATA" {
                return Ok(());
            }
            continue;
        }
        let reply: &[u8] = match verb {
            "DATA" => b"354 go on\r\n",
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => b"250 ok\r\n",
        };
        in_content = verb == "DATA";
        stream.write_all(reply)?;
    }
    Ok(())
}

#[test]
fn servers_without_end() {
    let pair = Pair::new("hostile/servers").both(site::site).main_cf(
        "transport_maps = inline:{p3001.example=smtp:[127.0.0.2]:3001, p3002.example=smtp:[127.0.0.2]:3002,\
         p3003.example=smtp:[127.0.0.2]:3003, p3004.example=smtp:[127.0.0.2]:3004,\
         p3005.example=smtp:[127.0.0.2]:3005, p3006.example=smtp:[127.0.0.2]:3006}\nnotify_classes =\n",
    );
    pair.build().assert_same(|host| {
        let _sink = site::start(host);
        let mut transcript = Transcript::new();
        for (count, (port, answer)) in SERVERS.iter().enumerate() {
            serve(host.listen("127.0.0.2", *port), *answer);
            let recipient = format!("a@p{port}.example");
            host.run_with_input(["sendmail", "-f", "alice@example.com", &recipient], b"Subject: x\n\nHello.\n");
            host.wait_for_log(".example>, relay=", count + 1);
        }
        let script = "for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" != smtp ] || \
                      awk '/VmHWM/ { print ($2 < 200000) ? \"little\" : \"much\" }' $p/status; done | sort -u";
        transcript.text("memory", "of smtp", &String::from_utf8_lossy(&host.must(["sh", "-c", script])));
        host.stop_mail();
        let log: String = host
            .log()
            .lines()
            .filter(|line| line.contains("/smtp[") && !line.contains("to=<a@p3001.example>"))
            .map(|line| format!("{}\n", without_cut_tail(line)))
            .collect();
        transcript.unordered("log", "smtp", &normalise::apply(Normaliser::ALL, &log));
        transcript
    });
}

/// A log line that was cut, with the length of its text in the place of the repeated letter at its end: how many of these
/// are left depends on how many digits its delays have.
fn without_cut_tail(line: &str) -> String {
    const LONGEST: usize = 2000;
    match line.split_once("]: ") {
        Some((_, text)) if text.len() >= LONGEST => {
            format!("{}... {} bytes", line.trim_end_matches('y'), text.len())
        }
        _ => line.to_owned(),
    }
}

/// Each is the whole of alice's forward file.
const FORWARD_FILES: &[&str] = &[
    "\"\n",
    "\"bob\n",
    "\"|cat >/dev/null\n",
    "bob, \"\n",
    "\\\n",
    "bob\\\n",
    "[bob\n",
    "bob\nbob+x\n\"\n",
    "\"/tmp/x\n",
    "<bob\n",
    "(bob\n",
    "bob (x\n",
    "\"\\\n",
    "\"bob\r\n",
    "bob",
    "\"bob",
    ":include:/tmp/half\n",
];

#[test]
fn forward_files() {
    let pair = Pair::new("hostile/forward-files")
        .both(site::site)
        .main_cf("recipient_delimiter = +\nforward_path = /home/alice/.forward\n")
        .file("/home/alice/.forward", "")
        .file("/tmp/half", "bob \"\n");
    pair.build().assert_same(|host| {
        let _sink = site::start(host);
        host.must(["chown", "alice:alice", "/home/alice/.forward"]);
        let mut transcript = Transcript::new();
        for text in FORWARD_FILES {
            let log_before = host.log().len();
            host.write("/home/alice/.forward", text);
            host.run_with_input(["sendmail", "-f", "", "alice"], b"Subject: x\n\nHello.\n");
            host.settle();
            transcript.unordered("log", text, &normalise::apply(Normaliser::ALL, &host.log()[log_before..]));
        }
        host.stop_mail();
        transcript
    });
}

#[test]
fn bytes_that_are_no_smtp() {
    let pair = Pair::new("hostile/bytes").both(site::site);
    pair.build().assert_same(|host| {
        let _sink = site::start(host);
        for line in
            [&b"Foo: b\0ar\r\n"[..], b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03aa\n", b"GET /\0 HTTP/1.0\r\n"]
        {
            let mut client = Client::connect_from(host, INSIDER, 25);
            client.send(line);
            client.reply();
        }
        for piece in [&b"foo\r\nbar"[..], b"foo\r\n", b"foo"] {
            let mut client = Client::connect_from(host, INSIDER, 25);
            for command in ["EHLO x", "MAIL FROM:<alice@example.com>", "RCPT TO:<bob@example.com>", "DATA"] {
                client.say(command);
            }
            client.send(piece);
        }
        host.wait_for_log("disconnect from", 7);
        host.stop_mail();
        let mut transcript = Transcript::new();
        transcript.unordered("log", "all", &normalise::apply(Normaliser::ALL, &host.log()));
        transcript
    });
}

/// The warnings come once for each time that a command reads the file; how often is no matter.
#[test]
fn half_the_braces() {
    let pair = Pair::new("hostile/braces").both(site::site).build();
    let script = "echo 'x unix n - y - - smtpd { -o x = y' >> /etc/postfix/master.cf; \
                  postfix check > /tmp/out 2>&1; echo $?; uniq /tmp/out";
    pair.run(["sh", "-c", script]).assert_same();
}

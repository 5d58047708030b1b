//! tcp, socketmap and memcache tables: servers that answer as they should, and servers that do not.

use crate::servers_batch::Batch;
use compat::backing::{Server, relay_port, relay_socket};
use compat::{Host, Pair, Transcript};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// What a server of odd habits does with a request.
enum Answer {
    Say(Vec<u8>),
    /// Says this and hangs up.
    Last(Vec<u8>),
}

fn say(text: impl AsRef<[u8]>) -> Answer {
    Answer::Say(text.as_ref().to_vec())
}

/// Answers requests on a port of a host, each read by the first function, until the client hangs up.
fn listen<R>(
    host: &Host,
    port: u16,
    read: impl Fn(&mut BufReader<TcpStream>) -> io::Result<R> + Send + Copy + 'static,
    answer: impl Fn(R) -> Answer + Send + Copy + 'static,
) {
    let listener = host.listen("127.0.0.1", port);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                while let Ok(request) = read(&mut reader) {
                    let (text, last) = match answer(request) {
                        Answer::Say(text) => (text, false),
                        Answer::Last(text) => (text, true),
                    };
                    if reader.get_mut().write_all(&text).is_err() || last {
                        break;
                    }
                }
            });
        }
    });
}

fn line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    match reader.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

fn tcp_answer(request: String) -> Answer {
    let key = request.strip_prefix("get ").unwrap_or_default();
    let long = |count: usize| format!("200 {}\n", "a".repeat(count));
    match key {
        "bad" => say("xyz \u{e9} \x01 ?\n"),
        "short" => say("200\n"),
        "hex" => say("200 a%zz\n"),
        "three" => say("300 abc\n"),
        "soft" => say("400 later\n"),
        "missing" => say("500 no\n"),
        "null" => say("200 a%00b\n"),
        "longest" => say(long(4091)),
        "tab" => say("200\tx y z\n"),
        "empty" => say("200 \n"),
        "binary" => say("200 a%20%25%0A%ffz\n"),
        "utf8" => say("200 caf%c3%a9\n"),
        "crlf" => say("200 abc\r\n"),
        _ => say(format!("200 {key}\n")),
    }
}

#[test]
fn tcp() {
    let pair = Pair::new("servers-light/tcp").main_cf("smtputf8_enable = yes").build();
    for host in pair.hosts() {
        listen(host, 2000, line, tcp_answer);
    }
    let keys = [
        "a", "Ä b%", "A", "bad", "short", "hex", "three", "soft", "missing", "null", "longest", "tab",
        "empty", "binary", "utf8", "crlf",
    ];
    ask_all(&pair, "tcp:127.0.0.1:2000", &keys);
    for name in ["a:b:c", "1x", "127.0.0.1:", "[::1", "[::1]x"] {
        pair.run(["postmap", "-q", "x", &format!("tcp:{name}")]).assert_same();
    }
    other_requests(&pair, "tcp:127.0.0.1:2000");
    pair.run_with_input(["postmap", "-q", "-", "tcp:127.0.0.1:2000"], b"a\nA b\nmissing\nsoft\nz\n")
        .assert_same();
}

/// Asks for keys, all at once.
fn ask_all(pair: &Pair, table: &str, keys: &[&str]) {
    let mut script = String::from(
        "ask() { postmap -q \"$2\" \"$3\" >/tmp/$1 2>&1 </dev/null; echo \"status $?\" >>/tmp/$1; }\n",
    );
    for (at, key) in keys.iter().enumerate() {
        script += &format!("ask {at} '{key}' '{table}' &\n");
    }
    script +=
        &format!("wait; for at in $(seq 0 {}); do echo \"key $at\"; cat /tmp/$at; done", keys.len() - 1);
    pair.run(["bash", "-c", &script]).assert_same();
}

fn other_requests(pair: &Pair, table: &str) {
    for request in [&["-d", "x"][..], &["-s"], &["-i"], &[]] {
        let argv: Vec<&str> = [&["postmap"], request, &[table]].concat();
        pair.run(argv).assert_same();
    }
}

/// The text of a netstring.
fn netstring(reader: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut length = Vec::new();
    reader.read_until(b':', &mut length)?;
    let length = std::str::from_utf8(&length).ok().and_then(|text| text.strip_suffix(':')?.parse().ok());
    let mut text = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
    reader.read_exact(&mut text)?;
    reader.read_exact(&mut [0])?;
    Ok(text)
}

fn socketmap_answer(request: Vec<u8>) -> Answer {
    let request = String::from_utf8_lossy(&request).into_owned();
    let (map, key) = request.split_once(' ').unwrap_or_default();
    let encode = |text: &str| say(format!("{}:{text},", text.len()));
    match key {
        "gone" => Answer::Last(Vec::new()),
        "half" => Answer::Last(b"10:abc".to_vec()),
        "missing" => encode("NOTFOUND "),
        "bare" => encode("NOTFOUND"),
        "temp" => encode("TEMP try \x01 later"),
        "timeout" => encode("TIMEOUT "),
        "perm" => encode("PERM  no way"),
        "unknown" => encode("WHAT ever"),
        "empty" => encode("OK "),
        "nothing" => encode("OK"),
        "format" => say("x:abc"),
        "comma" => say("3:abcd"),
        "limit" => encode(&format!("OK {}", "a".repeat(99_997))),
        "beyond" => encode(&format!("OK {}", "a".repeat(99_998))),
        "huge" => say("99999999999999999999999:"),
        "zero" => say("0:,"),
        "leading" => say("007:OK abcd,"),
        _ => encode(&format!("OK {map}={key}")),
    }
}

#[test]
fn socketmap() {
    let pair = Pair::new("servers-light/socketmap").build();
    for host in pair.hosts() {
        listen(host, 2001, netstring, socketmap_answer);
    }
    let keys = [
        "a", "Ä b%", "A", "gone", "half", "missing", "bare", "temp", "timeout", "perm", "unknown", "empty",
        "nothing", "format", "comma", "limit", "beyond", "huge", "zero", "leading",
    ];
    ask_all(&pair, "socketmap:inet:127.0.0.1:2001:map", &keys);
    for name in
        ["x", "inet:127.0.0.1:n", "inet:127.0.0.1:1:n", "unix:/nosuch:n", "foo:bar:n", "inet::n", ":n"]
    {
        pair.run(["postmap", "-q", "x", &format!("socketmap:{name}")]).assert_same();
    }
    other_requests(&pair, "socketmap:inet:127.0.0.1:2001:map");
    let table = "socketmap:inet:127.0.0.1:2001:map";
    pair.run_with_input(["postmap", "-q", "-", table], b"a\nA b\nmissing\nperm\nz\n").assert_same();
    pair.run(["postmap", "-o", "socketmap_max_reply_size=10", "-q", "aaaa", table]).assert_same();
    pair.run(["postconf", "-e", "socketmap_max_reply_size=10"]).assert_same();
    for key in ["aaa", "aaaa"] {
        pair.run(["postmap", "-q", key, table]).assert_same();
    }
}

fn memcache_answer(request: String) -> Answer {
    let words: Vec<&str> = request.split(' ').collect();
    let key = words.get(1).copied().unwrap_or_default();
    match (words.first().copied().unwrap_or_default(), key) {
        ("get", "slow") => say(""),
        ("get", "gone") => Answer::Last(Vec::new()),
        ("get", "error") => say("ERROR\r\n"),
        ("get", "long") => say("VALUE long 0 20000\r\n"),
        ("get", "negative") => say("VALUE negative 0 -1\r\n"),
        ("get", "missing") => say("END\r\n"),
        ("get", "newline") => say("END\n"),
        ("get", "noend") => say("VALUE noend 0 3\r\nabc\r\nFOO\r\n"),
        ("get", "cut") => Answer::Last(b"VALUE cut 0 5\r\nabc".to_vec()),
        ("get", "wrong") => say("VALUE wrong 0 3\r\nabcde\r\nEND\r\n"),
        ("get", "line") => say("x".repeat(1100) + "\r\n"),
        ("get", "zero") => say("VALUE zero 0 0\r\n\r\nEND\r\n"),
        ("get", _) => say(format!("VALUE {key} 0 {}\r\n{key}\r\nEND\r\n", key.len())),
        ("delete", "missing") => say("NOT_FOUND\r\n"),
        ("delete", "error") => say("CLIENT_ERROR a text that is longer than what is shown of it\r\n"),
        ("delete", _) => say("DELETED\r\n"),
        _ => say("ERROR\r\n"),
    }
}

#[test]
fn memcache_with_odd_answers() {
    let odd = "memcache = inet:127.0.0.1:2002\n";
    let of = |rest: &str| format!("{odd}{rest}\n");
    let batch = Batch::new("memcache")
        .table(
            odd,
            &[
                "a", "slow", "gone", "error", "long", "negative", "missing", "newline", "noend", "cut",
                "wrong", "line", "zero", "a b", "",
            ],
        )
        .table(
            of("domain = example.com, x.org\nkey_format = p:%u/%d"),
            &["a@b", "a", "a@example.com", "@example.com", "a@b@x.org", "A@X.org"],
        )
        .table(of("key_digest = sha256"), &["a"])
        .table(of("key_digest = md5\nttl = 5\nflags = 3"), &["a"])
        .table(of("max_try = 1"), &["error"])
        .table(of("key_format ="), &["a"])
        .table(of("data_size_limit = 3"), &["abc", "abcd"])
        .table(of("line_size_limit = 14"), &["a", "abc"])
        .table(of("backup = lmdb:/nosuch"), &["a"])
        .table(of("domain = /nosuch"), &["a@b"])
        .table("memcache = foo:/m\n", &["a"])
        .table("memcache = unix:/nosuch\n", &["a"])
        .table("memcache = unix:/nosuch\nbackup = texthash:/backup\n", &["q", "r"])
        .table(of("max_try = x"), &["a"])
        .table(of("line_size_limit = 0"), &["a"])
        .table("memcache\n", &["a"])
        .table(of("key_format = %x"), &["a"]);
    let pair = Pair::new("servers-light/memcache-odd").file("/backup", "q r\n").file("/m.cf", odd);
    let pair =
        batch.files(pair.main_cf("old_memcache = inet:127.0.0.1:2002\nold_key_format = L%s\n")).build();
    for host in pair.hosts() {
        listen(host, 2002, line, memcache_answer);
    }
    batch.assert_same(&pair);
    for key in ["a", "missing", "error"] {
        pair.run(["postmap", "-d", key, "memcache:/m.cf"]).assert_same();
    }
    pair.run(["postmap", "-q", "a", "memcache:old"]).assert_same();
    pair.run(["postmap", "-s", "memcache:/m.cf"]).assert_same();
    pair.run(["postmap", "memcache:/m.cf"]).assert_same();
}

/// The digests that OpenSSL has, by all their names, and some that it has not: the server gives each key back.
#[test]
fn memcache_digests() {
    let names = "MD5 ssl3-md5 1.2.840.113549.2.5 md5-sha1 sha-1 ssl3-sha1 1.3.14.3.2.26 sha2-224 2.16.840.1.101.3.4.2.4 \
        sha-256 2.16.840.1.101.3.4.2.1 sha256-192 sha2-256/192 sha2-384 sha-512 sha-512/224 sha512-224 sha2-512/256 \
        2.16.840.1.101.3.4.2.6 sha3-224 sha3-256 2.16.840.1.101.3.4.2.8 SHA3-384 sha3-512 keccak-224 keccak-256 \
        keccak-384 keccak-512 blake2b512 blake2b-512 1.3.6.1.4.1.1722.12.2.1.16 blake2s256 BLAKE2S-256 ripemd rmd160 \
        ripemd-160 1.3.36.3.2.1 sm3 1.2.156.10197.1.401 null shake128 shake-256 2.16.840.1.101.3.4.2.11 \
        md4 whirlpool mdc2 md2 sha sha2 RSA-SHA1 blake2b-256 cshake-128 undef";
    let keys = ["a", "caf\u{e9}"];
    let batch = names.split_whitespace().fold(Batch::new("memcache"), |batch, name| {
        batch.table(format!("memcache = inet:127.0.0.1:2002\nmax_try = 1\nkey_digest = {name}\n"), &keys)
    });
    let pair = batch.files(Pair::new("servers-light/digests")).build();
    for host in pair.hosts() {
        listen(host, 2002, line, memcache_answer);
    }
    batch.assert_same(&pair);
}

#[test]
fn memcache_with_a_table_behind() {
    let parameters = "memcache = unix:/mc\nbackup = lmdb:/backup\ndata_size_limit = 20\n";
    let pair = Pair::new("servers-light/memcache")
        .file("/backup", "a b\nlong a_value_of_more_than_twenty_bytes\n")
        .file("/m.cf", parameters)
        .file("/alone.cf", "memcache = unix:/mc\n")
        .file("/digest.cf", "memcache = unix:/mc\nkey_digest = sha1\nkey_format = x:%s\n")
        .build();
    let servers = [Server::memcached(), Server::memcached()];
    for (host, server) in pair.hosts().into_iter().zip(&servers) {
        relay_socket(host, "/mc", &server.socket());
        relay_port(host, 11211, &server.socket());
    }
    pair.run(["postmap", "lmdb:/backup"]).assert_same();
    for key in ["a", "long", "nokey"] {
        pair.run(["postmap", "-q", key, "memcache:/alone.cf"]).assert_same();
        pair.run(["postmap", "-q", key, "memcache:/m.cf"]).assert_same();
        pair.run(["postmap", "-q", key, "memcache:/alone.cf"]).assert_same();
    }
    pair.run_with_input(
        ["postmap", "-i", "memcache:/m.cf"],
        b"new entry\nfar one_more_value_of_many_bytes\n",
    )
    .assert_same();
    pair.run(["postmap", "-s", "memcache:/m.cf"]).assert_same();
    pair.run(["postmap", "-d", "new", "memcache:/m.cf"]).assert_same();
    pair.run(["postmap", "-d", "new", "memcache:/m.cf"]).assert_same();
    pair.run_with_input(["postmap", "-i", "memcache:/digest.cf"], b"k v\n").assert_same();
    pair.run_with_input(["postmap", "-q", "-", "memcache:/digest.cf"], b"k\nl\n").assert_same();
    pair.assert_same(stored);
}

/// What the server has under the keys that were used, as it says itself.
fn stored(host: &Host) -> Transcript {
    let mut transcript = Transcript::new();
    let mut stream = BufReader::new(host.connect(11211).expect("memcached"));
    // The digest is that of `x:k`.
    let request = b"get a long new far x:k d457523c80a5aac8f171f08e8588501f75e813f6\r\nversion\r\n";
    stream.get_mut().write_all(request).expect("ask memcached");
    let mut text = String::new();
    while let Ok(answer) = line(&mut stream) {
        if answer.starts_with("VERSION") {
            break;
        }
        text += &format!("{answer}\n");
    }
    transcript.text("stored", "keys and values", &text);
    transcript
}

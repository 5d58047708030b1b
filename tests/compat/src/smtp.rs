//! SMTP peers of a host: a client that writes a dialogue down, and a server that takes mail and answers by rules.

use crate::host::Host;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A client that sends lines and writes down what came back.
pub struct Client {
    reader: BufReader<TcpStream>,
    /// The dialogue so far: `C: ` and `S: ` lines.
    pub dialogue: String,
}

impl Client {
    /// Connects from 127.0.0.1 and reads the greeting.
    pub fn connect(host: &Host, port: u16) -> Client {
        Client::connect_from(host, "127.0.0.1", port)
    }

    /// Connects from an address of the loopback network and reads the greeting.
    pub fn connect_from(host: &Host, address: &str, port: u16) -> Client {
        Client::try_connect_from(host, address, port).expect("connect to the SMTP server")
    }

    /// As [`Client::connect_from`], where the server may be away.
    pub fn try_connect_from(host: &Host, address: &str, port: u16) -> Option<Client> {
        let stream = host.connect_from(address, port).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a time limit");
        let mut client = Client { reader: BufReader::new(stream), dialogue: String::new() };
        client.reply();
        Some(client)
    }

    /// Sends a line and gives the whole reply.
    pub fn say(&mut self, line: &str) -> String {
        self.dialogue += &format!("C: {line}\n");
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// Sends bytes as they are and reads nothing.
    pub fn send(&mut self, bytes: &[u8]) {
        // The server may have hung up; the next reply shows it.
        let _ = self.reader.get_mut().write_all(bytes);
    }

    /// Sends a message's content with dots stuffed, then the final dot, and gives the reply.
    pub fn content(&mut self, content: &[u8]) -> String {
        let mut wire = Vec::with_capacity(content.len() + 64);
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if line.first() == Some(&b'.') {
                wire.push(b'.');
            }
            wire.extend_from_slice(line);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b".\r\n");
        self.dialogue += "C: (content)\n";
        self.send(&wire);
        self.reply()
    }

    /// Reads one reply, all its lines.
    pub fn reply(&mut self) -> String {
        let mut whole = String::new();
        loop {
            let mut line = Vec::new();
            match self.reader.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => {
                    whole += "(closed)\n";
                    break;
                }
                Ok(_) => {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    let more = line.as_bytes().get(3) == Some(&b'-');
                    whole += &line.replace("\r\n", "\n");
                    if !more {
                        break;
                    }
                }
            }
        }
        for line in whole.lines() {
            self.dialogue += &format!("S: {line}\n");
        }
        whole
    }

    /// Sends one message in a transaction of its own; true if it was taken.
    pub fn deliver(&mut self, sender: &str, recipients: &[&str], content: &[u8]) -> bool {
        self.deliver_with(&format!("MAIL FROM:<{sender}>"), recipients, content)
    }

    /// As [`Client::deliver`], with the whole MAIL command.
    pub fn deliver_with(&mut self, mail: &str, recipients: &[&str], content: &[u8]) -> bool {
        let mut accepted = false;
        if self.say(mail).starts_with("250") {
            for recipient in recipients {
                accepted |= self.say(&format!("RCPT TO:<{recipient}>")).starts_with("25");
            }
            if accepted && self.say("DATA").starts_with("354") {
                return self.content(content).starts_with("250");
            }
        }
        self.say("RSET");
        false
    }
}

/// A message that a [`Sink`] took.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The commands of the transaction, MAIL first.
    pub envelope: Vec<String>,
    /// The content with dots unstuffed, lines ending in LF.
    pub content: String,
}

/// How a [`Sink`] answers: the command line in, the reply out, or `None` for the ordinary one.
pub type Rule = fn(&str) -> Option<&'static str>;

/// An SMTP server inside a host, for mail that is relayed.
#[derive(Clone)]
pub struct Sink {
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Sink {
    /// Listens on an address and port of the host, until the host ends.
    pub fn start(host: &Host, address: &str, port: u16, rule: Rule) -> Sink {
        let listener = host.listen(address, port);
        let sink = Sink { taken: Arc::default() };
        let shared = sink.clone();
        std::thread::spawn(move || shared.accept(&listener, rule));
        sink
    }

    /// How many messages were taken so far.
    pub fn count(&self) -> usize {
        self.taken.lock().expect("no thread panicked").len()
    }

    /// What was taken after the first `count` messages, sorted by envelope.
    pub fn taken_after(&self, count: usize) -> Vec<Taken> {
        let mut taken = self.taken.lock().expect("no thread panicked")[count..].to_vec();
        taken.sort_by(|a, b| (&a.envelope, &a.content).cmp(&(&b.envelope, &b.content)));
        taken
    }

    fn accept(&self, listener: &TcpListener, rule: Rule) {
        for stream in listener.incoming().flatten() {
            let sink = self.clone();
            std::thread::spawn(move || sink.serve(stream, rule));
        }
    }

    fn serve(&self, stream: TcpStream, rule: Rule) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let mut envelope = Vec::new();
        answer(&mut reader, rule("CONNECT").unwrap_or("220 sink.example.net ESMTP"))?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            let verb = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
            if matches!(verb.as_str(), "MAIL" | "RCPT") {
                envelope.push(line.clone());
            }
            let ordinary = match verb.as_str() {
                "EHLO" | "LHLO" => {
                    "250-sink.example.net\r\n250-PIPELINING\r\n250-SIZE 20480000\r\n250-ENHANCEDSTATUSCODES\r\n\
                     250-8BITMIME\r\n250 DSN"
                }
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                "RSET" => {
                    envelope.clear();
                    "250 2.0.0 Ok"
                }
                _ => "250 2.0.0 Ok",
            };
            let reply = rule(&line).unwrap_or(ordinary);
            answer(&mut reader, reply)?;
            if verb == "RCPT" && !reply.starts_with('2') {
                envelope.pop();
            }
            if verb == "DATA" && reply.starts_with('3') {
                let content = read_content(&mut reader)?;
                answer(&mut reader, rule(".").unwrap_or("250 2.0.0 Ok: queued as SINK"))?;
                let envelope = std::mem::take(&mut envelope);
                self.taken.lock().ok()?.push(Taken { envelope, content });
            }
            if verb == "QUIT" || reply.starts_with("421") {
                return None;
            }
        }
    }
}

fn answer(reader: &mut BufReader<TcpStream>, reply: &str) -> Option<()> {
    reader.get_mut().write_all(format!("{reply}\r\n").as_bytes()).ok()
}

fn read_content(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut content = String::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        if line == b".\r\n" {
            return Some(content);
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        content += &String::from_utf8_lossy(line).replace("\r\n", "\n");
    }
}

//! A small DNS server inside a host, so that MX and address look-ups have fixed answers. It speaks UDP only and as
//! much of RFC 1035 as a stub resolver asks.

use crate::host::Host;
use std::collections::HashMap;
use std::net::{Ipv4Addr, UdpSocket};

/// One record's data.
#[derive(Clone, Debug)]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// A mail exchanger with its preference.
    Mx(u16, &'static str),
    /// An alias.
    Cname(&'static str),
    /// A host's name, for reverse look-ups.
    Ptr(&'static str),
    /// Text.
    Txt(&'static str),
}

impl Data {
    fn number(&self) -> u16 {
        match self {
            Data::A(_) => 1,
            Data::Cname(_) => 5,
            Data::Ptr(_) => 12,
            Data::Mx(..) => 15,
            Data::Txt(_) => 16,
        }
    }

    fn wire(&self) -> Vec<u8> {
        match self {
            Data::A(address) => address.octets().to_vec(),
            Data::Mx(preference, name) => [&preference.to_be_bytes()[..], &wire_name(name)].concat(),
            Data::Cname(name) | Data::Ptr(name) => wire_name(name),
            Data::Txt(text) => {
                let length = u8::try_from(text.len()).expect("a short text");
                [&[length], text.as_bytes()].concat()
            }
        }
    }
}

/// Names in lower case without a final dot, with their records. A name that is not there does not exist; a name in
/// `broken.` gets a server failure.
pub type Zone = Vec<(&'static str, Data)>;

/// Answers on 127.0.0.1:53 until the host ends, and points the host's resolver there.
pub fn serve(host: &Host, zone: Zone) {
    host.write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:20 attempts:2\n");
    host.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n");
    let socket = host.udp(53);
    let mut records: HashMap<&'static str, Vec<Data>> = HashMap::new();
    for (name, data) in zone {
        records.entry(name).or_default().push(data);
    }
    std::thread::spawn(move || answer_all(&socket, &records));
}

fn answer_all(socket: &UdpSocket, records: &HashMap<&'static str, Vec<Data>>) {
    let mut query = [0; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut query) {
        if let Some(reply) = answer(&query[..length], records) {
            let _ = socket.send_to(&reply, from);
        }
    }
}

fn answer(query: &[u8], records: &HashMap<&'static str, Vec<Data>>) -> Option<Vec<u8>> {
    let (name, end) = read_name(query, 12)?;
    let question = query.get(12..end + 4)?;
    let wanted = u16::from_be_bytes([*query.get(end)?, *query.get(end + 1)?]);
    let found = records.get(name.as_str());
    let answers: Vec<&Data> =
        found.into_iter().flatten().filter(|data| data.number() == wanted || data.number() == 5).collect();
    let code = if name.ends_with("broken") {
        2
    } else if found.is_none() && !records.keys().any(|known| known.ends_with(&format!(".{name}"))) {
        3
    } else {
        0
    };
    let mut reply = query.get(..2)?.to_vec();
    reply.extend_from_slice(&[0x85, 0x80 | code, 0, 1]);
    reply.extend_from_slice(&u16::try_from(answers.len()).ok()?.to_be_bytes());
    reply.extend_from_slice(&[0, 0, 0, 0]);
    reply.extend_from_slice(question);
    for data in answers {
        let wire = data.wire();
        reply.extend_from_slice(&[0xc0, 12]);
        reply.extend_from_slice(&data.number().to_be_bytes());
        reply.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        reply.extend_from_slice(&u16::try_from(wire.len()).ok()?.to_be_bytes());
        reply.extend_from_slice(&wire);
    }
    Some(reply)
}

/// A name at an offset (without compression, as in a question), and the offset behind it.
fn read_name(packet: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*packet.get(at)?);
        let label = packet.get(at + 1..at + 1 + length)?;
        at += 1 + length;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
    }
}

fn wire_name(name: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        wire.push(u8::try_from(label.len()).expect("a short label"));
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    wire
}

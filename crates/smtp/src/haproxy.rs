//! The PROXY protocol that load balancers put in front of a session, versions 1 (a text line) and 2 (binary):
//! <https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt>.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// No header is longer, as far as mail servers look.
pub const MAX_LENGTH: usize = 536;

/// What version 2 starts with.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The length of version 2's fixed part.
const FIXED_LENGTH: usize = 16;

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The client's and the server's end of the connection; none if the balancer speaks for itself.
    pub ends: Option<(SocketAddr, SocketAddr)>,
    /// How many bytes the header takes.
    pub length: usize,
}

/// Takes the header at the start of `input` apart. `has_v4` and `has_v6` say which address families are in use. An
/// error is the text for the log.
pub fn parse(input: &[u8], has_v4: bool, has_v6: bool) -> Result<Header, &'static str> {
    if input.starts_with(b"PROXY ") {
        parse_text(input, has_v4, has_v6)
    } else {
        parse_binary(input, has_v4, has_v6)
    }
}

fn parse_text(input: &[u8], has_v4: bool, has_v6: bool) -> Result<Header, &'static str> {
    let end = memchr::memchr(b'\n', input).ok_or("missing protocol header terminator")?;
    let line = input.get(..end).unwrap_or_default();
    let mut words = line
        .split(|byte| matches!(byte, b' ' | b'\r'))
        .filter(|word| !word.is_empty())
        .map(|word| std::str::from_utf8(word).unwrap_or_default());
    words.next();
    let wants_v6 = match words.next() {
        Some(word) if word.eq_ignore_ascii_case("TCP4") && has_v4 => false,
        Some(word) if word.eq_ignore_ascii_case("TCP6") && has_v6 => true,
        _ => return Err("bad or missing protocol type"),
    };
    let address = |word: Option<&str>| {
        let ip: IpAddr = word?.parse().ok()?;
        (ip.is_ipv6() == wants_v6).then(|| ip.to_canonical())
    };
    let port =
        |word: Option<&str>| word.filter(|word| *word == "0" || !word.starts_with(['0', '+']))?.parse().ok();
    let client = address(words.next()).ok_or("bad or missing client address")?;
    let server = address(words.next()).ok_or("bad or missing server address")?;
    let client_port = port(words.next()).ok_or("bad or missing client port")?;
    let server_port = port(words.next()).ok_or("bad or missing server port")?;
    let ends = Some((SocketAddr::new(client, client_port), SocketAddr::new(server, server_port)));
    Ok(Header { ends, length: end + 1 })
}

fn parse_binary(input: &[u8], has_v4: bool, has_v6: bool) -> Result<Header, &'static str> {
    let (fixed, rest) = input.split_at_checked(FIXED_LENGTH).ok_or("short protocol header")?;
    let (signature, fields) = fixed.split_at_checked(SIGNATURE.len()).ok_or("short protocol header")?;
    if signature != SIGNATURE {
        return Err("unrecognized protocol header");
    }
    let &[version_and_command, family, high, low] = fields else { return Err("short protocol header") };
    if version_and_command & 0xf0 != 0x20 {
        return Err("unrecognized protocol version");
    }
    let length = usize::from(u16::from_be_bytes([high, low]));
    let body = rest.get(..length).ok_or("short version 2 protocol header")?;
    let ends = match version_and_command & 0x0f {
        0 => None,
        1 => Some(match family {
            0x11 if !has_v4 => return Err("Postfix IPv4 support is disabled"),
            0x21 if !has_v6 => return Err("Postfix IPv6 support is disabled"),
            0x11 => ends::<4>(body, |octets| IpAddr::V4(Ipv4Addr::from(octets)))?,
            0x21 => ends::<16>(body, |octets| IpAddr::V6(Ipv6Addr::from(octets)).to_canonical())?,
            _ => return Err("unsupported network protocol"),
        }),
        _ => return Err("bad command in proxy header"),
    };
    Ok(Header { ends, length: FIXED_LENGTH + length })
}

/// The ends in version 2: client address, server address, client port, server port.
fn ends<const N: usize>(
    body: &[u8],
    address: impl Fn([u8; N]) -> IpAddr,
) -> Result<(SocketAddr, SocketAddr), &'static str> {
    let take = |at: usize| -> Option<[u8; N]> { body.get(at..at + N)?.try_into().ok() };
    let port =
        |at: usize| -> Option<u16> { Some(u16::from_be_bytes(body.get(at..at + 2)?.try_into().ok()?)) };
    let parsed = || {
        let client = SocketAddr::new(address(take(0)?), port(2 * N)?);
        let server = SocketAddr::new(address(take(N)?), port(2 * N + 2)?);
        Some((client, server))
    };
    parsed().ok_or("short address field")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(line: &str) -> Result<Header, &'static str> {
        parse(line.as_bytes(), true, true)
    }

    #[test]
    fn version_1() {
        let header = text("PROXY TCP4 1.2.3.4 4.3.2.1 123 321\r\nEHLO").unwrap();
        assert_eq!(header.length, 36);
        assert_eq!(header.ends, Some(("1.2.3.4:123".parse().unwrap(), "4.3.2.1:321".parse().unwrap())));
        let header = text("PROXY TCP6 ::ffff:1.2.3.4 fc::1 123 321\n").unwrap();
        assert_eq!(header.ends, Some(("1.2.3.4:123".parse().unwrap(), "[fc::1]:321".parse().unwrap())));
        assert_eq!(text("PROXY TCP4 1.2.3.4"), Err("missing protocol header terminator"));
        assert_eq!(text("PROXY TCP7 1.2.3.4\n"), Err("bad or missing protocol type"));
        assert_eq!(text("PROXY TCP4 1.2.3 4.3.2.1 123 321\n"), Err("bad or missing client address"));
        assert_eq!(text("PROXY TCP4 1.2.3.4 ::1 123 321\n"), Err("bad or missing server address"));
        assert_eq!(text("PROXY TCP4 1.2.3.4 4.3.2.1 0123 321\n"), Err("bad or missing client port"));
        assert_eq!(text("PROXY TCP4 1.2.3.4 4.3.2.1 123\n"), Err("bad or missing server port"));
        assert_eq!(text("EHLO x"), Err("short protocol header"));
        assert_eq!(text("EHLO x.example.com\r\n"), Err("unrecognized protocol header"));
    }

    #[test]
    fn version_2() {
        let mut input = SIGNATURE.to_vec();
        input.extend_from_slice(&[0x21, 0x11, 0, 12, 1, 2, 3, 4, 4, 3, 2, 1, 0, 25, 1, 0, b'x']);
        let header = parse(&input, true, true).unwrap();
        assert_eq!(header.length, 28);
        assert_eq!(header.ends, Some(("1.2.3.4:25".parse().unwrap(), "4.3.2.1:256".parse().unwrap())));
        assert_eq!(parse(&input, false, true), Err("Postfix IPv4 support is disabled"));
        assert_eq!(parse(&input[..20], true, true), Err("short version 2 protocol header"));
        input[12] = 0x20;
        assert_eq!(parse(&input, true, true), Ok(Header { ends: None, length: 28 }));
    }

    proptest! {
        #[test]
        fn nothing_panics(input: Vec<u8>, text in "PROXY [ -~]{0,40}\n") {
            let _ = (parse(&input, true, true), parse(text.as_bytes(), true, true));
            let _ = parse(&[SIGNATURE, &input].concat(), true, true);
        }
    }
}

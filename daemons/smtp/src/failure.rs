//! Why a server, or a message at a server, fails; and what that means for the recipients.

use smtp::response::Response;

use crate::channel::Broken;
use crate::session::{Peer, one_line};

/// What the remote side said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remote {
    /// The server's host name.
    pub(crate) mta: String,
    /// Its whole reply, lines separated by line feeds.
    pub(crate) reply: Vec<u8>,
    /// Its reply code.
    pub(crate) code: u16,
}

/// A failure, as logs and notices show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Failure {
    /// Enhanced status code.
    pub(crate) dsn: String,
    /// One line of text.
    pub(crate) reason: String,
    /// What the server said, if it is to blame.
    pub(crate) remote: Option<Remote>,
    /// The whole destination is in trouble, not only this message.
    pub(crate) throttle: bool,
    /// A hard failure, but only if no other server can be tried.
    pub(crate) soft_unless_final: bool,
    /// The connection is of no use for other messages either.
    pub(crate) dont_cache: bool,
}

impl Failure {
    /// Found on this side.
    pub(crate) fn local(dsn: &str, reason: impl Into<String>) -> Failure {
        Failure { dsn: dsn.to_owned(), reason: reason.into(), ..Failure::default() }
    }

    /// The server refused; `text` goes before its reply.
    pub(crate) fn refused(peer: &Peer, response: &Response, text: String) -> Failure {
        let sane = response.status.starts_with(['4', '5']);
        Failure {
            dsn: if sane { response.status.clone() } else { "5.5.0".to_owned() },
            reason: if sane { text } else { format!("Protocol error: {text}") },
            remote: Some(Remote {
                mta: peer.host.clone(),
                reply: one_line(response).into_bytes(),
                code: response.code,
            }),
            dont_cache: !sane,
            ..Failure::default()
        }
    }

    /// The server refused a command: `host .. said: .. (in reply to ..)`.
    pub(crate) fn said(peer: &Peer, response: &Response, request: &str) -> Failure {
        let text = format!("host {} said: {} (in reply to {request})", peer.brief(), one_line(response));
        Failure::refused(peer, response, text)
    }

    /// The server will not talk at all.
    pub(crate) fn refused_to_talk(peer: &Peer, response: &Response) -> Failure {
        let text = format!("host {} refused to talk to me: {}", peer.brief(), one_line(response));
        Failure::refused(peer, response, text).throttling()
    }

    /// The conversation broke.
    pub(crate) fn broken(peer: &Peer, broken: Broken, doing: &str) -> Failure {
        let peer = peer.brief();
        match broken {
            Broken::Lost => Failure::local("4.4.2", format!("lost connection with {peer} while {doing}")),
            Broken::TimedOut => {
                Failure::local("4.4.2", format!("conversation with {peer} timed out while {doing}"))
            }
            Broken::LocalData => Failure::local("4.3.0", format!("local data error while talking to {peer}")),
        }
        .throttling()
    }

    /// This failure, of the whole destination.
    #[must_use]
    pub(crate) fn throttling(mut self) -> Failure {
        self.throttle = true;
        self
    }

    /// This failure, hard only at the last server.
    #[must_use]
    pub(crate) fn soft_unless_final(mut self) -> Failure {
        self.soft_unless_final = true;
        self.dont_cache = true;
        self
    }

    /// True for a soft (4.x.x) status.
    pub(crate) fn is_soft(&self) -> bool {
        self.dsn.starts_with('4')
    }

    /// True for a hard (5.x.x) status.
    pub(crate) fn is_hard(&self) -> bool {
        self.dsn.starts_with('5')
    }

    /// True if mail would come back to this very system.
    pub(crate) fn is_loop(&self) -> bool {
        self.dsn.ends_with(".4.6")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Texts from postfix-3.11 smtp(8).
    #[test]
    fn texts_of_failures() {
        let peer = Peer { host: "mx.a".into(), address: "192.0.2.1".into(), port: Some(25) };
        let response =
            Response { code: 550, status: "5.1.1".into(), text: b"550-5.1.1 no\n550 5.1.1 x".to_vec() };
        assert_eq!(
            Failure::said(&peer, &response, "RCPT TO command").reason,
            "host mx.a[192.0.2.1] said: 550-5.1.1 no 550 5.1.1 x (in reply to RCPT TO command)"
        );
        let odd = Response { code: 354, status: "5.5.0".into(), text: b"354 go".to_vec() };
        assert!(Failure::said(&peer, &odd, "MAIL FROM command").is_hard());
        let positive = Response { code: 250, status: "2.0.0".into(), text: b"250 ok".to_vec() };
        let failure = Failure::said(&peer, &positive, "DATA command");
        assert!(failure.reason.starts_with("Protocol error: host ") && failure.dsn == "5.5.0");
        assert_eq!(
            Failure::broken(&peer, Broken::Lost, "sending MAIL FROM").reason,
            "lost connection with mx.a[192.0.2.1] while sending MAIL FROM"
        );
    }
}

//! One conversation with one server, across the messages that it carries.

use std::time::Duration;

use smtp::ehlo::Keywords;
use smtp::response::{Note, Response};
use tokio::time::Instant;

use crate::channel::{Broken, Channel, Patience};
use crate::log_lines;
use crate::settings::{Protocol, Settings};

/// Whom we talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Host name as looked up, or the numerical address, or this host's name for a local socket.
    pub(crate) host: String,
    /// Numerical address, or the path of a local socket.
    pub(crate) address: String,
    /// TCP port; none for a local socket.
    pub(crate) port: Option<u16>,
}

impl Peer {
    /// `host[address]`, as in texts about replies.
    pub(crate) fn brief(&self) -> String {
        format!("{}[{}]", self.host, self.address)
    }

    /// `host[address]:port`, as in `relay=`.
    pub(crate) fn full(&self) -> String {
        match self.port {
            Some(port) => format!("{}[{}]:{port}", self.host, self.address),
            None => self.brief(),
        }
    }
}

/// What the server can do and how we use it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Features {
    /// It talks ESMTP (or LMTP).
    pub(crate) esmtp: bool,
    /// The EHLO keywords that are not ignored by configuration.
    pub(crate) keywords: Keywords,
    /// Its message size limit in bytes, 0 for none.
    pub(crate) size_limit: u64,
    /// The XFORWARD attributes it takes, in upper case.
    pub(crate) xforward: Vec<Vec<u8>>,
    /// PIX workaround: no ESMTP.
    pub(crate) no_esmtp: bool,
    /// PIX workaround: wait before the final dot.
    pub(crate) delay_final_dot: bool,
}

impl Features {
    /// True if the keyword was announced and is not ignored.
    pub(crate) fn has(&self, keyword: Keywords) -> bool {
        self.keywords.has(keyword)
    }

    /// True if the server takes this XFORWARD attribute.
    pub(crate) fn forwards(&self, attribute: &str) -> bool {
        self.xforward.iter().any(|name| name == attribute.as_bytes())
    }
}

/// What becomes of the connection after this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Keep it for other messages until then.
    KeepUntil(Instant),
    /// Say goodbye.
    Quit,
    /// Say goodbye; this server is in trouble and its destination, too.
    Throttled,
    /// Say nothing more: the dialogue is in a state from which there is no way on.
    Forbidden,
}

/// A conversation.
pub(crate) struct Session {
    pub(crate) channel: Channel,
    pub(crate) peer: Peer,
    pub(crate) features: Features,
    pub(crate) fate: Fate,
    /// How many messages were sent before through this connection.
    pub(crate) reuse_count: u32,
    /// It came out of the connection cache.
    pub(crate) from_cache: bool,
    /// The server is (one of) the most preferred for its destination.
    pub(crate) is_best_mx: bool,
    /// The server did not take a RSET.
    pub(crate) rset_rejected: bool,
    /// QUIT is sent (or waits to be sent) already.
    pub(crate) said_quit: bool,
    /// The log says more, for as long as this lasts.
    pub(crate) is_watched: bool,
    /// The transcript, for notices to the postmaster.
    pub(crate) history: Vec<String>,
    /// A reply made no sense, or a table could not be read.
    pub(crate) had_protocol_error: bool,
}

impl Session {
    /// A new conversation.
    pub(crate) fn new(channel: Channel, peer: Peer, fate: Fate) -> Session {
        Session {
            channel,
            peer,
            features: Features::default(),
            fate,
            reuse_count: 0,
            from_cache: false,
            is_best_mx: false,
            rset_rejected: false,
            said_quit: false,
            is_watched: false,
            history: Vec::new(),
            had_protocol_error: false,
        }
    }

    /// True while the connection will be kept.
    pub(crate) fn is_cached(&self) -> bool {
        matches!(self.fate, Fate::KeepUntil(_))
    }

    /// True if the connection would be kept but has carried enough.
    pub(crate) fn is_expired(&self, reuse_count_limit: i64) -> bool {
        let used_up = reuse_count_limit > 0 && i64::from(self.reuse_count) >= reuse_count_limit;
        matches!(self.fate, Fate::KeepUntil(end) if used_up || end < self.channel.last_io())
    }

    /// Do not keep the connection. A stronger verdict stands.
    pub(crate) fn dont_cache(&mut self) {
        if self.is_cached() {
            self.fate = Fate::Quit;
        }
    }

    /// The server is in trouble.
    pub(crate) fn throttle(&mut self) {
        if self.fate != Fate::Forbidden {
            self.fate = Fate::Throttled;
        }
    }

    /// Queues a command.
    pub(crate) fn command(&mut self, command: &[u8]) {
        let shown = String::from_utf8_lossy(command);
        log_lines::sent(&self.peer.full(), &shown);
        self.history.push(format!("Out: {shown}"));
        self.channel.put_command(command);
    }

    /// Sends what is queued and reads one reply.
    pub(crate) async fn response(
        &mut self,
        settings: &Settings,
        limit: Duration,
        queue_id: &str,
    ) -> Result<Response, Broken> {
        let mut patience = Patience::new(limit, settings.per_request_deadline);
        loop {
            let (outcome, notes) = self.channel.advance(&mut patience).await;
            for note in &notes {
                self.take(settings, note, queue_id);
            }
            if let Some(response) = outcome? {
                return Ok(response);
            }
        }
    }

    fn take(&mut self, settings: &Settings, note: &Note, queue_id: &str) {
        let peer = self.peer.full();
        match note {
            Note::Line { text, kept } => {
                log_lines::received(&peer, text);
                if *kept {
                    self.history.push(format!("In:  {}", String::from_utf8_lossy(text)));
                }
            }
            Note::Replaced { line, by, kept } => {
                log_lines::replacing_reply(&peer, line, by);
                if *kept {
                    self.history.push("Replaced-by: ".to_owned());
                    self.history.push(format!("     {}", String::from_utf8_lossy(by)));
                }
            }
            Note::FilterFailed(line) => {
                self.had_protocol_error = true;
                log_lines::reply_filter_failed(queue_id, &settings.reply_filter, line);
            }
            Note::LongLine(kept) => log_lines::long_reply_line(&peer, settings.line_limit, kept),
            Note::LongResponse(kept) => log_lines::long_reply(&peer, settings.line_limit, kept),
            Note::Flood => log_lines::disabling_input(),
            Note::NotSmtp(line) => {
                self.had_protocol_error = true;
                self.dont_cache();
                if self.features.has(Keywords::PIPELINING) {
                    log_lines::not_smtp(queue_id, settings.protocol, &peer, line);
                    if settings.helpful_warnings {
                        log_lines::turn_off_pipelining(&self.peer.address, settings.protocol);
                    }
                }
            }
        }
    }

    /// After a reply that says that one side does not know the protocol, the connection is not used again.
    pub(crate) fn check_code(&mut self, code: u16) {
        if !(400..=599).contains(&code) || code == 555 || (500..510).contains(&code) {
            self.had_protocol_error = true;
            self.dont_cache();
        }
    }
}

/// The command that opens a conversation.
pub(crate) fn hello_verb(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => "EHLO",
        Protocol::Lmtp => "LHLO",
    }
}

/// A reply's text on one line.
pub(crate) fn one_line(response: &Response) -> String {
    String::from_utf8_lossy(&response.text).replace('\n', " ")
}

impl Session {
    /// Hangs up; what waits to be sent is sent first, unless the dialogue is in a state from which there is no way on.
    pub(crate) async fn close(mut self, limit: Duration) {
        if self.fate == Fate::Forbidden {
            self.channel.purge_output();
        }
        self.channel.close(Patience::new(limit, false)).await;
    }
}

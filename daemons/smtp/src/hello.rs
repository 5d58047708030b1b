//! The opening of a conversation: greeting, EHLO or HELO (LHLO for LMTP), and what follows from the replies.

use std::time::{Duration, SystemTime};

use smtp::ehlo::{Capabilities, Keywords};
use smtp::response::Response;

use crate::channel::Broken;
use crate::client::Client;
use crate::failure::Failure;
use crate::log_lines;
use crate::session::{Session, hello_verb};
use crate::settings::{Protocol, TlsLevel};
use crate::tls_status::TlsStatus;

/// What the opening must know about the message that it is for.
pub(crate) struct Purpose<'a> {
    /// Queue id, for the log.
    pub(crate) queue_id: &'a str,
    /// Destination of the delivery request, for texts about loops.
    pub(crate) nexthop: &'a str,
    /// The destination as configured, for passwords.
    pub(crate) destination: &'a str,
    /// Envelope sender, for passwords.
    pub(crate) sender: &'a [u8],
    /// When the message arrived.
    pub(crate) arrival: SystemTime,
    /// The server is looked up as the domain's mail exchanger, so it must not be ourselves.
    pub(crate) detect_loops: bool,
    /// The message cannot go to a server without SMTPUTF8.
    pub(crate) needs_smtputf8: bool,
}

/// Opens the conversation; on success `session.features` are set.
pub(crate) async fn open(
    client: &Client,
    session: &mut Session,
    purpose: &Purpose<'_>,
    tls: &mut TlsStatus,
) -> Result<(), Failure> {
    let settings = &client.settings;
    let mut dialogue = Dialogue { client, session, purpose, doing: "receiving the initial server greeting" };
    dialogue.greeting().await?;
    let hello = match settings.protocol {
        Protocol::Smtp => dialogue.ehlo_or_helo().await?,
        Protocol::Lmtp => dialogue.lhlo().await?,
    };
    if dialogue.session.features.esmtp {
        dialogue.read_capabilities(&hello)?;
    }
    dialogue.require_smtputf8()?;
    decide_tls(client, session, tls)?;
    refuse_without_sasl(client, session, purpose)
}

struct Dialogue<'a> {
    client: &'a Client,
    session: &'a mut Session,
    purpose: &'a Purpose<'a>,
    doing: &'static str,
}

impl Dialogue<'_> {
    async fn response(&mut self) -> Result<Response, Failure> {
        let settings = &self.client.settings;
        let limit: Duration = settings.timeouts.hello;
        let outcome = self.session.response(settings, limit, self.purpose.queue_id).await;
        outcome.map_err(|broken| Failure::broken(&self.session.peer, broken, self.doing))
    }

    async fn greeting(&mut self) -> Result<(), Failure> {
        let settings = &self.client.settings;
        let mut response = self.response().await?;
        if response.code / 100 != 2 {
            if response.code / 100 == 5 && settings.skip_5xx_greeting {
                response.status.replace_range(..1, "4");
            }
            self.session.check_code(response.code);
            return Err(Failure::refused_to_talk(&self.session.peer, &response));
        }
        if response.text.iter().all(|byte| b"20 *\t\n".contains(byte)) {
            self.work_around_pix();
        }
        let text = String::from_utf8_lossy(response.text.get(4..).unwrap_or_default()).into_owned();
        let mut says_esmtp = false;
        for (at, word) in text.split_ascii_whitespace().enumerate() {
            if at == 0 && word.eq_ignore_ascii_case(&settings.myhostname) {
                if self.purpose.detect_loops {
                    log_lines::greeted_with_own_name(&self.session.peer.full(), &settings.myhostname);
                }
            } else {
                says_esmtp |= word.eq_ignore_ascii_case("ESMTP");
            }
        }
        let no_esmtp = self.session.features.no_esmtp;
        self.session.features.esmtp = match settings.protocol {
            Protocol::Lmtp => true,
            Protocol::Smtp => {
                let wanted = says_esmtp || settings.always_ehlo;
                wanted && !settings.never_ehlo && !no_esmtp
            }
        };
        Ok(())
    }

    /// Some Cisco PIX firewalls hide the greeting behind stars and break the protocol in other places.
    fn work_around_pix(&mut self) {
        let settings = &self.client.settings;
        let from_map = self.client.pix_workarounds_for(&self.session.peer.address);
        let names = from_map.as_deref().unwrap_or(&settings.pix.workarounds);
        if names.is_empty() {
            return;
        }
        let age = self.purpose.arrival.elapsed().unwrap_or_default();
        let mut on = Vec::new();
        for name in crate::settings::words(names) {
            if name.eq_ignore_ascii_case("disable_esmtp") {
                self.session.features.no_esmtp = true;
                on.push("disable_esmtp");
            } else if name.eq_ignore_ascii_case("delay_dotcrlf") && age >= settings.pix.threshold {
                self.session.features.delay_final_dot = true;
                on.push("delay_dotcrlf");
            }
        }
        on.sort_unstable_by_key(|name| *name != "disable_esmtp");
        log_lines::pix_workarounds(self.purpose.queue_id, &on.join(" "), &self.session.peer.full());
    }

    async fn ehlo_or_helo(&mut self) -> Result<Response, Failure> {
        let name = self.client.settings.hello_name.clone();
        self.doing = "performing the EHLO handshake";
        if self.session.features.esmtp {
            self.session.command(format!("{} {name}", hello_verb(Protocol::Smtp)).as_bytes());
            let response = self.response().await?;
            if response.code / 100 == 2 {
                return Ok(response);
            }
            if response.code == 421 {
                return Err(Failure::refused_to_talk(&self.session.peer, &response));
            }
            self.session.features.esmtp = false;
        }
        self.doing = "performing the HELO handshake";
        self.session.command(format!("HELO {name}").as_bytes());
        self.accepted_hello().await
    }

    async fn lhlo(&mut self) -> Result<Response, Failure> {
        self.doing = "performing the LHLO handshake";
        let command = format!("{} {}", hello_verb(Protocol::Lmtp), self.client.settings.hello_name);
        self.session.command(command.as_bytes());
        self.accepted_hello().await
    }

    async fn accepted_hello(&mut self) -> Result<Response, Failure> {
        let response = self.response().await?;
        if response.code / 100 == 2 {
            return Ok(response);
        }
        self.session.check_code(response.code);
        Err(Failure::refused_to_talk(&self.session.peer, &response))
    }

    fn read_capabilities(&mut self, hello: &Response) -> Result<(), Failure> {
        let settings = &self.client.settings;
        let peer = &self.session.peer;
        let ignored = self.client.discarded_keywords(&peer.address).map_err(|map| {
            log_lines::map_lookup_error(self.purpose.queue_id, map, &peer.address);
            Failure::broken(peer, Broken::LocalData, self.doing)
        })?;
        let shown = ignored.without(Keywords::SILENT);
        if !shown.is_empty() && !ignored.has(Keywords::SILENT) {
            log_lines::discarding_keywords(&shown.to_string());
        }
        let offered = Capabilities::parse(&hello.text);
        let is_me = offered
            .server_name
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case(settings.myhostname.as_bytes()));
        if is_me && self.purpose.detect_loops {
            log_lines::hello_with_own_name(&peer.full(), &settings.myhostname);
            let dsn = if self.session.is_best_mx { "5.4.6" } else { "4.4.6" };
            let text = format!("mail for {} loops back to myself", self.purpose.nexthop);
            return Err(Failure::local(dsn, text).throttling());
        }
        let features = &mut self.session.features;
        features.keywords = offered.keywords.without(ignored);
        if features.has(Keywords::SIZE) {
            features.size_limit = offered.size_limit.unwrap_or(0);
            if let Some(word) = &offered.malformed_size {
                log_lines::bad_size_limit(&String::from_utf8_lossy(word), &peer.full());
            }
        }
        if features.has(Keywords::XFORWARD) {
            features.xforward = offered.xforward;
        }
        Ok(())
    }

    fn require_smtputf8(&mut self) -> Result<(), Failure> {
        let peer = self.session.peer.brief();
        let features = &mut self.session.features;
        if !features.has(Keywords::SMTPUTF8) {
            if self.purpose.needs_smtputf8 {
                let text = format!(
                    "message requires SMTPUTF8, but no server was found that supports SMTPUTF8. \
                     The last attempted server was {peer}"
                );
                return Err(Failure::local("5.6.7", text).soft_unless_final());
            }
        } else if !features.has(Keywords::EIGHTBITMIME) {
            log_lines::utf8_without_8bit(&peer);
            features.keywords = features.keywords.with(Keywords::EIGHTBITMIME);
        }
        Ok(())
    }
}

/// Goes on in the clear, or refuses to. This program has no TLS yet.
fn decide_tls(client: &Client, session: &Session, tls: &mut TlsStatus) -> Result<(), Failure> {
    let settings = &client.settings;
    let offered = session.features.has(Keywords::STARTTLS);
    let level = tls.level();
    if offered && settings.tls.note_starttls_offer && level == TlsLevel::None {
        log_lines::starttls_offered(&session.peer.host);
    }
    if !level.is_mandatory() {
        tls.in_the_clear();
        return Ok(());
    }
    if offered {
        return Err(
            Failure::local("4.7.5", "TLS is required, but our TLS engine is unavailable").throttling()
        );
    }
    tls.violated();
    let text = format!("TLS is required, but was not offered by host {}", session.peer.brief());
    Err(Failure::local("4.7.4", text).throttling())
}

/// Where the site has a password, mail without AUTH would be turned down for good. This program has no SASL yet.
fn refuse_without_sasl(client: &Client, session: &Session, purpose: &Purpose<'_>) -> Result<(), Failure> {
    let offered = session.features.has(Keywords::AUTH);
    if offered && client.has_password_for(&session.peer.host, purpose.destination, purpose.sender) {
        log_lines::no_sasl_mechanism();
        let peer = session.peer.brief();
        let text = format!(
            "SASL authentication failed; cannot authenticate to server {peer}: no mechanism available"
        );
        return Err(Failure::local("4.7.0", text).throttling());
    }
    Ok(())
}

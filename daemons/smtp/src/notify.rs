//! Notices to the postmaster about sessions that went wrong (notify_classes).

use ipc::Services;
use ipc::deliver::Request;
use ipc::post_mail::{Envelope, Origin, Posting};

use crate::client::Client;
use crate::log_lines;
use crate::session::Session;
use crate::settings::{Protocol, words};

/// Width of the transcript's lines.
const WIDTH: usize = 78;

/// Sends a notice about a session, if it had protocol errors and those are to be told.
pub(crate) async fn about(client: &Client, session: &Session, request: &Request) {
    let config = &client.config;
    let asked = words(config.get(&params::NOTIFY_CLASSES)).any(|class| class == "protocol");
    let double_bounce =
        format!("{}@{}", config.get(&params::DOUBLE_BOUNCE_SENDER), config.get(&params::MYORIGIN));
    // No notices about notices.
    let is_notice = request.sender.is_empty() || request.sender == double_bounce.as_bytes();
    if !session.had_protocol_error || !asked || is_notice || session.history.is_empty() {
        return;
    }
    if let Err(error) = send(client, session, &double_bounce).await {
        log_lines::notify_failed(&error);
    }
}

async fn send(client: &Client, session: &Session, sender: &str) -> Result<(), ipc::Error> {
    let config = &client.config;
    let recipient = config.get(&params::ERROR_NOTICE_RECIPIENT);
    let settings = &client.settings;
    let origin = Origin { hostname: &settings.myhostname, mail_name: &settings.mail_name };
    let filters = words(config.get(&params::INTERNAL_MAIL_FILTER_CLASSES)).any(|class| class == "notify");
    let envelope = Envelope {
        sender: sender.as_bytes(),
        recipient: recipient.as_bytes(),
        cleanup_flags: if filters { ipc::cleanup::flags::FILTER_ALL } else { 0 },
        trace_flags: 0,
    };
    let mut notice = Posting::try_open(&Services::new(config), origin, envelope).await?;
    let daemon = format!("MAILER-DAEMON@{}", config.get(&params::MYORIGIN));
    let name = match settings.protocol {
        Protocol::Smtp => "SMTP",
        Protocol::Lmtp => "LMTP",
    };
    let peer = session.peer.full();
    if config.get(&params::HEADER_FROM_FORMAT) == "standard" {
        notice.line(format!("From: Mail Delivery System <{daemon}>")).await?;
        notice.line(format!("To: Postmaster <{recipient}>")).await?;
    } else {
        notice.line(format!("From: {daemon} (Mail Delivery System)")).await?;
        notice.line(format!("To: {recipient} (Postmaster)")).await?;
    }
    let subject = format!(" {name} client: errors from {peer}");
    notice.line([b"Subject: ", &settings.mail_name[..], subject.as_bytes()].concat()).await?;
    notice.line("").await?;
    notice.line(format!("Unexpected response from {peer}.")).await?;
    notice.line("").await?;
    notice.line("Transcript of session follows.").await?;
    notice.line("").await?;
    for line in &session.history {
        for part in wrap(line) {
            notice.line(part).await?;
        }
    }
    notice.line("").await?;
    notice.line("For other details, see the local mail logfile").await?;
    notice.finish().await.map(drop)
}

/// Breaks a line at spaces; continued lines are indented.
fn wrap(line: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = line;
    let mut indent = 0;
    while rest.len() > WIDTH - indent {
        let limit = WIDTH - indent;
        let cut = (0..=limit).rev().find(|&at| rest.as_bytes().get(at) == Some(&b' ')).unwrap_or(limit);
        let cut = (0..=cut).rev().find(|&at| rest.is_char_boundary(at)).unwrap_or(0);
        let (head, tail) = rest.split_at(cut.max(1));
        lines.push(format!(" {:indent$}{}", "", head.trim_end_matches(' ')));
        rest = tail.trim_start_matches(' ');
        indent = 4;
    }
    lines.push(format!(" {:indent$}{}", "", rest.trim_end_matches(' ')));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped() {
        assert_eq!(wrap("Out: QUIT"), [" Out: QUIT"]);
        let lines = wrap(&format!("In:  250 {}", "word ".repeat(20)));
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("     word"));
    }
}

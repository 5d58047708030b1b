//! Requests for delivery.

use crate::{Failure, log_lines, permit, shorten};
use config::Config;
use ipc::flush::Status;
use ipc::{Class, Services, blocking, flush, trigger};
use queue::Id;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;
use tables::{MatchList, OpenError, Opener, Subdomains};

/// How long the services may take to read a trigger before this command ends anyway.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Asks qmgr(8) to try everything now, and pickup(8) to look at the maildrop.
pub(crate) fn everything(config: &Config) -> Result<(), Failure> {
    permit(config, &params::AUTHORIZED_FLUSH_USERS, "flush")?;
    let services = Services::new(config);
    let settings = services.settings();
    let send = async {
        let first = trigger::send(&services, Class::Public, &settings.queue, trigger::FLUSH_ALL).await?;
        let second = trigger::send(&services, Class::Public, &settings.pickup, &[trigger::WAKEUP]).await?;
        let drain = async {
            first.wait(&services).await;
            second.wait(&services).await;
        };
        let _ = tokio::time::timeout(DRAIN_TIME, drain).await;
        Ok::<(), std::io::Error>(())
    };
    match blocking::run(send) {
        Ok(Ok(())) => Ok(()),
        _ => Err(system_is_down()),
    }
}

/// Asks flush(8) to deliver what waits for a site.
pub(crate) fn site(config: &Config, site: &[u8]) -> Result<(), Failure> {
    let is_valid = match site.first() {
        Some(b'[') => hosts::is_address_literal(site),
        _ => hosts::is_hostname(site),
    };
    if !is_valid {
        let shown = shorten(OsStr::from_bytes(site));
        let text = format!("Cannot flush mail queue - invalid destination: \"{shown}\"");
        return Err(Failure(text));
    }
    permit(config, &params::AUTHORIZED_FLUSH_USERS, "flush")?;
    let shown = log::bytes(site);
    let status = match eligible_sites(config) {
        Ok(sites) => {
            log_lines::flushing("flush_send_site", "site", &shown.to_string());
            let status = match sites.matches(site) {
                Ok(true) => ask(config, |services| async move { flush::send_site(&services, site).await }),
                Ok(false) => Status::Deny,
                Err(_) => Status::Fail,
            };
            log_lines::flushed("flush_send_site", "site", &shown.to_string(), status.number());
            status
        }
        Err(_) => Status::Fail,
    };
    match status {
        Status::Ok => Ok(()),
        Status::Bad => Err(Failure(format!("Invalid request: \"{shown}\""))),
        Status::Fail => Err(system_is_down()),
        Status::Deny => {
            let text = format!("Flush service is not configured for destination \"{shown}\"");
            Err(Failure(text))
        }
        Status::Other(number) => Err(Failure(format!("Unknown flush server reply status {number}"))),
    }
}

/// Asks flush(8) to deliver one message.
pub(crate) fn message(config: &Config, id: &Id) -> Result<(), Failure> {
    permit(config, &params::AUTHORIZED_FLUSH_USERS, "flush")?;
    log_lines::flushing("flush_send_file", "queue_id", id.as_str());
    let status = ask(config, |services| async move { flush::send_file(&services, id).await });
    log_lines::flushed("flush_send_file", "queue_id", id.as_str(), status.number());
    match status {
        Status::Ok => Ok(()),
        Status::Bad => Err(Failure(format!("Invalid request: \"{id}\""))),
        Status::Fail => Err(system_is_down()),
        other => {
            let text = format!("Unexpected flush server reply status {}", other.number());
            Err(Failure(text))
        }
    }
}

/// The sites that flush(8) remembers mail for.
fn eligible_sites(config: &Config) -> Result<MatchList, OpenError> {
    let domains = &params::FAST_FLUSH_DOMAINS;
    let opener = Opener::for_command(config);
    let subdomains = Subdomains::of_list(&opener, config, domains.name())?;
    MatchList::domains(&opener, domains.name(), config.bytes(domains), subdomains)
}

fn ask<F: Future<Output = Status>>(config: &Config, request: impl FnOnce(Services) -> F) -> Status {
    let services = Services::new(config);
    blocking::run(request(services)).unwrap_or(Status::Fail)
}

fn system_is_down() -> Failure {
    Failure("Cannot flush mail queue - mail system is down".to_owned())
}

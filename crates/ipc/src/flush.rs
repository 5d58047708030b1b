//! flush(8): remembers which mail waits for which site, and asks for its delivery.

use crate::{Attrs, Class, Services, bounce, protocol};
use queue::Id;

/// Names of requests and attributes.
pub mod names {
    /// Attribute: request.
    pub const REQUEST: &str = "request";
    /// Attribute: site.
    pub const SITE: &str = "site";
    /// Attribute: queue id.
    pub const QUEUE_ID: &str = "queue_id";
    /// Request: note that a message waits for a site.
    pub const ADD: &str = "add";
    /// Request: deliver what waits for a site.
    pub const SEND_SITE: &str = "send_site";
    /// Request: deliver one message.
    pub const SEND_FILE: &str = "send_file";
    /// Request: refresh all logs.
    pub const PURGE: &str = "purge";
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done, or will be.
    Ok,
    /// Failed, or the service is not there.
    Fail,
    /// Bad parameter.
    Bad,
    /// The site is not one that mail is remembered for.
    Deny,
    /// Something that we do not know.
    Other(i32),
}

impl Status {
    fn from_number(number: i32) -> Status {
        match number {
            0 => Status::Ok,
            -1 => Status::Fail,
            3 => Status::Bad,
            4 => Status::Deny,
            other => Status::Other(other),
        }
    }

    /// The number on the wire.
    pub fn number(self) -> i32 {
        match self {
            Status::Ok => 0,
            Status::Fail => -1,
            Status::Bad => 3,
            Status::Deny => 4,
            Status::Other(number) => number,
        }
    }
}

/// Notes that a message waits for a site. The caller has checked that the site is eligible
/// (fast_flush_domains).
pub async fn add(services: &Services, site: &[u8], id: &Id) -> Status {
    let mut request = Attrs::new();
    request.put_str(names::REQUEST, names::ADD).put_str(names::SITE, site);
    request.put_str(names::QUEUE_ID, id.as_str());
    ask(services, &request).await
}

/// Delivers what waits for a site. The caller has checked that the site is eligible (fast_flush_domains).
pub async fn send_site(services: &Services, site: &[u8]) -> Status {
    let mut request = Attrs::new();
    request.put_str(names::REQUEST, names::SEND_SITE).put_str(names::SITE, site);
    ask(services, &request).await
}

/// Delivers one message.
pub async fn send_file(services: &Services, id: &Id) -> Status {
    let mut request = Attrs::new();
    request.put_str(names::REQUEST, names::SEND_FILE).put_str(names::QUEUE_ID, id.as_str());
    ask(services, &request).await
}

/// Refreshes all logs.
pub async fn purge(services: &Services) -> Status {
    let mut request = Attrs::new();
    request.put_str(names::REQUEST, names::PURGE);
    ask(services, &request).await
}

async fn ask(services: &Services, request: &Attrs) -> Status {
    let service = &services.settings().flush;
    let number = bounce::command(services, Class::Public, service, protocol::FLUSH, request).await;
    Status::from_number(number)
}

//! verify(8): remembers which addresses are deliverable.

use crate::{Attrs, Class, Error, Pool, Services, protocol};

/// Names of requests and attributes.
pub mod names {
    /// Attribute: request.
    pub const REQUEST: &str = "request";
    /// Request: what is known of an address.
    pub const QUERY: &str = "query";
    /// Request: what a probe found out.
    pub const UPDATE: &str = "update";
    /// Attribute: address.
    pub const ADDRESS: &str = "address";
    /// Attribute: status of the request.
    pub const STATUS: &str = "status";
    /// Attribute: status of the address.
    pub const RECIPIENT_STATUS: &str = "recipient_status";
    /// Attribute: why.
    pub const REASON: &str = "reason";
}

/// What is known of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressStatus {
    /// Deliverable.
    Ok = 0,
    /// Probably deliverable later.
    Defer = 1,
    /// Undeliverable.
    Bounce = 2,
    /// A probe is under way.
    Todo = 3,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: AddressStatus,
    /// Why.
    pub reason: Vec<u8>,
}

/// A client of verify(8).
#[derive(Debug)]
pub struct Client {
    pool: Pool,
}

const PLACES: usize = 4;

impl Client {
    /// A client without a connection yet.
    pub fn new(services: &Services) -> Client {
        let service = services.settings().verify.clone();
        Client { pool: Pool::new(services, Class::Private, &service, protocol::VERIFY, PLACES) }
    }

    /// What is known of an address; a probe is started when that is too little.
    pub async fn query(&self, address: &[u8]) -> Result<Answer, Error> {
        let mut request = Attrs::new();
        request.put_str(names::REQUEST, names::QUERY).put_str(names::ADDRESS, address);
        let (status, answer) = self
            .pool
            .insist(&request, |attrs| {
                let mut scanner = attrs.scanner();
                let status = scanner.int(names::STATUS)?;
                let number = scanner.int(names::RECIPIENT_STATUS)?;
                Ok((status, (number, scanner.str(names::REASON)?.to_vec())))
            })
            .await?;
        check(status)?;
        let status = match answer.0 {
            0 => AddressStatus::Ok,
            1 => AddressStatus::Defer,
            2 => AddressStatus::Bounce,
            3 => AddressStatus::Todo,
            _ => return Err(Error::Data(names::RECIPIENT_STATUS)),
        };
        Ok(Answer { status, reason: answer.1 })
    }

    /// Tells what a probe found out.
    pub async fn update(&self, address: &[u8], status: AddressStatus, reason: &[u8]) -> Result<(), Error> {
        let mut request = Attrs::new();
        request.put_str(names::REQUEST, names::UPDATE).put_str(names::ADDRESS, address);
        request.put_int(names::RECIPIENT_STATUS, status as i32).put_str(names::REASON, reason);
        let number = |attrs: &Attrs| attrs.int(names::STATUS).ok_or(Error::Missing(names::STATUS));
        check(self.pool.insist(&request, number).await?)
    }
}

fn check(status: i32) -> Result<(), Error> {
    if status == 0 { Ok(()) } else { Err(Error::Data(names::STATUS)) }
}

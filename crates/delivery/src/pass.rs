//! Handing a recipient on to another delivery agent, as `mailbox_transport` and its fellows ask for.

use ipc::deliver::{self, Dsn, Recipient, Request};
use ipc::{Class, Error};

use crate::log_lines;
use crate::report::{Attempt, NO_RELAY, Reporter, Verdict};
use crate::request::Fatal;

/// Hands one recipient of a request to `service` (`transport` or `transport:nexthop`; without a next hop, the request's
/// own goes along). The other agent reports and, for a recipient with a record, marks it as done.
///
/// # Errors
/// `service` names no transport.
pub async fn to_agent(
    reporter: &Reporter,
    request: &Request,
    recipient: &Recipient,
    service: &str,
) -> Result<Verdict, Fatal> {
    let (transport, nexthop) = match service.split_once(':') {
        Some((transport, "")) => (transport, request.nexthop.clone()),
        Some((transport, nexthop)) => (transport, nexthop.as_bytes().to_vec()),
        None => (service, request.nexthop.clone()),
    };
    if transport.is_empty() {
        return Err(Fatal(format!("missing transport name in \"{service}\"")));
    }
    log_lines::passing(reporter.style, request.id.as_str(), &recipient.address, transport);
    let passed = Request { nexthop, recipients: vec![recipient.clone()], ..request.clone() };
    let problem = match hand_over(reporter, transport, &passed).await {
        Ok(Some(verdict)) => return Ok(verdict),
        Ok(None) => "unknown mail transport error",
        Err(_) => "mail transport unavailable",
    };
    let attempt = Attempt::new(request, recipient, NO_RELAY);
    Ok(reporter.defer(&attempt, Dsn::simple("4.3.0", problem)).await)
}

/// Nothing, if the agent took the request but did not answer.
async fn hand_over(
    reporter: &Reporter,
    transport: &str,
    request: &Request,
) -> Result<Option<Verdict>, Error> {
    let mut connection = reporter.services.connect_wait(Class::Private, transport).await?;
    deliver::await_ready(&mut connection).await?;
    deliver::send(&mut connection, request).await?;
    match deliver::receive_outcome(&mut connection).await {
        Ok(outcome) if outcome.status == 0 => Ok(Some(Verdict::Done)),
        Ok(_) => Ok(Some(Verdict::Again)),
        Err(_) => Ok(None),
    }
}

//! Complete forms of addresses, by way of trivial-rewrite.

use std::time::Duration;

use address::{quote_822, unquote_822};
use ipc::Services;
use ipc::rewrite::Client;

use crate::message::RewriteContext;

/// How long to wait for a service that does not answer.
const RETRY: Duration = Duration::from_secs(1);

/// Asks trivial-rewrite.
#[derive(Debug)]
pub(crate) struct Rewriter {
    client: Client,
}

impl Rewriter {
    /// With a client of its own.
    pub(crate) fn new(services: &Services) -> Self {
        Self { client: Client::new(services) }
    }

    /// The complete form of an address; both in external form.
    pub(crate) async fn rewrite(&self, context: RewriteContext, address: &[u8]) -> Vec<u8> {
        if address.is_empty() {
            return Vec::new();
        }
        loop {
            match self.client.rewrite(context.rule(), address).await {
                Ok(complete) => return complete,
                // The client said why. Without this service there is no mail; it will come back.
                Err(_) => tokio::time::sleep(RETRY).await,
            }
        }
    }

    /// The complete form of an address; both in internal form.
    pub(crate) async fn rewrite_internal(&self, context: RewriteContext, address: &[u8]) -> Vec<u8> {
        unquote_822(&self.rewrite(context, &quote_822(address)).await)
    }
}

//! fast_flush_domains: for which domains flush(8) keeps a list of waiting mail.

use std::future::Future;
use std::pin::Pin;

/// Whether a domain matches.
pub type Matches = Box<dyn Fn(Vec<u8>) -> Pin<Box<dyn Future<Output = bool>>>>;

/// The domains of fast_flush_domains; none by default.
#[derive(Default)]
pub struct FlushDomains(Option<Matches>);

impl std::fmt::Debug for FlushDomains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FlushDomains").field(&self.0.is_some()).finish()
    }
}

impl FlushDomains {
    /// Those that `matches` says.
    pub fn new(matches: Matches) -> FlushDomains {
        FlushDomains(Some(matches))
    }

    /// Is mail for this domain remembered?
    pub async fn contains(&self, domain: &[u8]) -> bool {
        match &self.0 {
            Some(matches) => matches(domain.to_vec()).await,
            None => false,
        }
    }
}

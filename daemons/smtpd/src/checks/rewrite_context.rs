//! Whether the client's mail is rewritten as local mail (`local_header_rewrite_clients`).

use smtp::Reply;
use tables::LookupError;

use super::restriction::Keyword;
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::lookup::Part;
use crate::session::Session;

impl Session {
    /// The rewriting context: `local` or `remote`.
    pub async fn find_rewrite_context(&mut self) -> Result<&'static str, Reply> {
        let server = self.server.clone();
        let list = &server.restrictions.local_rewrite;
        let mut words = list.iter();
        while let Some(word) = words.next() {
            let address = self.client.address.clone();
            let table = if word.is_table() {
                Some(word)
            } else if word.name.eq_ignore_ascii_case(b"check_address_map") {
                words.next()
            } else {
                None
            };
            let matched = match (table, word.keyword) {
                (Some(table), _) => {
                    let maps = self.access_table(&table.name, "check_address_map");
                    maps.find(address.as_bytes(), Part::Whole).await.map(|value| value.is_some())
                }
                (None, Some(Keyword::PermitInetInterfaces)) => Ok(self.is_own_address()),
                (None, Some(Keyword::PermitMynetworks)) => {
                    let name = self.client.name.clone();
                    server.lists.mynetworks.matches_client_async(name.as_bytes(), address.as_bytes()).await
                }
                // Nobody is authenticated yet.
                (None, Some(Keyword::PermitSaslAuthenticated | Keyword::PermitTlsClientcerts)) => Ok(false),
                _ => {
                    log_lines::restriction_fault(&format!(
                        "parameter {}: invalid request: {}",
                        params::LOCAL_HEADER_REWRITE_CLIENTS.name(),
                        word.name
                    ));
                    Ok(false)
                }
            };
            match matched {
                Ok(true) => return Ok("local"),
                Ok(false) => {}
                Err(error) => return Err(self.rewrite_context_unknown(&error)),
            }
        }
        Ok("remote")
    }

    fn rewrite_context_unknown(&mut self, error: &LookupError) -> Reply {
        let (class, text) = match error {
            LookupError::Retry(_) => (ErrorClasses::RESOURCE, "451 4.3.0 Temporary lookup error"),
            _ => (ErrorClasses::SOFTWARE, "451 4.3.5 Server configuration error"),
        };
        self.errors.insert(class);
        log_lines::request(self, "reject", text.as_bytes());
        Reply::new(text)
    }
}

//! Address mapping: canonical maps and masquerading, which give one address for one, and virtual aliases, which give
//! many.

use address::{Address, AddressList, eq_fold, quote_822, split_at, unquote_822};

use crate::duplicates::Duplicates;
use crate::log_lines;
use crate::lookups::{AddressClass, AddressMap, Found, LookupFailed};
use crate::message::{Message, RewriteContext};
use ipc::cleanup::Status;

use crate::flags::Flags;

/// So often the result of a canonical map is looked up again.
const CANONICAL_NESTING: usize = 10;
/// Why mail is deferred when aliases cannot be expanded.
const EXPANSION_ERROR: &str = "4.6.0 Alias expansion error";

impl Message<'_> {
    /// Applies canonical maps and masquerading to an envelope address (internal form).
    pub(crate) async fn map_envelope(&mut self, address: &mut Vec<u8>, class: AddressClass) {
        if !self.flags.has(Flags::MAP) || !self.service.lookups.maps_one_to_one(class) {
            return;
        }
        let mut external = quote_822(address);
        self.map_external(&mut external, class).await;
        *address = unquote_822(&external);
    }

    /// Applies canonical maps and masquerading to an address in external form; says whether it changed.
    pub(crate) async fn map_external(&mut self, address: &mut Vec<u8>, class: AddressClass) -> bool {
        let service = self.service;
        let mut changed = false;
        for map in service.lookups.canonical(class) {
            changed |= self.map_canonical(map, address).await;
        }
        if let Some(domains) = service.lookups.masquerade(class) {
            changed |= self.masquerade(domains, address).await;
        }
        changed
    }

    /// Looks an address up until it maps to itself or to nothing.
    async fn map_canonical(&mut self, map: &AddressMap, address: &mut Vec<u8>) -> bool {
        let propagate = self.service.settings.propagate_canonical;
        let mut changed = false;
        for _ in 0..CANONICAL_NESTING {
            let found = self.map_address(map, &unquote_822(address), propagate).await;
            let results = match found {
                Ok(Some(results)) => results,
                Ok(None) => return changed,
                Err(LookupFailed) => {
                    log_lines::map_problem_for(&self.id, map.title(), address);
                    self.note_error(Status::WRITE);
                    return changed;
                }
            };
            if results.len() > 1 {
                log_lines::multi_valued(&self.id, map.title(), address);
            }
            let Some(first) = results.first() else { return changed };
            let new = quote_822(first);
            let to_itself = eq_fold(&new, address);
            changed |= new != *address;
            *address = new;
            if to_itself {
                return changed;
            }
        }
        log_lines::map_nesting(&self.id, map.title(), address);
        changed
    }

    async fn masquerade(&mut self, domains: &crate::masquerade::Domains, address: &mut Vec<u8>) -> bool {
        let (name, Some(domain)) = split_at(address) else { return false };
        let excluded = match &self.service.lookups.masquerade_exceptions {
            None => Ok(false),
            Some(exceptions) => exceptions.matches(name).await,
        };
        match excluded {
            Ok(false) => {}
            Ok(true) => return false,
            Err(LookupFailed) => {
                log_lines::exceptions_problem(&self.id);
                self.note_error(Status::WRITE);
            }
        }
        let Some(replacement) = domains.replacement(domain) else { return false };
        let kept = name.len() + 1;
        address.truncate(kept);
        address.extend_from_slice(replacement);
        true
    }

    /// Looks an address up (internal form) and gives what it maps to, complete and in internal form.
    async fn map_address(
        &mut self,
        map: &AddressMap,
        address: &[u8],
        propagate: bool,
    ) -> Result<Option<Vec<Vec<u8>>>, LookupFailed> {
        let Some(Found { value, extension }) = map.find(address).await? else { return Ok(None) };
        let text = if value.starts_with(b"@") {
            // `@domain` keeps the user, without the extension that was not matched.
            let (user, _) = split_at(address);
            let dropped = extension.as_ref().map_or(0, Vec::len);
            let mut kept = user.get(..user.len().saturating_sub(dropped)).unwrap_or_default().to_vec();
            kept.extend_from_slice(&value);
            quote_822(&kept)
        } else {
            value
        };
        let extension = extension.filter(|_| propagate);
        let results = self.complete_addresses(&text, extension.as_deref()).await;
        if results.is_empty() {
            log_lines::non_address_result(map.title(), address, &text);
            return Err(LookupFailed);
        }
        Ok(Some(results))
    }

    /// The addresses of a table's result, each in complete form and with the extension put in.
    async fn complete_addresses(&mut self, text: &[u8], extension: Option<&[u8]>) -> Vec<Vec<u8>> {
        let text = if text.is_empty() || text == b"<>" { b"\"\"" } else { text };
        let list = AddressList::parse(text, 0);
        let mut results = Vec::new();
        for found in list.addresses() {
            let complete =
                self.service.rewriter.rewrite(RewriteContext::Local, &found.externalize_tokens()).await;
            let mut result = unquote_822(&complete);
            if let Some(extension) = extension {
                let at = memchr::memrchr(b'@', &result).unwrap_or(result.len());
                result.splice(at..at, extension.iter().copied());
            }
            results.push(result);
        }
        results
    }

    /// What virtual aliases make of a recipient: itself, if there are none.
    pub(crate) async fn expand_aliases(&mut self, map: &AddressMap, recipient: &[u8]) -> Vec<Vec<u8>> {
        match self.try_expand(map, recipient).await {
            Ok(expansion) => expansion,
            Err(error) => {
                self.fail(error, EXPANSION_ERROR);
                vec![recipient.to_vec()]
            }
        }
    }

    async fn try_expand(&mut self, map: &AddressMap, recipient: &[u8]) -> Result<Vec<Vec<u8>>, Status> {
        let limits = self.service.settings.alias_limits;
        let propagate = self.service.settings.propagate_virtual;
        let mut expansion = vec![recipient.to_vec()];
        // Addresses that expanded into themselves: not again.
        let mut finished = Duplicates::new(0);
        let mut at = 0;
        while at < expansion.len() {
            if expansion.len() > limits.expansion {
                log_lines::map_expansion(&self.id, map.title(), recipient);
                return Err(Status::DEFER);
            }
            for depth in 0.. {
                let Some(address) = expansion.get(at).cloned() else { break };
                if finished.contains(&address) {
                    break;
                }
                if depth >= limits.recursion {
                    log_lines::map_nesting(&self.id, map.title(), recipient);
                    return Err(Status::DEFER);
                }
                let results = match self.map_address(map, &address, propagate).await {
                    Ok(Some(results)) => results,
                    Ok(None) => break,
                    Err(LookupFailed) => {
                        log_lines::map_problem_for(&self.id, map.title(), recipient);
                        return Err(Status::WRITE);
                    }
                };
                for (position, result) in results.into_iter().enumerate() {
                    if result.len() > limits.address_length {
                        log_lines::map_result_length(&self.id, map.title(), &result);
                        return Err(Status::DEFER);
                    }
                    if eq_fold(&address, &result) {
                        finished.been_here(&address);
                    }
                    match expansion.get_mut(at) {
                        Some(slot) if position == 0 => *slot = result,
                        _ => expansion.push(result),
                    }
                }
            }
            at += 1;
        }
        Ok(expansion)
    }

    /// Rewrites one address of a header: completes and maps it. Says whether it changed.
    pub(crate) async fn rewrite_header_address(
        &mut self,
        context: RewriteContext,
        address: &mut Address,
        class: AddressClass,
    ) -> bool {
        let before = address.externalize_tokens();
        let mut text = self.service.rewriter.rewrite(context, &before).await;
        let mut changed = text != before;
        // Text goes back and forth between tokens and external form at each step; that may change its spelling.
        if self.flags.has(Flags::MAP) && self.service.lookups.maps_one_to_one(class) {
            text = Address::scan(&text).externalize_tokens();
            changed |= self.map_external(&mut text, class).await;
        }
        *address = Address::scan(&text);
        changed
    }
}

//! The sender of our own address verification probes (`address_verify_sender`), which changes with time so that
//! nobody sends junk to it.

use sys::clock::now_seconds;

use crate::session::{Break, Session};

/// The number system of the part that changes.
const DIGITS: &[u8] = b"0123456789BCDFGHJKLMNPQRSTVWXYZ";

impl Session {
    /// If the address is that of our own probes, now or a short while ago: its lasting form.
    pub(crate) async fn own_probe_sender(&self, address: &[u8]) -> Result<Option<Vec<u8>>, Break> {
        if self.server.stand_alone {
            return Ok(None);
        }
        let settings = &self.server.settings;
        let configured = settings.verify_sender.as_bytes();
        if configured.is_empty() || configured == b"<>" {
            return Ok(address.is_empty().then(Vec::new));
        }
        let plain = configured.split(|&byte| byte == b'@').next().unwrap_or_default();
        // Most addresses are of somebody else, and need no rewriting to see that.
        if !address.get(..plain.len()).is_some_and(|start| address::eq_fold(start, plain)) {
            return Ok(None);
        }
        let lasting = self.rewrite(configured).await?;
        let epoch = u64::try_from(now_seconds()).unwrap_or(0) / settings.verify_sender_ttl.as_secs().max(1);
        let epoch = (!settings.verify_sender_ttl.is_zero()).then_some(epoch);
        Ok(is_probe(&lasting, address, epoch).then_some(lasting))
    }
}

fn is_probe(lasting: &[u8], address: &[u8], epoch: Option<u64>) -> bool {
    let domain_of = |address: &[u8]| {
        let at = address.iter().position(|&byte| byte == b'@');
        at.and_then(|at| address.split_at_checked(at))
            .map(|(local, domain)| (local.to_vec(), domain.to_vec()))
    };
    let (local, domain) = domain_of(lasting).unwrap_or_else(|| (lasting.to_vec(), Vec::new()));
    let (their_local, their_domain) = domain_of(address).unwrap_or_else(|| (address.to_vec(), Vec::new()));
    let Some((start, stamp)) = their_local.split_at_checked(local.len()) else { return false };
    if !address::eq_fold(start, &local) || !address::eq_fold(&their_domain, &domain) {
        return false;
    }
    match epoch {
        None => stamp.is_empty(),
        Some(epoch) => number(stamp).is_some_and(|theirs| theirs.abs_diff(epoch) <= 1),
    }
}

fn number(text: &[u8]) -> Option<u64> {
    let base = u64::try_from(DIGITS.len()).ok()?;
    text.iter().try_fold(0u64, |sum, byte| {
        let digit = DIGITS.iter().position(|digit| digit == byte)?;
        sum.checked_mul(base)?.checked_add(u64::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes() {
        assert!(is_probe(b"double-bounce@x", b"Double-Bounce@X", None));
        assert!(!is_probe(b"double-bounce@x", b"double-bounce@y", None));
        assert!(!is_probe(b"double-bounce@x", b"double-bounceB@x", None));
        assert!(is_probe(b"double-bounce@x", b"double-bounce10@x", Some(30)));
        assert!(!is_probe(b"double-bounce@x", b"double-bounce10@x", Some(28)));
        assert!(!is_probe(b"double-bounce@x", b"double", Some(1)));
    }
}

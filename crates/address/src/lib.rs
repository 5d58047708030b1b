//! RFC 5322 tokens, quoting, parsing and rewriting of addresses and address lists.

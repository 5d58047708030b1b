//! Lookup tables: one trait, one module a type, `type:name` opening, and the look-up rules that daemons share.

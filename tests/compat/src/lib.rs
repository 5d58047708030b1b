//! The compatibility suite: every case runs on the reference and on ours, and what both do must be the same.

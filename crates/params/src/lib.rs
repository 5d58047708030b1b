//! The table of all Postfix 3.11 parameters.
//!
//! Each parameter of main.cf is one row: name, type, default, limits, who reads it, and a line on what it is for.
//! Defaults, checks, `postconf -d` and the documentation come from here, and a parameter's name stands as a
//! string nowhere else. Reading main.cf and evaluating values is the business of the `config` crate.
//!
//! Start at the handles ([`MYHOSTNAME`], [`QUEUE_RUN_DELAY`], ...): typed constants, one per parameter, in upper
//! case. The one name that is no identifier, `2bounce_notice_recipient`, is [`DOUBLE_BOUNCE_NOTICE_RECIPIENT`].
//! To go through the table, use [`rows`]; to find a row by its name, [`by_name`]. Parameters whose names begin
//! with the name of a master.cf service are in [`service`].

mod declare;
mod lookup;
pub mod profile;
mod row;
mod rows;
pub mod service;

pub use lookup::{COUNT, any_starts_with, by_name, ordinal_of, ordinals_by_name, row, rows};
pub use row::{
    Bool, Computed, Default, Int, Kind, Limits, Long, Param, Program, Raw, Row, Seconds, Shape, Text, Value,
};
pub use rows::*;

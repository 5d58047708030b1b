//! The suite. Each module is a subject; each test a case, named as in the ledger.

mod access_control;
mod berkeley_db;
mod clients;
mod commands;
mod dialogues;
mod durability;
mod install;
mod local;
mod messages;
mod mixed;
mod peers;
mod postconf;
mod postconf_corpus;
mod postconf_generated;
mod postconf_options;
mod postconf_values;
mod queue_kinds;
mod queue_tools;
mod servers;
mod set_gid;
mod site;
mod submission;
mod supervision;
mod tables;
mod trouble;

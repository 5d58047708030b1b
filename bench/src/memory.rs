//! What idle SMTP sessions cost.

use crate::Side;
use crate::report::Measurement;
use compat::smtp::Client;
use std::fs;

const SESSIONS: usize = 80;

/// Proportional memory of all smtpd processes, for each of many idle sessions.
pub fn idle_sessions(side: Side) -> Vec<Measurement> {
    let host = side
        .spec()
        .main_cf("maillog_file = /var/log/mail.log\ninet_protocols = ipv4\nsmtpd_client_connection_count_limit = 0\n")
        .start();
    host.start_mail();
    let clients: Vec<Client> = (0..SESSIONS)
        .map(|_| {
            let mut client = Client::connect(&host, 25);
            client.say("EHLO client.example.org");
            client
        })
        .collect();
    let pids =
        String::from_utf8_lossy(&host.must(["sh", "-c", "grep -l '^Name:.smtpd$' /proc/[0-9]*/status"]))
            .into_owned();
    let kilobytes: f64 = pids
        .lines()
        .filter_map(|status| fs::read_to_string(host.path(status.replace("status", "smaps_rollup"))).ok())
        .filter_map(|text| {
            let line = text.lines().find(|line| line.starts_with("Pss:"))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .sum();
    drop(clients);
    vec![Measurement { name: "idle SMTP session, KB", value: kilobytes / SESSIONS as f64 }]
}

//! Tables as daemons use them: how restriction lists name them, what the log says of their mistakes, and which of
//! several tables is opened first.

use compat::roots::Version;
use compat::{HostSpec, Pair};

/// Tables in braces, with and without attributes, right and wrong, and actions that lack what they need, found by name,
/// by address and by parts of both.
#[test]
fn tables_of_restrictions() {
    let pair = Pair::new("tables/restrictions").file("/script", SCRIPT).build();
    pair.run(["bash", "/script"]).assert_same();
}

/// One service for each list, so that one start of the mail system has them all.
const SCRIPT: &str = r#"mkdir /t; cd /t; export LC_ALL=C
printf '127.0.0.1 PREPEND bad\n' >address
printf '127 FILTER bad\n' >network
printf '.example REDIRECT bad\nexample BCC bad\n' >helo
printf 'a@ FILTER\n.example PREPEND\n<> BCC\n' >sender
chmod 755 /t
printf 'smtpd_delay_reject = no\nsmtpd_relay_restrictions = reject_unauth_destination
local_recipient_maps =\nmydestination = b.example\nnotify_classes =\nmaillog_file = /var/log/mail.log
smtpd_restriction_classes = braces\nbraces = check_client_access { texthash:/t/address }\n' >>/etc/postfix/main.cf
port=2500
while IFS= read -r line; do
  echo "$((++port)) inet n - y - - smtpd -o syslog_name=at$port -o { $line }" >>/etc/postfix/master.cf
done <<'LINES'
smtpd_sender_restrictions = check_client_access texthash:/t/address
smtpd_sender_restrictions = check_client_access texthash:/t/network
smtpd_sender_restrictions = check_client_access inline:{localhost=FILTER}
smtpd_sender_restrictions = check_helo_access texthash:/t/helo
smtpd_sender_restrictions = check_sender_access texthash:/t/sender
smtpd_sender_restrictions = check_sender_mx_access inline:{127.0.0.1=FILTER}
smtpd_sender_restrictions = check_sender_a_access inline:{127.0.0.1=FILTER}
smtpd_client_restrictions = check_client_access { static:OK, { search_order = cert_fingerprint } }
smtpd_client_restrictions = check_client_access { static:OK } check_client_access static:OK
smtpd_client_restrictions = check_helo_access { static:OK default_action = OK }
smtpd_client_restrictions = check_ccert_access { static:OK, { search_order = foo }}
smtpd_client_restrictions = check_ccert_access { static:OK { search_order = cert_fingerprint, PUBKEY_fingerprint } }
smtpd_client_restrictions = check_ccert_access { static:OK { subject_cn } }
smtpd_client_restrictions = check_ccert_access { static:OK = OK }
smtpd_client_restrictions = check_client_access {hash}
smtpd_client_restrictions = check_client_access {}
smtpd_client_restrictions = { static:OK }
smtpd_client_restrictions = braces
smtpd_sender_restrictions = check_sender_access {static:OK}
smtpd_sender_restrictions = check_sender_a_access {static:OK}
smtpd_helo_restrictions = check_helo_access {static:OK}
smtpd_client_restrictions = check_client_access inline:{{localhost = {static:OK} }}
LINES
touch -d '1 hour ago' /etc/postfix/main.cf /t/*
postfix start >/dev/null 2>&1
for ((each = 2501; each <= port; each++)); do
  echo "-- $each"
  exec 3<>/dev/tcp/127.0.0.1/$each
  for command in '' 'HELO c.example' 'MAIL FROM:<a@[127.0.0.1]>' 'RCPT TO:<r@b.example>' RSET 'MAIL FROM:<>' QUIT; do
    [ -z "$command" ] || printf '%s\r\n' "$command" >&3
    read -r line <&3; echo "$line"
  done
  exec 3>&-
done
for wait in {1..100}; do
  [ $(grep -ac 'smtpd\[.*disconnect' /var/log/mail.log) -ge $((port - 2500)) ] && break; sleep 0.1
done
postfix stop >/dev/null 2>&1
for ((each = 2501; each <= port; each++)); do
  echo "-- $each"
  grep -a "at$each/smtpd\[" /var/log/mail.log | sed 's|.*smtpd.[0-9]*.: ||; s|^[0-9A-F]\{6,\}: |ID: |'
done
"#;

/// Tables that few deliveries need, when they cannot be opened, are no tables or name no transport; and domain lists
/// that cannot be read. Each recipient is tried once.
#[test]
fn tables_of_deliveries() {
    let pair = Pair::new("tables/deliveries").file("/script", DELIVERIES).build();
    pair.run(["bash", "/script"]).assert_same();
}

/// What master says of a process that ended is no part of this: ours goes on to the next delivery.
const DELIVERIES: &str = r#"mkdir /t; chmod 755 /t; cd /t; export LC_ALL=C
echo 'root discard:silently' | tee open >closed; chmod 600 closed
postconf -e 'alias_maps = inline:{ both=root,nobody }' 'mydestination = b.example' local_recipient_maps= notify_classes= \
  minimal_backoff_time=300s queue_run_delay=300s maillog_file=/var/log/mail.log smtpd_peername_lookup=no
cp /etc/postfix/main.cf /t
while read -r setting; do
  cp main.cf /etc/postfix; postconf -e "$setting"; touch -d '1 hour ago' /etc/postfix/main.cf open closed
  : >/var/log/mail.log; postfix start >/dev/null 2>&1
  echo "-- $setting"
  exec 3<>/dev/tcp/127.0.0.1/25; read -r line <&3
  for recipient in root nobody nosuch both; do
    for command in 'HELO c.example' "MAIL FROM:<>" "RCPT TO:<$recipient@b.example>" DATA $'a: b\r\n\r\n.'; do
      printf '%s\r\n' "$command" >&3; read -r line <&3
      [[ $line == [45]* ]] && echo "$line"
    done
  done
  exec 3>&-
  for wait in {1..100}; do
    [ -z "$(find /var/spool/postfix/{incoming,active} -type f)" ] && break; sleep 0.05
  done
  postsuper -d ALL >/dev/null 2>&1; postfix stop >/dev/null 2>&1
  # The other errors and warnings are as many as there were processes.
  grep -a '\(local\|discard\|rewrite\|smtpd\)\[' /var/log/mail.log | grep -v connect |
    grep 'to=<\|passing\|fatal\|lookup failure' | sed -E 's|.*postfix/||; s|\[[0-9]+\]||; s|[0-9A-F]{6,}: ||; s|delays?=[^ ]*||g' | sort
done <<'LINES'
mailbox_transport_maps = texthash:/t/open
mailbox_transport_maps = texthash:/t/closed
fallback_transport_maps = texthash:/t/closed
mailbox_command_maps = texthash:/t/closed
fallback_transport_maps = none
mailbox_transport = :x
fallback_transport_maps = inline:{nosuch=:}
virtual_alias_domains = fail:x
relay_domains = fail:x
LINES
"#;

/// A build for which there is no room says so by its status; the old table stays.
#[test]
fn lmdb_without_room() {
    let script = "mkdir /m; mount -t tmpfs -o size=80k tmpfs /m; cd /m; echo 'old v' >x; postmap lmdb:x; \
                  for i in {1..2000}; do echo \"key$i value$i\"; done >x; \
                  postmap lmdb:x 2>/dev/null; status=$?; postmap -s lmdb:x; cd /; umount /m; exit $status";
    Pair::new("tables/lmdb-without-room").build().run(["bash", "-c", script]).assert_same();
}

/// A running server keeps what it has read when a table's new content has mistakes, or when its file goes away, and takes
/// what comes after that.
#[test]
fn last_good_content_stays() {
    let host = HostSpec::ours(Version::V3_11).file("/script", CHANGES).start();
    let said = host.run(["bash", "/script"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(said, "552 good\n552 good\n552 good\n552 good\n552 new\nrestarts: 0\n");
}

const CHANGES: &str = r#"mkdir /t; chmod 755 /t; cd /t
echo '/one/ 552 good' >pcre; echo 'two@b.example 552 good' >cdb; postmap cdb:cdb; touch -d '1 hour ago' pcre
postconf -e 'smtpd_recipient_restrictions = check_recipient_access pcre:/t/pcre, check_recipient_access cdb:/t/cdb, reject' \
  maillog_file=/var/log/mail.log mydestination=b.example smtpd_peername_lookup=no
# A second process would read what the first one refuses.
postconf -F smtp/inet/process_limit=1
touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix/master.cf; postfix start >/dev/null 2>&1
ask() {
  exec 3<>/dev/tcp/127.0.0.1/25; read -r line <&3
  for command in 'HELO c.example' 'MAIL FROM:<>' "RCPT TO:<$1@b.example>"; do
    printf '%s\r\n' "$command" >&3; read -r line <&3
  done
  printf 'QUIT\r\n' >&3; read -r <&3; exec 3>&-
  sed -E 's/^(...) .*: ([a-z]+).*/\1 \2/' <<<"$line"
}
ask one; ask two
echo '/one(/ 552 bad' >pcre; touch -d '10 minutes ago' pcre; rm cdb.cdb; sleep 0.2
ask one; ask two
echo 'two@b.example 552 new' >cdb; postmap cdb:cdb; sleep 0.2
ask two
echo "restarts: $(grep -ac 'has changed -- restarting' /var/log/mail.log)"
postfix stop >/dev/null 2>&1
"#;

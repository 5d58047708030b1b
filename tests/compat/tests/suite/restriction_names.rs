//! Names in restriction lists that are no UTF-8: tables, classes, policy servers and what is no name at all.

use compat::Pair;

#[test]
fn names_that_are_no_text() {
    let pair = Pair::new("restrictions/names").file("/script", SCRIPT).build();
    pair.run(["bash", "/script"]).assert_same();
}

/// One service for each list, so that one start of the mail system has them all: `talk` speaks to the one on a port.
const SCRIPT: &str = r#"mkdir /t; cd /t; export LC_ALL=C
echo 'root@v.example REJECT by class' >$'se\xe9'
printf 'r1@x.example REJECT one\nr3@x.example bad entry\nr4@x.example caf\xe9\nr5@x.example DUNNO\n' >$'re\xe9'
printf 'r6@x.example x:caf\xe9\nr7@x.example OK\nr8@x.example PREPEND caf\xe9\nr9@x.example no\xe9\n' >>$'re\xe9'
echo 'r2@x.example 550 5.7.2 two' >$'pr\xe9'
printf 'smtpd_restriction_classes = caf\xe9 plain\ncaf\xe9 = check_sender_access texthash:/t/se\xe9
plain = $caf\xe9 $plain2\nplain2 = texthash:/t/se\xe9
smtpd_sender_restrictions = caf\xe9, check_sender_a_access texthash:/t/se\xe9
smtpd_recipient_restrictions = check_recipient_access texthash:/t/re\xe9
 check_recipient_access proxy:texthash:/t/pr\xe9 reject_rbl_client b\xe9.example
 check_policy_service {unix:/t/po\xe9, try_limit=1, {default_action=450 4.7.3 caf\xe9}}
virtual_mailbox_maps = static:x\nvirtual_mailbox_domains = x.example\nsmtputf8_enable = no
local_header_rewrite_clients = texthash:/t/se\xe9 odd\xe9\nsmtpd_log_access_permit_actions = static:all
notify_classes =\nmaillog_file = /var/log/mail.log\n' >>/etc/postfix/main.cf
port=2500
while IFS= read -r line; do
  printf "$((++port)) inet n - y - - smtpd -o syslog_name=at$port -o { $line }\n" >>/etc/postfix/master.cf
done <<'LINES'
smtpd_client_restrictions = x\xe9
smtpd_client_restrictions = check_client_access x\xe9
smtpd_client_restrictions = check_client_access texthash:/no\xe9
smtpd_client_restrictions = permit caf\xe9
smtpd_client_restrictions = sleep \xe9
smtpd_client_restrictions = reject_rbl_client \xe9=127.0.0.1
smtpd_client_restrictions = plain
smtpd_data_restrictions = texthash:/t/se\xe9
smtpd_restriction_classes = no\xe9
smtpd_client_restrictions = check_policy_service \xe9
smtpd_client_restrictions = check_policy_service unix:
smtpd_client_restrictions = check_policy_service :x
smtpd_client_restrictions = check_policy_service foo\xe9:x
smtpd_client_restrictions = check_policy_service {unix:x a\xe9}
smtpd_client_restrictions = check_policy_service {unix:x try_limit=\xe9}
smtpd_client_restrictions = check_policy_service {unix:x {timeout=\xe9}}
smtpd_client_restrictions = check_policy_service {unix:x caf\xe9=1}
smtpd_client_restrictions = check_policy_service {}
smtpd_client_restrictions = check_policy_service {{unix:x} {a=b}c}
smtpd_client_restrictions = check_client_access foo:x check_policy_service {unix:x a}
smtpd_client_restrictions = check_policy_service {unix:x a} check_client_access foo:x
LINES
touch -d '1 hour ago' /etc/postfix/main.cf
postfix start >/dev/null 2>&1
talk() {
  echo "-- ${*}"
  exec 3<>/dev/tcp/127.0.0.1/$1; shift
  for command in '' 'HELO c.example' "$@" QUIT; do
    [ -z "$command" ] || printf '%s\r\n' "$command" >&3
    while read -r line <&3; do echo "$line"; [[ $line == ???-* ]] || break; done
  done
  exec 3>&-
}
talk 25 'MAIL FROM:<root@v.example>' 'RCPT TO:<r5@x.example>'
for number in {1..9}; do talk 25 'MAIL FROM:<a@v.example>' "RCPT TO:<r$number@x.example>"; done
for each in {2501..2508}; do talk $each 'MAIL FROM:<a@v.example>' 'RCPT TO:<r7@x.example>'; done
talk 2508 'MAIL FROM:<a@v.example>' 'RCPT TO:<r7@x.example>' DATA
for ((each = 2509; each <= port; each++)); do exec 3<>/dev/tcp/127.0.0.1/$each; exec 3>&-; done
for wait in {1..100}; do
  [ $(grep -ac 'smtpd\[.*fatal:' /var/log/mail.log) -ge $((port - 2508)) ] && break; sleep 0.1
done
postfix stop >/dev/null 2>&1
for name in postfix $(seq -f at%.0f 2501 $port); do
  echo "-- $name"
  grep -a "$name/smtpd\[" /var/log/mail.log | sed 's|.*smtpd.[0-9]*.: ||; s|^[0-9A-F]\{6,\}: |ID: |'
done
"#;

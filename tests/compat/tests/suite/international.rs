//! Addresses whose domains are of other alphabets, well formed and not.

use compat::Pair;

/// Runs a script on both sides, with smtputf8_enable on and off.
fn with_and_without(case: &str, main_cf: &str, script: &str) {
    for enabled in ["yes", "no"] {
        let pair = Pair::new(&format!("international/{case}-{enabled}"))
            .main_cf(&format!("smtputf8_enable = {enabled}\n"))
            .main_cf(MAIN_CF)
            .main_cf(main_cf)
            .file("/script", script)
            .build();
        pair.run(["bash", "/script"]).assert_same();
    }
}

/// By SMTP and by sendmail: replies, what becomes of the mail, and what the log complains of.
#[test]
fn domains_of_other_alphabets() {
    with_and_without("domains", "", SCRIPT);
}

/// Each form from each domain, and why there is none.
#[test]
fn forms_of_domains() {
    let pair =
        Pair::new("international/forms").main_cf("smtputf8_enable = yes\n").file("/script", FORMS).build();
    pair.run(["bash", "/script"]).assert_same();
}

const FORMS: &str = r#"while IFS= read -r domain; do
  for form in ascii utf8; do
    postconf -hx -o "mail_name=\${domain_to_$form{$domain}}" mail_name 2>&1
  done
done <<'DOMAINS'
spät.exam_le
ß.example
١.example
0א.example
א.٠a
xn--ä.example
xn--0-.ä
xn--zzzz1.ä
xn--a.ä
xn--
xn---.ä
xn--maana-pta.ä
XN--MAANA-pta.ä
xn--bcher-kva.A_B
xn--0ca24w.ä
ABC.Ä
ﬀ.℡.³
ä.１２３
🐛--1
ab--c.ä
ａ－.-ä
.ä..b
ä.
ä.b..
ä,b
́ä.b
a‌b.‍ä
≠.̸
⒈com.ä
一二。三
ä｡b
ſ.K
日本.example
DOMAINS
"#;

/// Destinations of relayed mail.
#[test]
fn destinations() {
    with_and_without("destinations", DESTINATIONS, ROUTED);
}

/// Nobody listens there, and nothing is looked up in the DNS.
const DESTINATIONS: &str = "\
smtp_dns_support_level = disabled
smtp_host_lookup = native
transport_maps = inline:{{b.example=smtp:spät.exam_le} {c.example=smtp:[spät.example]:2525} {d.example=smtp:[127.0.0.1]:1} \
                            {e.example=smtp:ä..b} {f.example=smtp:xn--ä} {g.example=smtp:[ä+]:25} {h.example=smtp:ｅ.example}}
";

/// The fatal ones are tried again and again; what counts is what is said of each.
const ROUTED: &str = r#"export LC_ALL=C
postconf -F smtp/unix/chroot=n
touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix/master.cf
postfix start >/dev/null 2>&1
for letter in b c d e f g h; do echo text | sendmail -f a@b.example x@$letter.example; done
for wait in {1..300}; do
  said=$(grep -aE 'smtp\[.*(status=|fatal)' /var/log/mail.log | grep -aoE 'to=<[^>]*>|description: .*' | sort -u | wc -l)
  [ $said -lt 7 ] || break
  sleep 0.1
done
postfix stop >/dev/null 2>&1
grep -aE 'smtp\[.*(warning|relay=|fatal)' /var/log/mail.log |
  sed -E 's/^.*(postfix\/smtp)\[[0-9]+\]/\1/; s/: [0-9A-F]{6,}:/: ID:/; s/delay=.*, dsn/dsn/' | sort -u
"#;

const MAIN_CF: &str = "\
maillog_file = /var/log/mail.log
myhostname = mail.example.com
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
default_transport = discard:gone
notify_classes =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_helo_required = yes
smtpd_delay_reject = no
smtpd_sender_restrictions = reject_non_fqdn_sender
smtpd_recipient_restrictions = reject_non_fqdn_recipient
smtpd_helo_restrictions = reject_non_fqdn_helo_hostname
";

const SCRIPT: &str = r#"export LC_ALL=C
echo '2525 inet n - n - - smtpd' >>/etc/postfix/master.cf
touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix/master.cf
postfix start >/dev/null 2>&1
long=$(printf 'spät%060d' 0)
domains=(spät.example spät.exam+le spät.exam_le spät..example spät.example. .spät.example spät ä.-x ä.x- ab--ä.example
  xn--ä.example '[spät.example]' "$long.example" 'ä b.example' $'sp\xe4t.example' ß.example Ä.EXAMPLE
  '日本。example' 'ｅｘａｍｐｌｅ.example' ١.example $'ä\xe2\x80\x8d.example' $'\xcc\x81ä.example' $'\xe2\x84\xaa.example' $'\xc5\xbf.example' ☃.example
  sp+t.example exam_le.example)
ask() {
  for command in "$@"; do
    printf '%s\r\n' "$command" >&3
    while read -r -t 20 line <&3; do
      echo "$line" | sed 's/queued as .*/queued/'
      [[ $line == ???-* ]] || break
    done
  done
}
for domain in "${domains[@]}" spät.exam+le; do
  echo "-- $domain"
  exec 3<>/dev/tcp/127.0.0.1/2525
  read -r line <&3
  ask 'EHLO c.example' >/dev/null
  ask "MAIL FROM:<a@$domain> SMTPUTF8" RSET "MAIL FROM:<a@$domain>" RSET \
    'MAIL FROM:<a@b.example> SMTPUTF8' "RCPT TO:<b@$domain>" RSET \
    'MAIL FROM:<a@b.example>' "RCPT TO:<b@$domain>" "HELO $domain" QUIT
  exec 3>&-
  echo text | sendmail -f a@b.example "b@$domain"
  echo text | sendmail -f "a@$domain" b@b.example
done
for wait in {1..300}; do
  # Nothing is left, and has not been for a while.
  [ -z "$(find /var/spool/postfix/{maildrop,incoming,active} -type f)" ] || quiet=0
  [ $((quiet += 1)) -lt 15 ] || break
  sleep 0.1
done
postfix stop >/dev/null 2>&1
grep -aE 'warning|NOQUEUE|relay=|fatal|panic' /var/log/mail.log |
  sed -E 's/^.*(postfix\/[-a-z]+)\[[0-9]+\]/\1/; s/: [0-9A-F]{6,}:/: ID:/; s/delay=.*, dsn/dsn/' |
  awk '!/midna_domain/ || !said[$0]++' | sort | uniq -c  # Each process says it once, and load decides how many there are.
"#;

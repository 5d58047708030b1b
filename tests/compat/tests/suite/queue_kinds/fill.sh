# fill.sh FOLDER   has a mail system fill its queue with messages of every kind, stops it, and archives the queue as
# FOLDER/kinds.tar; then again as FOLDER/large.tar with a message of 50 megabytes.
# Mail to anybody at later.example is put off, at bounced.example bounced, at filtered.example put off by a filter.
set -eu
archives=$1
here=/queue_kinds
spool=/var/spool/postfix

settle() {
    for _ in $(seq 1200); do
        [ -n "$(find $spool/maildrop $spool/incoming $spool/active -type f)" ] || return 0
        sleep 0.1
    done
    echo "mail does not settle" >&2
    find $spool/maildrop $spool/incoming $spool/active -type f >&2
    exit 1
}

# Waits for files in a directory.
count() {
    for _ in $(seq 1200); do
        [ "$(find $spool/$1 -type f -size +0 | wc -l)" -lt "$2" ] || return 0
        sleep 0.1
    done
    echo "too few files in $1" >&2
    exit 1
}

restart() { postfix stop 2>/dev/null; postfix start 2>/dev/null; }

smtp() { perl $here/smtp.pl "$1" || { echo "session failed" >&2; exit 1; }; }

message() { printf 'Subject: %s\nTo: someone@later.example\n\nHello, %s.\n' "$1" "$1"; }

cat >/etc/postfix/main.cf <<'E'
compatibility_level = 3.11
maillog_file = /var/log/mail.log
myhostname = mail.example.com
mydestination = $myhostname, localhost
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
message_size_limit = 60000000
line_length_limit = 2048
relayhost = [127.0.0.1]:2
delay_warning_time = 4h
transport_maps = inline:{{bounced.example=error:5.1.1 no such user}}
header_checks = regexp:{{/^X-Hold:/ HOLD by request} {/^X-Filter:/ FILTER smtp:[127.0.0.1]:3}}
smtpd_recipient_restrictions = reject_non_fqdn_sender
unverified_recipient_reject_code = 450
address_verify_map =
smtpd_authorized_verp_clients = 127.0.0.1
E
echo '2526 inet n - n - - smtpd -o smtpd_milters=inet:127.0.0.1:7777
2527 inet n - n - - smtpd -o smtpd_recipient_restrictions=reject_unverified_recipient' >>/etc/postfix/master.cf
touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix/master.cf
perl $here/milter.pl >/dev/null 2>&1 &
milter=$!
until (exec 3<>/dev/tcp/127.0.0.1/7777) 2>/dev/null; do sleep 0.05; done
postfix start 2>/dev/null

# From the local submission service.
message plain | sendmail -f plain@example.com a@later.example b@later.example
message empty-sender | sendmail -f '<>' a@later.example
printf 'From: "A B" <x@example.com>\n\nlong lines\n%5000s\n.\nend without newline' x |
    sendmail -i -F 'Full Name' -f '"quoted sender"@example.com' '"quoted recipient"@later.example'
message dsn | sendmail -N success,delay,failure -R hdrs -V envelope+2Bid -f dsn@example.com a@later.example
message never | sendmail -N never -f never@example.com a@later.example
message verbose | sendmail -v -f verbose@example.com a@later.example
message verp | sendmail -XV -f verp@example.com a@later.example b@later.example
message bounced | sendmail -f bounced@example.com x@bounced.example a@later.example y@bounced.example
message content | sendmail -B 8BITMIME -f eight@example.com a@later.example
printf 'X-Hold: yes\nSubject: held\n\nheld\n' | sendmail -f held@example.com a@later.example
printf 'X-Filter: yes\nSubject: filtered\n\nfiltered\n' | sendmail -f filtered@example.com a@filtered.example
printf '\n' | sendmail -f bare@example.com a@later.example
printf 'no header\n' | sendmail -f headless@example.com a@later.example

# By SMTP.
smtp 25 <<'E'
EHLO client.example.org
MAIL FROM:<s@example.org> RET=FULL ENVID=one+2Btwo SIZE=500 BODY=8BITMIME
RCPT TO:<a@later.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+40place.example
RCPT TO:<b@later.example> NOTIFY=NEVER
DATA
Received: from elsewhere
Subject: =?utf-8?q?encoded?=
 and folded
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=xx

--xx
Content-Type: text/plain; charset=utf-8

äöü
..dots
--xx--
.EOF
MAIL FROM:<üser@exämple.org> SMTPUTF8
RCPT TO:<empfänger@spät.example>
DATA
Subject: Grüße

Grüße
.EOF
MAIL FROM:<bdat@example.org>
RCPT TO:<a@later.example>
BDAT
Subject: chunks

one
two
.EOF
MAIL FROM:<xverp@example.org> XVERP=-=
RCPT TO:<a@later.example>
DATA
Subject: xverp

x
.EOF
QUIT
E
for size in small large; do
    {
        printf 'EHLO client.example.org\nMAIL FROM:<edited@example.org>\n'
        printf 'RCPT TO:<%s@later.example>\n' stays taken
        printf 'DATA\nSubject: %s\nX-Gone: x\nX-Short: a value that gets shorter\n\n' $size
        if [ $size = large ]; then yes 'a long body that is replaced by a shorter one' | head -1000; else echo body; fi
        printf '.EOF\nQUIT\n'
    } | smtp 2526
done
{
    printf 'EHLO client.example.org\nMAIL FROM:<many@example.org>\n'
    seq 1 1000 | sed 's/.*/RCPT TO:<user&@later.example>/'
    printf 'DATA\nSubject: many\n\nmany\n.EOF\nQUIT\n'
} | smtp 25
seq 1001 3000 | sed 's/.*/user&@later.example/' | {
    recipients=$(tr '\n' ' ')
    message crowd | sendmail -f crowd@example.com $recipients
}
settle

# Long queue ids, beside the short ones. (A start with short ids would rename these.)
postconf -e enable_long_queue_ids=yes
restart
message long | sendmail -f long@example.com a@later.example x@bounced.example
message long-held | sendmail -f longheld@example.com a@later.example
printf 'X-Hold: yes\n\nheld\n' | sendmail -f longheld@example.com a@later.example
settle

# Notices cannot be sent: logs of bounces and deliveries stay, and so do their messages, in active.
postconf -P bounce/unix/cleanup_service_name=nowhere trace/unix/cleanup_service_name=nowhere
restart
message bounced | sendmail -f stuck@example.com x@bounced.example a@later.example '"b c"@bounced.example'
message verbose | sendmail -v -f traced@example.com a@later.example
count bounce 1
count trace 1

# Nobody takes mail out of incoming.
postconf -MX qmgr/unix
restart
message incoming | sendmail -f incoming@example.com a@later.example
message verbose | sendmail -bv -f probe@example.com a@later.example
printf 'EHLO c.example.org\nMAIL FROM:<s@example.org>\nRCPT TO:<probed@later.example>\n' | perl $here/smtp.pl 2527 2>/dev/null || :
count incoming 3

# Nobody takes mail out of maildrop.
postconf -MX pickup/unix
restart
message maildrop | sendmail -f maildrop@example.com a@later.example
message maildrop | sendmail -v -N success -R full -V envid -f '' a@later.example b@later.example
echo | sendmail -O REQUIRETLS=yes -bv -f maildrop@example.com a@later.example
count maildrop 3
postfix stop 2>/dev/null
kill $milter

# One message that a queue manager had in work when it was stopped, and one that nobody completed.
cd $spool
mv "$(find incoming -type f | sort | head -1)" active/
printf 'T\00212incomplete' >incoming/123456.789
chown postfix:postfix incoming/123456.789
chmod 600 incoming/123456.789
directories="maildrop incoming active deferred hold defer bounce trace corrupt flush saved pid public private"
# No file waits for a time that may come, or not, while a command runs.
find $directories -type f -exec touch -d '1 hour ago' {} +
tar cf "$archives/kinds.tar" --warning=no-file-ignored $directories

find maildrop incoming active deferred hold defer bounce trace -type f -delete
postconf -Me 'pickup/unix=pickup unix n - n 60 1 pickup'
postfix start 2>/dev/null
{
    printf 'Subject: large\n\n'
    yes 'a line of a large message, of which there are many thousands, until 50 megabytes are full' | head -c 50000000
} | sendmail -f large@example.com a@later.example
count incoming 1
while [ -n "$(find maildrop -type f)" ]; do sleep 0.1; done
postfix stop 2>/dev/null
tar cf "$archives/large.tar" --warning=no-file-ignored $directories

//! Parameters of PostgreSQL, MariaDB and LDAP tables that are no UTF-8, in files and in main.cf. What arrives is
//! written down by servers that only play as much of the protocols as is needed.

use compat::Pair;

#[test]
fn parameters_that_are_no_text() {
    let pair = Pair::new("servers/bytes").file("/server", SERVER).file("/script", SCRIPT).build();
    pair.run(["bash", "/script"]).assert_same();
}

/// Plays a server on each port; what clients say goes to /said/ADDRESS.
const SERVER: &str = r#"use IO::Socket::INET; $SIG{CHLD} = 'IGNORE';
sub take { my ($s, $n) = @_; my $all = ''; while (length $all < $n) { sysread($s, $all, $n - length $all, length $all) or exit } $all }
sub say_of { my ($what, $bytes) = @_; $bytes =~ s/([^ -~])/sprintf '\\%02x', ord $1/ge; print LOG "$what: $bytes\n" }
sub pgsql { my $s = shift;
  my $first = take($s, unpack('N', take($s, 4)) - 4);
  if (length $first == 4) { print $s 'N'; $first = take($s, unpack('N', take($s, 4)) - 4) }
  say_of('start', $first); print $s pack('aNN', 'R', 8, 3);
  for (;;) { my ($type, $size) = unpack('aN', take($s, 5)); my $body = take($s, $size - 4);
    say_of("message $type", $body);
    print $s pack('aNN', 'R', 8, 0) if $type eq 'p';
    print $s pack('aNa*', 'C', 13, "SELECT 0\0") if $type eq 'Q';
    print $s pack('aNa', 'Z', 5, 'I') } }
sub mysql { my $s = shift; my $number = 0;
  my $send = sub { print $s substr(pack('V', length $_[0]), 0, 3), chr($_[1]), $_[0] };
  my $get = sub { my $head = take($s, 4); $number = ord substr($head, 3); take($s, unpack('V', substr($head, 0, 3) . "\0")) };
  $send->("\x0a5.5.5-10.11\0" . pack('V', 7) . '12345678' . "\0" . pack('vCvvC', 0xf7fe & ~0x800, 45, 2, 0x81bf, 21)
    . "\0" x 10 . '123456789012' . "\0mysql_native_password\0", 0);
  my $login = $get->(); my ($user, $rest) = split /\0/, substr($login, 32), 2;
  my $auth = ord $rest; my ($database) = split /\0/, substr($rest, 1 + $auth);
  say_of('user', $user); say_of('proof', substr($rest, 1, $auth)); say_of('database', $database);
  $send->("\0\0\0\x02\0\0\0", $number + 1);
  for (;;) { my $command = $get->(); exit if $command eq "\x01"; say_of('command', $command);
    $send->("\0\0\0\x02\0\0\0", 1) } }
sub ldap { my $s = shift;
  for (;;) { my $head = take($s, 2); my $size = ord substr($head, 1); my $body = take($s, $size);
    my ($id, $type) = (substr($body, 0, 3), ord substr($body, 3)); exit if $type == 0x42;
    say_of('request', substr($body, 3));
    print $s "\x30\x0c", $id, chr($type == 0x60 ? 0x61 : 0x65), "\x07\x0a\x01\0\x04\0\x04\0" } }
for (['5432', \&pgsql], ['3306', \&mysql], ['389', \&ldap]) { my ($port, $play) = @$_;
  my $listener = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => $port, Listen => 9, ReuseAddr => 1) or die;
  fork and next;
  while (my $s = $listener->accept) { $s->autoflush(1); fork and next;
    open LOG, '>>', '/said/' . $s->sockhost; LOG->autoflush(1); $play->($s); exit } }
"#;

const SCRIPT: &str = r#"mkdir /t; cd /t; exec 2>&1; export LC_ALL=C
echo 'nameserver 127.0.0.1' >/etc/resolv.conf; mkdir /said; perl /server; e=$'\xe9'
number=0
ask() { # Into a file of its own: the reference takes a second to end, so many run at once.
  local out=/t/$(printf out.%03d $number)
  { echo "-- $*"; postmap -q k@d.example "$@" 2>$out.err; echo "status $?"
    # What errno happened to be is nobody's business.
    sed "s/query error: .*/query error/; s/\\.$number/.N/g; s/t$number\\.cf/tN.cf/" $out.err; } >$out &
}
both() { # The same in a file and in main.cf. ADDRESS is an address that nobody else connects to.
  local type=$1 lines=("${@:2}")
  ((number++)); printf '%s\n' "${lines[@]//ADDRESS/127.0.1.$number}" >t$number.cf; touch -d '1 hour ago' t$number.cf
  ask $type:./t$number.cf
  ((number++)); mkdir c$number; cp main.cf c$number; printf "u$e"'_%s\n' "${lines[@]//ADDRESS/127.0.1.$number}" >>c$number/main.cf
  touch -d '1 hour ago' c$number/main.cf; ask -c c$number $type:u$e
  ((number % 10)) || wait
}
cp /etc/postfix/main.cf main.cf
login=("hosts = ADDRESS" "user = us$e" "password = pa$e" "dbname = da$e")
for type in pgsql mysql; do
  both $type "${login[@]}" "query = SELECT '$e' WHERE '%u'" "result_format = $e%s"
  both $type "${login[@]}" "query = SELECT %z$e"
  both $type "${login[@]}" "query = x" "result_format = %y$e"
  both $type "${login[@]}" "table = ta$e" "select_field = se$e" "where_field = wh$e" "additional_conditions = ad$e"
  both $type "hosts = unix:/no$e" "user = u" "dbname = d" "query = x"
  both $type "hosts = no$e" "user = u" "dbname = d" "query = x"
  both $type "hosts = ADDRESS:po$e" "user = u" "dbname = d" "query = x"
  both $type "${login[@]}" "query = x" "expansion_limit = $e"
  both $type "${login[@]}" "query = x" "encoding = $e" "charset = $e"
  both $type "${login[@]}" "query = x" "require_result_set = $e"
done
both pgsql "hosts = ADDRESS" "query = x"
both pgsql "${login[@]}" "select_function = fu$e"
both pgsql "hosts = postgresql://us%E9:pa$e@ADDRESS/da$e?application_name=ap%e9&sslmode=disable" "dbname = x" "query = x"
both pgsql "hosts = postgresql://h/d?na$e=x" "dbname = x" "query = x"
both pgsql "hosts = postgresql:///d?host=/no$e" "dbname = x" "query = x"
both pgsql "hosts = postgresql://h/d?sslmode=$e" "dbname = x" "query = x"
both pgsql "hosts = postgresql://ADDRESS/d?sslmode=verify-ca&sslrootcert=/no$e" "dbname = x" "query = x"
both mysql "${login[@]}" "query = x" "option_file = /no$e" "option_group = $e"
both mysql "${login[@]}" "query = x" "tls_CAfile = /no$e"
both ldap "server_host = ADDRESS" "bind = no" "search_base = dc=$e" "query_filter = (m=%s$e)" "result_attribute = m"
both ldap "server_host = ADDRESS" "bind_dn = cn=$e" "bind_pw = pa$e" "search_base = dc=%u$e" "query_filter = (m=$e)" "result_attribute = m"
both ldap "server_host = ADDRESS" "bind = no" "search_base = dc=$e" "result_format = %z$e"
both ldap "server_host = ADDRESS" "bind = no" "search_base = dc=$e" "result_filter = $e"
both ldap "bind = $e" "search_base = x"
both ldap "server_host = ADDRESS" "bind = no" "search_base = x" "scope = $e" "version = 3$e"
both ldap "server_host = no$e" "search_base = x" "result_attribute = m"
both ldap "server_host = ldap://no$e" "search_base = x" "result_attribute = m"
both ldap "server_host = ldap://ADDRESS" "search_base = x$e" "start_tls = yes" "tls_ca_cert_file = /no$e"
both ldap "server_host = ADDRESS" "bind = no" "search_base = x" "chase_referrals = $e"
both sqlite "dbpath = /no$e" "query = x"
both sqlite "dbpath = /t/d$e" "query = SELECT %s FROM '%u' $e"
both sqlite "dbpath = /t/d$e" "query = SELECT 'a%u', '$e'" "result_format = $e%s"
both memcache "memcache = unix:/no$e" "key_format = $e%s" "max_try = 1"
both memcache "memcache = unix:/no$e" "key_digest = $e"
both memcache "memcache = unix:/no$e" "backup = texthash:/no$e" "max_try = 1"
wait; for each in out.???; do echo "$each"; cat $each; cat /said/127.0.1.$((10#${each#out.})); done
"#;

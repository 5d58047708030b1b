//! What tables refuse: updates of kinds that have none, digests that nobody has, odd numbers, hosts that are none.

use compat::Pair;

fn compare(case: &str, script: &str) {
    let pair = Pair::new(case).file("/script", [ASK, script].concat()).build();
    pair.run(["bash", "/script"]).assert_same();
}

/// `ask COMMAND..` runs many at once, because a failure waits a second before it ends; `told` shows what came of them.
const ASK: &str = r#"mkdir /t /o; cd /t; exec 2>&1; export LC_ALL=C; number=1000
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
ask() {
  local out=/o/$((++number))
  # What errno happened to be is nobody's business.
  { echo "-- $*"; timeout 20 "$@" 2>&1 </t/input | sed 's/query error: .*/query error/'; echo "${PIPESTATUS[0]}"; } \
    >$out &
  ((number % 20)) || wait
}
file() { printf '%s\n' "$@" >$number.cf; touch -d '1 hour ago' $number.cf; }
told() { wait; cat /o/*; }
echo 'x: y' >input; touch -d '1 hour ago' /etc/postfix/main.cf
"#;

#[test]
fn updates() {
    compare(
        "tables/no-updates",
        r#"for table in 'pipemap:{static:x}' 'pipemap:{regexp:{{/./ x}}}' 'unionmap:{static:x}' 'randmap:{a}' 'inline:{a=b}' static:x \
    cidr:t texthash:t regexp:t pcre:t unix:passwd.byname fail:x internal:x debug:static:x \
    sqlite:./t pgsql:./t mysql:./t ldap:./t nis:x union:x 'debug:pipemap:{static:x}'; do
  for option in -i '-d a' -s -r; do ask postmap $option "$table"; done
  ask postmap "$table"; ask postalias -i "$table"
done
told
"#,
    );
}

#[test]
fn digests() {
    compare(
        "tables/digests",
        r#"for name in keccak-kmac-128 KECCAK-KMAC256 x:y :x x: sha256:x md5:provider=default SHA2-256: sha256:: x:sha256 MD4:x \
    keccak-kmac-128:x 1.3.14.3.2.26:x 'sha 256' MD4 whirlpool CN 1.2.3; do
  file 'memcache = unix:/no' 'max_try = 1' "key_digest = $name"; ask postmap -q a memcache:./$number.cf
done
told
"#,
    );
}

#[test]
fn numbers_of_ldap() {
    compare(
        "tables/numbers-of-ldap",
        r#"of() { file 'server_host = 127.0.0.1' 'search_base = x' 'result_attribute = m' "$@"; ask postmap -q a ldap:./$number.cf; }
for number_of_seconds in -2 -3 -1 0 1 -2147483648 2147483647 2147483648 -2147483649 x; do
  for more in '' 'bind = no' 'start_tls = yes'; do of "timeout = $number_of_seconds" "$more"; done
done
for line in 'debuglevel = 0' 'debuglevel = x' 'debuglevel = 1x' 'debuglevel =' 'server_port = -1' 'server_port = 65536' \
    'server_port = 0' 'version = -1' 'version = 99' 'size_limit = -1' 'expansion_limit = -5' 'recursion_limit = 0' \
    'dereference = -1' 'dereference = 4' 'cache_size = 0' 'cache_expiry = 5'; do of "$line"; done
told
"#,
    );
}

#[test]
fn hosts() {
    compare(
        "tables/hosts",
        r#"e=$'\xe9'
for host in caf$e:25 caf$e.example:25 "[caf$e]:25" 127.0.0.1:caf$e $e $'\xff\xfe.\xe9:25' caf$e:http $'\xc3\x28x.example:25' 'caf?:25' \
    'b..ücher.example:25' '-bücher:25' 'a b:25' 'bü cher:25' '[ipv6:x]:25' '[::1' '[::1]x' a:25x :25x ::25; do
  ask postmap -s "tcp:$host"; ask postmap -q a "tcp:$host"
  file "memcache = inet:$host" 'max_try = 1'
  ask postmap -s memcache:./$number.cf; ask postmap -q a memcache:./$((number - 1)).cf
done
ask postmap -q a socketmap:inet:caf$e:25:x
told
"#,
    );
}

//! Names of tables and files that are no UTF-8, that are empty, or that only start like names: on command lines, in main.cf
//! and in lists.

use compat::Pair;

#[test]
fn names_that_are_no_text() {
    let pair = Pair::new("tables/names").file("/names", NAMES).file("/no-names", NO_NAMES).build();
    pair.run(["bash", "/names"]).assert_same();
    pair.run(["bash", "/no-names"]).assert_same();
}

/// Names of tables, of files in lists and of a configuration directory, in Latin 1.
const NAMES: &str = r#"mkdir /t; cd /t; exec 2>&1
f=$'caf\xe9'; printf 'k v\nl w\n' >$f; printf '/k/ r\n' >$'re\xe9'; printf '10.0.0.0/8 c\n' >$'ci\xe9'
for t in lmdb hash btree cdb; do
  postmap $t:$f; postmap -q k $t:$f; postmap -s $t:$f; echo 'x y' | postmap -i $t:$f; postmap -d k $t:$f
  postmap -q x $t:$PWD/$f
done
ls | od -c
for t in texthash:$f regexp:$'re\xe9' pcre:$'re\xe9' lmdb:$'no\xe9' $'foo\xe9:x' $'static:\xe9' $'inline:{k=\xe9}' \
    "unionmap:{texthash:$f,static:z}" "pipemap:{texthash:$f,inline:{v=ok}}" debug:texthash:$f $'nocolon\xe9' \
    $'sqlite:./s\xe9' $'socketmap:unix:/n\xe9:x'; do
  postmap -q k "$t"; postmap -uq k "$t"
done
postmap -q 10.0.0.1 $'cidr:ci\xe9'; postmap $'lmdb:no\xe9'
printf 'memcache = unix:/nosuch\nmax_try = 1\ndomain = /t/do\xe9\n' >$'m\xe9'; echo d.example >$'do\xe9'
postmap -q a@d.example $'memcache:./m\xe9'; postmap -q a@e.example $'memcache:./m\xe9'
mkdir $'d\xe9'; cp /etc/postfix/main.cf $'d\xe9'; sed -i '/^default_database/d' $'d\xe9/main.cf'
printf 'default_database_type = texthash\n' >>$'d\xe9/main.cf'; touch -d '1 hour ago' $'d\xe9/main.cf'
postmap -c $'d\xe9' -q k $f; postmap -c $'nd\xe9' -q k $f
printf 'postmaster: root\n' >$'al\xe9'; sed -i '/^alias_database/d' /etc/postfix/main.cf
printf 'alias_database = lmdb:/t/al\xe9\n' >>/etc/postfix/main.cf
touch -d '1 hour ago' /etc/postfix/main.cf
newaliases; postalias -q postmaster $'lmdb:/t/al\xe9'
"#;

/// Names that are empty, or that only start like others.
const NO_NAMES: &str = r#"mkdir /t/w; cd /t/w; exec 2>&1
for table in lmdb: environ: hash: cdb: static: debug: fail: internal: inline: regexp: : :x ''; do
  for option in -i '-q k' -s '-d k' ''; do
    echo "-- $option $table"; echo a b | postmap $option "$table"; echo $?
  done
done
ls -A
echo k v >t; cp /etc/postfix/main.cf .
for type in hash: lmdb:x '' 'ha sh' $'l\xe9'; do
  sed -i '/^default_database/d' main.cf; printf 'default_database_type = %s\n' "$type" >>main.cf
  touch -d '1 hour ago' main.cf
  for option in -i '-q k' -s '-d k' ''; do
    echo "-- $option of type $type"; echo a b | postmap -c . $option t; echo $?
  done
done
"#;

/// Lists of main.cf that name such tables and files, in daemons.
#[test]
fn daemons_take_such_names() {
    let pair = Pair::new("tables/names-in-daemons").file("/script", IN_DAEMONS).build();
    pair.run(["bash", "/script"]).assert_same();
}

const IN_DAEMONS: &str = r#"mkdir /t; cd /t
echo 'a@v.example b@w.example' >$'al\xe9'; echo 'b@w.example c@x.example' >$'pr\xe9'; echo v.example >$'do\xe9'
echo 'c@x.example d@x.example' >$'ge\xe9'
printf 'virtual_alias_maps = texthash:/t/al\xe9, proxy:texthash:/t/pr\xe9\nvirtual_alias_domains = /t/do\xe9
recipient_canonical_maps = texthash:/t/ge\xe9\ndefault_transport = discard\nmaillog_file = /var/log/mail.log\n' \
  >>/etc/postfix/main.cf
postfix start >/dev/null 2>&1
for to in a@v.example c@x.example nobody@v.example; do echo hello | sendmail -f '' $to; done
for wait in {1..100}; do [ "$(grep -c 'status=' /var/log/mail.log)" -ge 3 ] && break; sleep 0.1; done
grep -o ' to=.*relay=[^,]*\|status=.*\|\(warning\|error\|fatal\): .*' /var/log/mail.log | sort
postfix stop >/dev/null 2>&1
"#;

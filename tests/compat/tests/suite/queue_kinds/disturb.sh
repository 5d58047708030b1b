# Puts things into a queue that should not be there, or not there, or not under that name.
set -e
cd /var/spool/postfix
nth() { find "$1" -type f | sort | sed -n "$2p"; }
mkdir -p deferred/Z/Y/X hold/A/B incoming/sub incoming/q/w maildrop/d maildrop/x active/7 defer/B
touch maildrop/d/file
cp -p "$(nth deferred 1)" incoming/q/w/00001ABC
cp -p "$(nth deferred 2)" active/4jXfM107rkz5
cp -p "$(nth deferred 2)" active/NOTANINODE
held=$(nth hold 1)
for name in 12345 'with space' '#FIX' '00000111#FIX' 'bad.name#FIX'; do cp -p "$held" "hold/$name"; done
ln hold/12345 hold/12346
mv "$held" "hold/ABCDE$(stat -c %i "$held" | xargs printf %X)#FIX"
echo interrupted >'defer/B/ABCDE1#FIX'
ln -s /etc/passwd active/SYMLINK
mkfifo incoming/FIFO
echo site >flush/a_example
for name in maildrop/777.1 active/888.1; do
    echo incomplete >$name
    chmod 600 $name
done
touch -r "$(nth deferred 1)" active/888.1
chown -hR postfix: defer bounce hold active incoming deferred flush maildrop
touch -d '2020-01-01 UTC' defer/B/* maildrop/777.1 incoming/*.* flush/* maildrop/d/file

# Shows damaged files with postcat, each with some of its options.
folder=/tmp/damaged
options=('' -o -h -b -e -d -bh -eo -v)
mkdir -p $folder
cd /var/spool/postfix
perl /queue_damage/mutate.pl 2000 $folder \
    $(find maildrop incoming active deferred hold -type f ! -name '*.*' -size -24 | sort)
cd $folder
export LD_PRELOAD=/queue_damage/no_sleep.so
turn=0
for file in *; do
    option=${options[turn++ % ${#options[@]}]}
    echo "== $file $option"
    # Ten thousand jumps back over two thousand recipients make gigabytes: the first megabyte tells enough.
    postcat $option $file 2>&1 | head -c 1000000 >/tmp/shown
    status=${PIPESTATUS[0]}
    cat /tmp/shown
    [ $(stat -c %s /tmp/shown) = 1000000 ] || echo "status $status"
done

# try.sh ARCHIVE named|raw <COMMANDS   for each line: a fresh queue, the line run by a shell in the queue directory, and then what it
# printed, what it logged, and what the queue is now: names, modes, owners, links, inode numbers, times, bytes.
# A line `disturb` before a command disturbs its queue first.
spool=/var/spool/postfix
here=/queue_kinds
mark=/tmp/mark

restore() {
    cd /
    perl $here/restore.pl "$@" || exit 1
    : >/var/log/mail.log
    chown postfix:postfix /var/log/mail.log
}

restore "$@"
disturbed=
while IFS= read -r line; do
    if [ "$line" = disturb ]; then
        sh $here/disturb.sh
        disturbed=' (disturbed)'
        continue
    fi
    touch -d '2 seconds ago' $mark
    cd $spool
    printf '== %s%s\n' "$line" "$disturbed"
    bash -c "$line" 2>&1 </dev/null
    echo "status $?"
    cat /var/log/mail.log
    bash $here/left.sh
    restore "$@"
    disturbed=
done

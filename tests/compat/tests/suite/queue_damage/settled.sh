# Waits until nothing moves: neither the log nor the directories that are given.
settled() {
    local same=0 last= now
    for _ in $(seq 600); do
        sleep 0.5
        now=$(find "$@" -type f | wc -l; wc -l </var/log/mail.log)
        if [ "$now" = "$last" ]; then
            [ $((same += 1)) -lt 6 ] || return
        else
            same=0 last=$now
        fi
    done
}

# Puts files into a directory of the queue at once, under long ids that name no inode.
deliver_into() {
    local directory=$1 number=0 name file
    shift
    mkdir fresh
    for file in "$@"; do
        printf -v name '4jXfM107rkz%05d' $((number++))
        cp "$file" fresh/$name
    done
    chown postfix:postfix fresh fresh/*
    chmod 700 fresh/*
    touch -d '2026-01-02 03:04:05 UTC' fresh/*
    [ "$directory" != maildrop ] || submitted fresh
    : >/var/log/mail.log
    mv fresh/* $directory/
    rmdir fresh
}

# Every other message comes from a user instead of `postsuper -r`.
submitted() {
    chown nobody:postdrop $1/*[02468]
    chmod 744 $1/*[02468]
}

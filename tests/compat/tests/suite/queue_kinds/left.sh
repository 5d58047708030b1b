# left.sh [names]   prints what a queue is: names, modes, owners, links, inode numbers, times (`now` when younger than
# /tmp/mark) and bytes; or just names, modes and bytes.
cd /var/spool/postfix
if [ "$1" = names ]; then
    find maildrop incoming active deferred hold defer bounce trace -type f -printf '%p %m\n' | sort
else
    find . -mindepth 1 \( -path ./pid -o -path ./private -o -path ./public \) -prune \
        -o -type d -printf '%p/ %m %U:%G\n' \
        -o \( -newer /tmp/mark -printf '%p now ' -o -printf '%p %T@ ' \) -printf '%y %m %U:%G %n %i\n' | sort
fi
find maildrop incoming active deferred hold defer bounce trace corrupt flush -type f -print0 | sort -z | xargs -0r md5sum

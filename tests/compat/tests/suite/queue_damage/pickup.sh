# Gives damaged files to a running pickup service, without a queue manager, and tells what was logged, and what came into the
# queue.
. /queue_damage/settled.sh
cd /var/spool/postfix
mkdir -p /tmp/damaged
perl /queue_damage/mutate.pl 2000 /tmp/damaged \
    $(find maildrop maildrop maildrop incoming deferred hold -type f ! -name '*.*' -size -24 | sort)
find maildrop incoming active deferred hold defer bounce trace -type f -delete
postconf -MX qmgr/unix
touch -d '1 hour ago' /etc/postfix/master.cf
postfix start 2>/dev/null
deliver_into maildrop /tmp/damaged/*
postkick public pickup W
settled incoming maildrop
postfix stop 2>/dev/null
perl /queue_damage/verdicts.pl

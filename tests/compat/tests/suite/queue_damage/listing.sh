# Lists damaged files, and messages with damaged logs, on a running system without daemons that would touch them.
. /queue_damage/settled.sh
cd /var/spool/postfix
mkdir /tmp/damaged /tmp/logs
perl /queue_damage/mutate.pl 2000 /tmp/damaged $(find incoming active deferred hold -type f ! -name '*.*' -size -24 | sort)
perl /queue_damage/mutate.pl 1000 /tmp/logs $(find defer bounce trace -type f -size -20 | sort)
postconf -MX qmgr/unix pickup/unix
postfix start 2>/dev/null
find maildrop incoming active deferred hold defer bounce trace -type f -delete
mkdir -p defer/0
cp /tmp/damaged/* hold/
for log in /tmp/logs/*[02468ACE]; do mv $log defer/0/; done
mv /tmp/logs/* bounce/
chmod 700 hold/*
chown -R postfix:postfix hold defer bounce
# Whole seconds, which stand in listings, and no link count of a moment ago.
touch -d '2026-01-02 03:04:05 UTC' hold/*
for option in -p -j; do
    echo "== $option"
    postqueue $option 2>&1
    echo "status $?"
    # What showq says goes through postlogd and may come later.
    settled hold
    grep showq /var/log/mail.log
    : >/var/log/mail.log
done
postfix stop 2>/dev/null

# qmgr.sh recent|ancient   gives damaged files to a running queue manager, and tells of each what was logged about it, and where
# it is now. Those with a size record of before Postfix 1.0 make a group of their own: many of them end the
# reference's queue manager, over and over again.
. /queue_damage/settled.sh
cd /var/spool/postfix
mkdir -p /tmp/recent /tmp/ancient
perl /queue_damage/mutate.pl 2000 /tmp/recent \
    $(find incoming active deferred hold -type f ! -name '*.*' -size -24 | sort)
perl -e 'for my $path (@ARGV) {
    open my $file, "<", $path or die;
    read $file, my $start, 97;
    my $is_ancient = $start =~ /^C.\s*[-+]?\d+(?!\d|\s+[-+]?\d|[-+]\d)/s;
    rename $path, $path =~ s/recent/ancient/r if $is_ancient;
}' /tmp/recent/*
find maildrop incoming active deferred hold defer bounce trace -type f -delete
# Nothing goes over a network.
postconf -Me 'smtp/unix=smtp unix - - n - - discard'
touch -d '1 hour ago' /etc/postfix/master.cf
postfix start 2>/dev/null
deliver_into incoming /tmp/$1/*
postqueue -f
settled incoming active maildrop
postfix stop 2>/dev/null
perl /queue_damage/verdicts.pl

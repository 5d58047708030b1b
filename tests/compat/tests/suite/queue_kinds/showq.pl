# Prints what showq(8) sends.
use strict;
use warnings;
use Socket;

socket(my $showq, AF_UNIX, SOCK_STREAM, 0) or die;
connect($showq, pack_sockaddr_un('/var/spool/postfix/public/showq')) or die "connect: $!";
local $/;
print <$showq>;

# list.sh   shows a queue without what is new in 3.11: recipients that bounced, and original addresses in JSON.
postqueue -p | grep -v 'bounced.example\|no such user'
string='"([^"\\]|\\.)*"'
bounced="\{\"address\": $string, \"bounce_reason\": $string\}"
postqueue -j | sed -E "s/\"orig_address\": $string, //g; s/, $bounced//g; s/$bounced, //g"

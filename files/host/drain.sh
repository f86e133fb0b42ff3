# The drain: takes instances out of service without nginx or the app being told, and Monit off them.

monit_each() {
  command -v monit >/dev/null || return 0
  for port in $2; do ask_monit "$1" "$app-$port" >/dev/null || :; done
}

# The drain: the kernel refuses new connections to the ports, from all but root's health checks. nginx
# sees a refusal before it has sent anything, and asks the next instance. Each port leaves the set by
# itself when the rollout has died.
refuse_ports() {
  stop=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' "$(unit_file)" 2>/dev/null) || :
  elements=$(printf '%s\n' "$1" | sed "s/[0-9][0-9]*/& timeout $((drain + ${stop:-0} + start + 60))s/g; s/s /s, /g")
  nft -f - 2>"$work/complaints" <<RULES || fail "rollout $app: nft cannot refuse connections, nothing was stopped: $(cat "$work/complaints")"
add table inet $table
add set inet $table ports { type inet_service; flags timeout; }
add chain inet $table output { type filter hook output priority filter; }
flush chain inet $table output
add rule inet $table output oifname lo meta skuid != 0 tcp dport @ports tcp flags syn / syn,ack reject with tcp reset
flush set inet $table ports
add element inet $table ports { $elements }
RULES
}

# One batch at a time is refused, so the table goes as a whole.
open_ports() { nft delete table inet "$table" 2>/dev/null || :; }

# Refuses new connections and waits for the open ones to end, until the drain time is over.
drain_ports() {
  refuse_ports "$1"
  until_time=$(($(now) + drain * 100))
  while count_open "$1" && [ -s "$work/open" ] && [ "$(now)" -lt "$until_time" ]; do
    sleep 0.1
  done
  end="cut after $drain s"
}

count_open() {
  filter=$(printf '%s\n' "$1" | sed 's/[0-9][0-9]*/sport = :&/g; s/ sport/ or sport/g')
  ss -Htn state established "( $filter )" >"$work/open"
  end='open, which the app is told to end'
}

# With a socket of systemd's there is one instance.
is_queued() { systemctl is-active --quiet "$app@${1%% *}.socket"; }

# Usage: tell_cut WHAT PORTS ORIGIN. Says at once how many connections end with the instances, since
# nobody can count them any more when a start has failed.
tell_cut() {
  for port in $2; do
    count=$(awk -v port=":$port" 'substr($3, length($3) - length(port) + 1) == port' "$work/open" | wc -l)
    [ "$count" = 1 ] && connections='1 connection' || connections="$count connections"
    [ "$count" = 0 ] || say "$3" "$1 $app: $port $connections $end"
  done
}

# The drain: takes instances out of service without nginx or the app being told, and Monit off them.

# Of an app whose site comes only after this rollout Monit knows nothing yet.
# Usage: monit_each unmonitor|monitor INSTANCES
monit_each() {
  [ -f "/etc/monit/keelson.d/$app.conf" ] || [ -f "$STATE/manifests/site-$app" ] || return 0
  command -v monit >/dev/null || return 0
  for key in $2; do ask_monit "$1" "$(check_of "$app-$key")" >/dev/null || :; done
}

# Usage: check_of APP-INSTANCE. As Monit calls it: shop-3700, and shop-mail-1 of shop-mail@1.
check_of() { case $1 in *@*) printf '%s-%s' "${1%@*}" "${1#*@}" ;; *) printf '%s' "$1" ;; esac }

# Usage: take_out INSTANCES. Afterwards they can be stopped, and $work/open has the connections that end with them.
take_out() {
  : >"$work/open"
  queued=no
  { listens_at_ports && [ -n "$1" ]; } || return 0
  ! is_queued "$1" || queued=yes
  # What does not run has no connections; its port is refused before it starts.
  [ "$queued" = yes ] || [ -n "$(without "${found_down:-}" "$1")" ] || is_taken "$1" || return 0
  # One alone has nobody to send new requests to, and the queue of a socket that systemd holds must stay open;
  # the app itself ends what it has begun.
  alone=$single
  ! is_taken "$1" || { stands_alone && alone=yes || alone=no; }
  if [ "$alone" = no ] && [ "$queued" = no ]; then
    drain_ports "$1"
  else
    # With other servers to send requests to, what is open may end by itself.
    [ -z "${has_left:-}" ] || await_closed "$1"
    count_open "$1"
  fi
}

# Whether its instances are told apart by ports, at which they are asked.
listens_at_ports() { case $type in web | tcp) ;; *) return 1 ;; esac; }

# With a socket of systemd's there is one instance.
is_queued() { systemctl is-active --quiet "$app@${1%% *}.socket"; }

# Refuses new connections and waits for the open ones to end, until the drain time is over.
drain_ports() {
  refuse_ports "$1"
  await_closed "$1"
  how_ended="cut after $drain s"
}

await_closed() {
  [ -n "${drained_at:-}" ] || be_drained_at
  while count_open "$1" && [ -s "$work/open" ] && read_clock && [ "$clock" -lt "$drained_at" ]; do
    sleep 0.1
  done
  drained_at=''
}

be_drained_at() {
  read_clock
  drained_at=$((clock + drain * 100))
}

# nginx was told to ask others; but the workers of before end what they have begun, some of which is on its way to them
# still, and of instances they know none but these. Waits for them, as a part of the drain time.
await_old_workers() {
  be_drained_at
  while has_old_workers && read_clock && [ "$clock" -lt "$drained_at" ]; do
    sleep 0.1
  done
}

# Whether workers of nginx go on that a reload has told to end. Their titles are theirs: nobody else is its child.
has_old_workers() {
  workers=''
  stamp_process nginx.service
  for worker in $workers; do
    title=''
    { IFS= read -r title <"/proc/$worker/cmdline"; } 2>/dev/null || :
    case $title in *'is shutting down'*) return 0 ;; esac
  done
  return 1
}

# The kernel refuses new connections to the ports, from all but root's health checks. nginx sees a refusal
# before it has sent anything, and asks the next instance. Each port leaves the set by itself when the
# rollout has died.
refuse_ports() {
  elements='' is_refusing=yes
  for key in $1; do elements="${elements:+$elements, }$key timeout $((drain + stop + start + 60))s"; done
  # Where the network may ask, it is refused there as well.
  from_network=''
  [ "${listen:-}" != public ] || from_network="add chain inet $table input { type filter hook input priority filter; }
flush chain inet $table input
add rule inet $table input iifname != lo tcp dport @ports tcp flags syn / syn,ack reject with tcp reset"
  nft -f - 2>"$work/complaints" <<RULES || fail "rollout $app: nft cannot refuse connections, nothing was stopped: $(cat "$work/complaints")"
add table inet $table
add set inet $table ports { type inet_service; flags timeout; }
add chain inet $table output { type filter hook output priority filter; }
flush chain inet $table output
add rule inet $table output oifname lo meta skuid != 0 tcp dport @ports tcp flags syn / syn,ack reject with tcp reset
$from_network
flush set inet $table ports
add element inet $table ports { $elements }
RULES
}

# One batch at a time is refused, so the table goes as a whole.
open_ports() {
  [ "${is_refusing:-}" = no ] || nft delete table inet "$table" 2>/dev/null || :
  is_refusing=no
}

count_open() {
  filter=''
  for key in $1; do filter="${filter:+$filter or }sport = :$key"; done
  ss -Htn state established "( $filter )" >"$work/open"
  how_ended='open, which the app is told to end'
}

# Usage: say_open KIND INSTANCES ORIGIN. Says at once how many connections end with the instances, since
# nobody can count them any more when a start has failed.
say_open() {
  [ -s "$work/open" ] || return 0
  for key in $2; do
    count=$(awk -v port=":$key" 'substr($3, length($3) - length(port) + 1) == port' "$work/open" | wc -l)
    [ "$count" = 1 ] && connections='1 connection' || connections="$count connections"
    [ "$count" = 0 ] || say "$3" "$1 $app $key: $connections $how_ended"
  done
}

# Sets clock: hundredths of a second since boot.
read_clock() {
  read -r clock _ </proc/uptime
  clock=${clock%.*}${clock#*.}
}

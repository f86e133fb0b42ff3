# The packet filter around the instances: table `keelson` of nftables, made of the files in /etc/keelson/filter.d.

FILTER=/etc/keelson/filter.d
FILTER_LOADED=/run/keelson-filter/loaded
STREAMS=/etc/nginx/keelson-stream.d
RESOLVERS=/etc/resolv.conf

# Loads it in one step, and notes what that came to.
load_filter() {
  filter_rules | nft -f - || fail "nft refuses the rules in $FILTER"
  mkdir -p "${FILTER_LOADED%/*}"
  filter_resolvers >"$FILTER_LOADED.resolvers"
  { filter_users && echo && live_filter; } >"$FILTER_LOADED"
}

# What the files say, with the numbers of the users that they name. The lines of one who is not there any more are
# left out, lest they take all others with them.
# shellcheck disable=SC2016 # of awk's own
filter_rules() {
  read_filter 'user == "" { print; next }
    user in number { sub("\"" user "\"", number[user]); print }'
  [ ! -f "$FILTER/firewall.nft" ] || earlier_ports
  filter_resolvers
}

# The public ports of nginx's that a version of the kit without a firewall has set up, until the next run of their app
# opens them: nobody is shut out in between.
earlier_ports() {
  for stream in "$STREAMS"/*.conf; do
    opens=${stream##*/} opens=$FILTER/app-${opens%.conf}.public.nft
    if [ ! -f "$stream" ] || [ -f "$opens" ]; then continue; fi
    sed -n 's/^[[:space:]]*listen \([0-9]*\) .*/insert rule inet keelson input tcp dport \1 accept/p' "$stream"
  done
}

# Where the host asks for names, for the apps that say whom they ask. What is no address is passed over as the resolver
# does: nft would refuse all other rules with it, and leave the host without a firewall.
# shellcheck disable=SC2016 # of awk's own
filter_resolvers() {
  [ -f "$RESOLVERS" ] && [ -n "$(read_filter '/^add element inet keelson limits / { print; exit }')" ] || return 0
  awk '
    function is_ipv4(text,  part, i) {
      if (split(text, part, ".") != 4) return 0
      for (i = 1; i <= 4; i++) if (part[i] !~ /^(0|[1-9][0-9]*)$/ || length(part[i]) > 3 || part[i] > 255) return 0
      return 1 }
    function is_ipv6(text,  part, i, n, groups, rest) {
      rest = text
      if (text !~ /^[0-9A-Fa-f:]+$/ || text ~ /:::|^:[^:]|[^:]:$|^:$/ || gsub(/::/, "", rest) > 1) return 0
      n = split(text, part, ":")
      for (i = 1; i <= n; i++) { if (length(part[i]) > 4) return 0; groups += part[i] != "" }
      return text ~ /::/ ? groups < 8 : groups == 8 }
    $1 != "nameserver" { next }
    { sub(/%.*/, "", $2) }
    is_ipv4($2) { print "add element inet keelson resolvers { " $2 " }" }
    is_ipv6($2) { print "add element inet keelson resolvers6 { " $2 " }" }' "$RESOLVERS"
}

# USER:NUMBER of those that they name.
# shellcheck disable=SC2016 # of awk's own
filter_users() { read_filter 'user in number && !seen[user]++ { print user ":" number[user] }'; }

# Usage: read_filter PROGRAM, for awk, which has the user that a line names, and number[USER].
read_filter() {
  set -- "$1" /etc/passwd
  # What became a pipe would be waited for.
  for rules in "$FILTER/table.nft" "$FILTER/firewall.nft" "$FILTER"/app-*.nft; do [ ! -f "$rules" ] || set -- "$@" "$rules"; done
  program=$1
  shift
  awk 'FILENAME == "/etc/passwd" { split($0, part, ":"); number[part[1]] = part[3]; next }
    { user = /^add element / && match($0, /"[^"]*"/) ? substr($0, RSTART + 1, RLENGTH - 2) : "" }
    '"$program" "$@"
}

# What is loaded, but for who came when: nft lists that as well. Protocols by their numbers: a package may bring names.
live_filter() {
  listed=$(nft -sp list table inet keelson 2>/dev/null) || return 1
  printf '%s\n' "$listed" | awk '
    /^\tset / { dynamic = 0 }
    /^\t\tflags .*dynamic/ { dynamic = 1 }
    dynamic && /^\t\telements = / { inside = 1 }
    !inside { print }
    inside && /}$/ { inside = 0 }'
}

# loaded, missing, or others than those that were loaded; also where a user that they name has another number since, or
# the host asks others for names.
# What the files say by now is theirs to tell.
filter_state() {
  live=$(live_filter) || { echo missing && return; }
  [ -f "$FILTER_LOADED" ] || { echo others && return; }
  [ "$(filter_resolvers)" = "$(cat "$FILTER_LOADED.resolvers" 2>/dev/null)" ] || { echo others && return; }
  printf '%s\n' "$live" | awk -v loaded="$FILTER_LOADED" '
    FILENAME == loaded { if (body) wanted = wanted $0 "\n"; else if ($0 == "") body = 1; else { split($0, part, ":"); number[part[1]] = part[2] }; next }
    FILENAME == "/etc/passwd" { split($0, part, ":"); if (part[1] in number && number[part[1]] != part[3]) other = 1; next }
    { live = live $0 "\n" }
    END { print other || live != wanted ? "others" : "loaded" }' "$FILTER_LOADED" /etc/passwd -
}

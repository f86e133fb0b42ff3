# The packet filter around the instances: table `keelson` of nftables, made of the files in /etc/keelson/filter.d.

FILTER=/etc/keelson/filter.d
FILTER_LOADED=/run/keelson-filter/loaded
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
  filter_resolvers
}

# Where the host asks for names, for the apps that say whom they ask.
# shellcheck disable=SC2016 # of awk's own
filter_resolvers() {
  [ -f "$RESOLVERS" ] && [ -n "$(read_filter '/^add element inet keelson limits / { print; exit }')" ] || return 0
  awk '$1 != "nameserver" { next }
    { sub(/%.*/, "", $2) }
    $2 ~ /^[0-9]+[.][0-9.]+$/ { print "add element inet keelson resolvers { " $2 " }" }
    $2 ~ /^[0-9A-Fa-f]*:[0-9A-Fa-f:]+$/ { print "add element inet keelson resolvers6 { " $2 " }" }' "$RESOLVERS"
}

# USER:NUMBER of those that they name.
# shellcheck disable=SC2016 # of awk's own
filter_users() { read_filter 'user in number && !seen[user]++ { print user ":" number[user] }'; }

# Usage: read_filter PROGRAM, for awk, which has the user that a line names, and number[USER].
read_filter() {
  set -- "$1" /etc/passwd
  # What became a pipe would be waited for.
  for rules in "$FILTER/table.nft" "$FILTER"/app-*.nft; do [ ! -f "$rules" ] || set -- "$@" "$rules"; done
  program=$1
  shift
  awk 'FILENAME == "/etc/passwd" { split($0, part, ":"); number[part[1]] = part[3]; next }
    { user = /^add element / && match($0, /"[^"]*"/) ? substr($0, RSTART + 1, RLENGTH - 2) : "" }
    '"$program" "$@"
}

live_filter() { nft -s list table inet keelson 2>/dev/null; }

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

# The packet filter around the instances: table `keelson` of nftables, made of the files in /etc/keelson/filter.d.

FILTER=/etc/keelson/filter.d
FILTER_LOADED=/run/keelson/filter

# Loads it in one step, and notes what that came to.
load_filter() {
  filter_rules | nft -f - || fail "nft refuses the rules in $FILTER"
  mkdir -p "${FILTER_LOADED%/*}"
  { filter_rules && live_filter; } >"$FILTER_LOADED"
}

# What the files say, with the numbers of the users that they name. The lines of one who is not there any more are
# left out, lest they take all others with them.
filter_rules() {
  set -- /etc/passwd
  # What became a pipe would be waited for.
  for rules in "$FILTER/table.nft" "$FILTER"/app-*.nft; do [ ! -f "$rules" ] || set -- "$@" "$rules"; done
  awk '
    FILENAME == "/etc/passwd" { split($0, part, ":"); number["\"" part[1] "\""] = part[3]; next }
    /^add element / && match($0, /"[^"]*"/) { user = substr($0, RSTART, RLENGTH)
      if (user in number) print substr($0, 1, RSTART - 1) number[user] substr($0, RSTART + RLENGTH); next }
    { print }' "$@"
}

live_filter() { nft -s list table inet keelson 2>/dev/null; }

# loaded, missing, or other rules than those of the files.
filter_state() {
  live=$(live_filter) || { echo missing && return; }
  if [ -f "$FILTER_LOADED" ] && { filter_rules && printf '%s\n' "$live"; } 2>/dev/null | cmp -s - "$FILTER_LOADED"; then echo loaded; else echo others; fi
}

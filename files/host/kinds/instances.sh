# Kind `instances`: no others than the wanted instances of an app run. Whether those run is told by its rollout.

order_instances=90 waits_instances=yes itself_instances=yes
silent_instances='@stop @type @of @listen'
lists_instances=running

# Usage: observe_instances < ITEM-LINES. The keys of those that are wanted, and of all others that run.
observe_instances() {
  instances=$(cat)
  [ -n "$instances" ] || return 0
  # Stopped is what is not named: without an answer nothing is known.
  found=$(
    set -f
    # shellcheck disable=SC2046 # patterns for systemctl
    systemctl list-units --no-pager --no-legend --plain --full --type=service --state=active,activating,reloading \
      $(printf '%s\n' "$instances" | awk -F '\t' '{ print $2 "@*.service" }') 2>/dev/null
  ) || return 0
  {
    printf '%s\n' "$found" items "$instances"
  } | awk '
    body { match($0, /\trunning=[^\t]*/); wanted = substr($0, RSTART + 9, RLENGTH - 9); gsub(/,/, " ", wanted)
      print "instances\t" $2 "\trunning=" sorted(wanted keys[$2]); next }
    $1 == "items" { body = 1; next }
    NF { at = match($1, /@[^@]*\.service$/); app = substr($1, 1, at - 1)
      keys[app] = keys[app] " " substr($1, at + 1, length($1) - at - 8) }
    function sorted(list,  part, n, i, j, t, out) {
      n = split(list, part, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && part[j - 1] > part[j]; j--) {
        t = part[j]; part[j] = part[j - 1]; part[j - 1] = t }
      for (i = 1; i <= n; i++) if (part[i] != part[i - 1]) out = out (out == "" ? "" : ",") part[i]
      return out
    }'
}

# Usage: apply_instances LINE ORIGIN. Drains and stops what nobody wants any more.
apply_instances() {
  of=$(field @of "$1")
  rollout_of "${of:-$(item_name "$1")}"
  app=$(item_name "$1")
  drain=$(field @drain "$1") stop=$(field @stop "$1") type=$(field @type "$1") listen=$(field @listen "$1") single=no start=60 answers=1
  running=$(field running "$(printf '%s\n' "$1" | observe_instances)")
  wanted_ones=$(field running "$1")
  surplus=$(without "$(printf '%s' "$wanted_ones" | tr ',' ' ')" "$(printf '%s' "$running" | tr ',' ' ')")
  [ -z "$surplus" ] || end_surplus "$2"
  say_rows_but running instances
}

# Usage: end_surplus ORIGIN
end_surplus() {
  ! listens_at_ports || asks_others || await_old_workers
  take_out "$(numbers_among "$surplus")"
  say_open instances "$surplus" "$1"
  stop_instances "$surplus"
  systemctl_each reset-failed service "$surplus"
  # Its file went with the type of before.
  [ -n "$wanted_ones" ] || end_fileless "$app.target"
  open_ports
  say "$1" "instances $app running $running → $wanted_ones"
}

# Whether one that nginx asked before, by what was applied last, is wanted still: it gets what those refuse that end.
asks_others() {
  asked_before=$(field running "$(grep "^instances$TAB$app$TAB" "$STATE/manifests/$manifest" 2>/dev/null)")
  [ -n "$asked_before" ] &&
    [ "$(without "$(printf '%s' "$wanted_ones" | tr ',' ' ')" "$(printf '%s' "$asked_before" | tr ',' ' ')")" != "$(printf '%s' "$asked_before" | tr ',' ' ')" ]
}

# Somebody may have started one by a name that is no port.
numbers_among() {
  for key in $1; do
    case $key in *[!0-9]*) ;; *) printf '%s ' "$key" ;; esac
  done
}

# What runs without being wanted ends with the app, see remove_rollout; but for a member that is taken out of it, unless
# it is an app of its own by now.
# Usage: remove_instances NAME LINE
remove_instances() {
  of=$(field @of "$2")
  [ -n "$of" ] && [ -f "$STATE/manifests/rollout-$of" ] && [ ! -f "$STATE/manifests/rollout-$1" ] || return 0
  ! grep -q "^rollout$TAB$of$TAB.*$TAB@${1#"$of-"}\.unit=" "$STATE/manifests/rollout-$of" || return 0
  end_units "$1"
}

# Usage: end_units NAME [UNIT]. All instances that there are of a template, with what else is to stop.
end_units() {
  limited "$JOB_LIMIT" systemctl stop ${2:+"$2"} "$1@*.service" "$1@*.socket" \
    "keelson-retry@$1@*.timer" 2>/dev/null || :
  systemctl reset-failed "$1@*" 2>/dev/null || :
  # systemd keeps the slice of instances that are gone.
  systemctl stop "system-$(printf '%s' "$1" | sed 's/-/\\x2d/g').slice" 2>/dev/null || :
}

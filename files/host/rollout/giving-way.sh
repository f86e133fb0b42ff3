# An app that goes gives its ports to one that comes: its instances end as those are needed, one after another, while
# nginx asks the others; when the new ones fail, they run again. Who gave way to which port is noted in `taken`.

# Usage: held_by_goers INSTANCES. Those whose ports are held by instances of apps that go, goers.
held_by_goers() {
  for key in $1; do
    for goer in $goers; do
      if systemctl is-active --quiet "$goer@$key.service" "$goer@$key.socket"; then printf '%s ' "$key" && break; fi
    done
  done
}

# Usage: is_taken INSTANCES
is_taken() { [ -n "${takes:-}" ] && [ -z "$(without "$takes" "$1")" ]; }

# Whether nobody else answers for the site that goes, while this one moves.
stands_alone() {
  [ ! -s "$place/taken" ] || return 1
  for goer in $goers; do
    # shellcheck disable=SC2046 # one word
    [ "$(systemctl list-units --no-pager --no-legend --plain --state=active "$goer@*.service" | grep -c .)" -le 1 ] || return 1
  done
}

# Usage: end_goers INSTANCES. Drained they are already, by their ports.
end_goers() {
  for key in $1; do
    for goer in $goers; do
      units=''
      for unit in "$goer@$key.socket" "$goer@$key.service"; do
        ! systemctl is-active --quiet "$unit" || units="${units:+$units }$unit"
      done
      [ -n "$units" ] || continue
      printf '%s\t%s\t%s\n' "$key" "$goer" "$units" >>"$place/taken"
      sync "$place/taken"
      ask_monit unmonitor "$goer-$key" >/dev/null || :
      # shellcheck disable=SC2086 # units
      systemctl stop $units 2>/dev/null || :
      say gone "rollout $goer $key: gives its port to $app"
    done
  done
}

# The one instance of an app that runs alone, where it is to be at another port: two at once would write one file.
# Usage: predecessor_of INSTANCE. Its port.
predecessor_of() {
  systemctl list-units --no-pager --no-legend --plain --full --type=service --state=active,activating,reloading "$app@*.service" 2>/dev/null |
    awk -v own="$app@$1.service" '$1 == own { both = 1 } NF { name = $1; count++ }
      END { if (count != 1 || both) exit; sub(/^.*@/, "", name); sub(/[.]service$/, "", name)
        if (name ~ /^[0-9]+$/) print name }'
}

# Usage: end_predecessor INSTANCE. What comes before it is healthy gets a 502, as in any release of one alone.
end_predecessor() {
  count_open "$predecessor"
  say_open rollout "$predecessor" "$(origin_of "$1")"
  # Also one that is about to start: it must not come back meanwhile.
  units=$app@$predecessor.service
  ! systemctl is-active --quiet "$app@$predecessor.socket" || units="$app@$predecessor.socket $units"
  printf '%s\t%s\t%s\n' "$1" "$app" "$units" >>"$place/taken"
  sync "$place/taken"
  ask_monit unmonitor "$app-$predecessor" >/dev/null || :
  # shellcheck disable=SC2086 # units
  systemctl stop $units 2>/dev/null || :
  say "$(origin_of "$1")" "rollout $app $predecessor: ends before $1 starts, for it is one alone"
}

# Usage: give_all_back FAILED. First what serves nobody; then the others, of which one stays in service.
give_all_back() {
  give_back "$1"
  for key in $(without "$1" "${takes:-}"); do
    [ ! -s "$place/taken" ] || take_out "$key"
    give_back "$key"
  done
}

# Usage: give_back INSTANCES. Those that gave way to them run again, and are waited for before they are asked.
give_back() {
  [ -s "$place/taken" ] || return 0
  while IFS=$TAB read -r key goer gave_way <&3; do
    case " $1 " in *" $key "*) ;; *) continue ;; esac
    systemctl_each stop socket "$key" 3<&-
    systemctl_each stop service "$key" 3<&-
    # shellcheck disable=SC2086 # units
    systemctl start $gave_way 3<&- 2>/dev/null || :
    # Its own port, which may be another one.
    at=${gave_way##*@} at=${at%%.*}
    tries=0
    while [ -z "$(ss -Hltn "sport = :$at" 3<&-)" ] && [ "$tries" -lt $((start * 10)) ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    ask_monit monitor "$goer-$at" >/dev/null 3<&- || :
    given_back="${given_back:+$given_back, }$goer@$at.service" served_again="${served_again:-} $key"
    [ "$at" = "$key" ] && again='has its port again' || again='runs again'
    say change "rollout $goer $at: $again"
  done 3<"$place/taken"
  open_ports
  awk -F '\t' -v keys=" $1 " '!index(keys, " " $1 " ")' "$place/taken" >"$work/taken.left"
  install_durably "$work/taken.left" "$place/taken"
}

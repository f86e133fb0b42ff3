# What the timer writes: the page, the JSON and the metrics, each whole or not at all, and a line of the history.

# Made by the program, for root and for nginx alone.
STATUS_PLACE=/var/lib/keelson-status
# A line a minute.
STATUS_HISTORY_LINES=1440

# Usage: write_status
write_status() {
  [ -d "$STATUS_PLACE" ] || fail "there is no $STATUS_PLACE; say \`status\` in the stack file"
  read_status
  umask 027
  note_history <"$records" >>"$STATUS_PLACE/history"
  bound_history
  place_status status.json status_json
  place_status metrics status_metrics
  place_status index.html status_page
}

# Usage: place_status NAME WRITER
place_status() {
  "$2" <"$records" >"$STATUS_PLACE/.$1.new" || fail "$STATUS_PLACE/$1 could not be written"
  mv -fT "$STATUS_PLACE/.$1.new" "$STATUS_PLACE/$1"
}

# Time, load, CPU and memory of the host in percent; of each app its CPU in percent of a core, and its memory in KiB.
note_history() {
  awk -F '\t' '
    $1 == "at" { at = $2 }
    $1 == "host" { host = $7 "\t" $10 "\t" sprintf("%.1f", $12 > 0 ? 100 * (1 - $13 / $12) : 0) }
    $1 == "app" { order[++apps] = $2 }
    $1 == "instance" && $11 != "" { runs[$2]++; cpu[$2] += $14; memory[$2] += $12 / 1024 }
    END {
      printf "%s\t%s", at, host
      for (i = 1; i <= apps; i++) if (order[i] in runs) printf "\t%s %.1f %.0f", order[i], cpu[order[i]], memory[order[i]]
      printf "\n"
    }'
}

# Not each time, since it writes all of it.
bound_history() {
  lines=$(wc -l <"$STATUS_PLACE/history")
  [ "$lines" -gt $((STATUS_HISTORY_LINES + 60)) ] || return 0
  tail -n "$STATUS_HISTORY_LINES" "$STATUS_PLACE/history" >"$STATUS_PLACE/.history.new"
  mv -fT "$STATUS_PLACE/.history.new" "$STATUS_PLACE/history"
}

# Observes items: reads item lines, prints lines of the same shape that say what is there.
# Read-only: no temporary file, no lock, nothing is asked of a service that would write.
# Each kind is asked once for all its items, and every tool runs once, never once per item.

# Usage: observe < ITEM-LINES. Those of a kind go to its function observe_KIND, or where several kinds are seen in one
# go, to the one that each names as observer_KIND: as the first argument, and on standard input.
observe() {
  items=$(cat)
  # Read once for all kinds.
  remembered=$(stored_items) was_begun=$(pending_items)
  known_observers=''
  for kind in $KINDS; do
    eval "observer=\${observer_$kind:-$kind}"
    eval "lines_$observer=''"
    known_observers="$known_observers $observer "
  done
  set -f
  IFS=$NEWLINE
  for item in $items; do
    kind=${item%%"$TAB"*}
    # What has no such file here has no observation, which ends the run; a line that is no item needs none.
    case " $KINDS " in *" $kind "*) ;; *) continue ;; esac
    eval "observer=\${observer_$kind:-$kind}"
    eval "lines_$observer=\$lines_$observer\$item\$NEWLINE"
  done
  unset IFS
  set +f
  for observer in $known_observers; do
    eval "observing=\$lines_$observer lines_$observer=''"
    # shellcheck disable=SC2154 # just set
    observing=${observing%"$NEWLINE"}
    [ -z "$observing" ] || "observe_$observer" "$observing" <<LINES
$observing
LINES
  done
}

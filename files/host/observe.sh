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
  # Those that wait for another program side by side, beside all others, one after another.
  set --
  at_once=''
  for observer in $known_observers; do
    case " $* $at_once " in *" $observer "*) continue ;; esac
    eval "observing=\$lines_$observer waits=\${waits_$observer:-}"
    if [ -z "$observing" ]; then continue; fi
    if [ -n "$waits" ]; then set -- "$@" "$observer"; else at_once="$at_once $observer"; fi
  done
  [ -z "$at_once" ] || set -- "$@" "$at_once"
  [ $# = 0 ] || observe_by "$@"
}

# What they say comes in no order that matters. An item of which one that fails says nothing ends the run.
# Usage: observe_by OBSERVERS..., each a list
observe_by() {
  observers=$1
  shift
  if [ $# = 0 ]; then
    ask_observers "$observers"
  else
    # No && between them, which would let it go on where a program that it asks fails.
    observe_by "$@" | {
      ask_observers "$observers"
      cat
    }
  fi
}

# Usage: ask_observers OBSERVERS
ask_observers() {
  for asked in $1; do
    eval "observing=\$lines_$asked"
    observing=${observing%"$NEWLINE"}
    "observe_$asked" "$observing" <<LINES
$observing
LINES
  done
}

# Behind what is observed, what the items cannot have: it is found out meanwhile. What fails of that ends the run, too.
# Usage: with_denied ITEM-LINES < OBSERVED
with_denied() {
  denied=$(
    held_ports "$1"
    unfit_tls "$1"
  )
  cat
  printf '%s\n' "$denied"
}

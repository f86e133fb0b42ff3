# Observes items: reads item lines, prints lines of the same shape that say what is there.
# Read-only: no temporary file, no lock, nothing is asked of a service that would write.
# Each kind is asked once for all its items, and every tool runs once, never once per item.

# Usage: observe < ITEM-LINES. What a kind says goes to the function observe_KIND, or where several kinds are seen
# in one go, to what each names as observer_KIND.
observe() {
  items=$(cat)
  for kind in $KINDS; do
    eval "observer=\${observer_$kind:-$kind}; lines_$observer=''"
  done
  observers=''
  set -f
  IFS=$NEWLINE
  for item in $items; do
    eval "observer=\${observer_${item%%"$TAB"*}:-}"
    [ -n "$observer" ] || observer=${item%%"$TAB"*}
    case "$item" in manifest"$TAB"* | confirm"$TAB"*) continue ;; esac
    case " $observers " in *" $observer "*) ;; *) observers="$observers $observer" ;; esac
    eval "lines_$observer=\${lines_$observer:-}\$item\$NEWLINE"
  done
  unset IFS
  set +f
  for observer in $observers; do
    case " $KINDS paths " in *" $observer "*) ;; *) continue ;; esac
    eval "observing=\$lines_$observer"
    printf '%s' "$observing" | "observe_$observer"
  done
}

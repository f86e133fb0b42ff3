# What an operator asks of an app without a run of Pulumi: to start its instances anew, to go back to a release that is
# kept, to be told which are. It goes the way of every rollout: in the transient unit, with drain and health checks.

# Usage: find_good_item APP. Sets good_item to what was proven last.
find_good_item() {
  case $1 in '' | *[!a-z0-9-]*) fail "\"$1\" is not the name of an app" ;; esac
  rollout_of "$1"
  manifest=rollout-$app
  good_item=''
  if [ -s "$place/good/item" ]; then
    good_item=$(cat "$place/good/item")
  elif [ -f "$STATE/manifests/$manifest" ]; then
    good_item=$(grep "^rollout$TAB$app$TAB" "$STATE/manifests/$manifest" || :)
  fi
  [ -n "$good_item" ] || { rmdir "$place" 2>/dev/null || :; fail "$app: nothing of it was rolled out here; run pulumi up"; }
}

# Usage: restart_by_hand APP
restart_by_hand() {
  find_good_item "$1"
  case $good_item in
    *"$TAB@type=static"*) fail "$app: is static, and nothing of it runs: nginx reads its files" ;;
    *"$TAB@type=job"*) fail "$app: is a job, and nothing of it runs in between; run it now: keelson run $app" ;;
  esac
  take_lock
  follow_order "$good_item$TAB@anew=yes"
}

# Usage: go_back_by_hand APP RELEASE. To one that is kept, by the first digits of its name.
go_back_by_hand() {
  find_good_item "$1"
  case $2 in '' | *[!0-9a-f]*) fail "\"$2\" is not a release; give the first digits of its name" ;; esac
  take_lock
  matching=$(list_releases | while read -r _ hash; do case $hash in "$2"*) echo "$hash" ;; esac done)
  case $matching in
    '') fail "$app: no release $2 is kept here" ;;
    *"$NEWLINE"*) fail "$app: several releases begin with $2; give more digits" ;;
  esac
  follow_order "$(item_of_release "$matching")"
}

# Usage: item_of_release RELEASE. The item with another release, and with the copy of its static files.
item_of_release() {
  served=$(field public "$good_item")
  [ -z "$served" ] || {
    copy=$(printf %.16s "$1")-${served#*-}
    [ -d "$home/public/$copy" ] || fail "$app: $(short "$1") was kept with other static directories; set release in the stack file and run pulumi up"
  }
  printf '%s\n' "$good_item" | sed "s/${TAB}current=[^$TAB]*/${TAB}current=$1/${served:+; s/${TAB}public=[^$TAB]*/${TAB}public=$copy/}"
}

# Usage: follow_order ITEM. Tells each step when it is done: somebody waits for it.
follow_order() {
  await_rollout
  taken=/dev/null
  told_lines=$(wc -l <"$LOG")
  order_the_rollout "$1" change &
  ordered=$!
  while kill -0 "$ordered" 2>/dev/null; do
    tell_news
    sleep 0.2
  done
  wait "$ordered" || exit 1
  tell_news
  # All of it is told.
  rm -f "$place/report"
  report_rollout
}

tell_news() {
  tail -n "+$((told_lines + 1))" "$LOG" >"$work/news"
  told_lines=$((told_lines + $(wc -l <"$work/news")))
  sed -n "s/^[^ ]* $run $manifest //p" "$work/news"
}

# Each instance on what it runs: first those that serve nobody, all at once; then one, then the others in batches.
restart_all() {
  seen=$observation moved='' given_back='' stage=rest returning=anew old='' down='' up='' takes='' predecessor=''
  for key in $keys; do
    case $(field "$key" "$observation") in
      masked) name_unit "$key" && fail "restart $app: $unit is masked; run pulumi up, which puts that aside" ;;
      stopped | failed | restarting | starting) down="${down:+$down }$key" ;;
      *) up="${up:+$up }$key" ;;
    esac
  done
  found_down=$down
  each_part restart_down
  restart_batches 1 "${up%% *}"
  up=$(without "${up%% *}" "$up")
  each_part restart_up
  rejoin_balancers
}

# Usage: restart_down MEMBER, or restart_up MEMBER. Without a name the app itself.
restart_down() { restart_batches "$(count "$(of_member "$1" "$down")")" "$(of_member "$1" "$down")"; }
restart_up() { restart_batches "$(batch_size "$1")" "$(of_member "$1" "$up")"; }

# Usage: restart_batches SIZE INSTANCES
restart_batches() { in_batches restart_batch "$1" "$2"; }
restart_batch() { move "$release" "$1" || end_restart; }

# The others go on as they are; what failed is systemd's and Monit's again.
end_restart() {
  failed_one=$key
  open_ports
  monit_each monitor "$moving"
  rm -f "$place/moving"
  rest=$(without "${moved:+$moved }$moving" "$keys")
  fail "restart $app: $failed_one $reason${rest:+; not restarted: $rest}
$evidence"
}

# Since when a release is current, and whose doing that was; the last hundred of them.
# Usage: note_current RELEASE BY
note_current() {
  { tail -n 99 "$place/history" 2>/dev/null || :; printf '%s\t%s\t%s\n' "$(date +%s)" "$1" "$2"; } >"$work/history"
  install_durably "$work/history" "$place/history"
}

# RELEASE, current, failed or kept, when it was unpacked, when it became current last, and by whom; newest first.
# Usage: print_kept APP
print_kept() {
  find_good_item "$1"
  current=$(readlink "$home/current" || :)
  list_releases | sort -rn | while read -r time hash; do
    state=kept
    ! grep -qsxF "$hash" "$place/failed" || state=failed
    [ "${current##*/}" != "$hash" ] || state=current
    [ -f "$place/history" ] || : >"$place/history"
    awk -F '\t' -v hash="$hash" -v state="$state" -v time="${time%.*}" '
      $2 == hash { since = $1; by = $3 }
      END { print hash "\t" state "\t" time "\t" since "\t" by }' "$place/history"
  done
}

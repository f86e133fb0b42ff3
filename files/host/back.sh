# Going back: what was kept of a manifest that nobody confirmed is put in its place again.

# By the timer, or by the next boot. Whatever fails of it, the rest is done.
# Usage: go_back_unconfirmed MANIFEST [boot]
go_back_unconfirmed() {
  set +e
  manifest=$1 back_from=$CONFIRM/$1 back_how='in time' no_wait=''
  if [ "${2:-}" = boot ]; then
    # systemd starts it also when something else is started.
    [ ! -e "/run/keelson/confirm.$1" ] || return 0
    # What it starts waits for this to end.
    back_how='before this boot' no_wait=--no-block
  fi
  take_confirm_lock 5 || end_holder
  [ -f "$back_from/run" ] || return 0
  IFS= read -r run <"$back_from/run"
  say change "$manifest: not confirmed $back_how, goes back"
  put_ways_back "$back_from"
  put_memory_back "$back_from"
  sync -f "$STATE"
  sync -f /etc
  disarm "$manifest"
  say change "$manifest: as it was before"
}

# Who is in the middle of changing it had as long as it may take.
end_holder() {
  IFS= read -r holder <"$back_from/pid"
  if grep -qs keelson "/proc/$holder/cmdline"; then
    kill -KILL "$holder"
    rm -rf "/run/keelson/run.$holder".*
  fi
  take_confirm_lock 30
}

# Usage: put_ways_back PLACE
put_ways_back() {
  units_begun=$(cat "$1/own") rows=$NEWLINE wanted=''
  [ -z "$units_begun" ] || units_begun=$units_begun$NEWLINE
  seen_first=$NEWLINE$(cat "$1/before")
  : >"$work/obsolete"
  each_unit_before stop_again
  undo_files "$1/files"
  put_modes_back "$1/modes"
  put_sysctls_back "$1/sysctls"
  with_names "$units_begun" systemctl reset-failed
  tell_after_undo "$1/units"
  [ -n "${no_wait:-}" ] || put_filter_back "$1/filter"
  each_unit_before start_again
  [ -z "${no_wait:-}" ] || leave_stopped "$1/before"
  units_begun=''
}

# What the boot has taken on because it was enabled when it began.
leave_stopped() {
  awk -F '\t' '/\tactive=(inactive|failed)/ { print $2 }' "$1" | while IFS= read -r left_stopped; do
    systemctl --no-block stop "$left_stopped"
  done
}

put_modes_back() {
  while read -r mode_owner mode_bits mode_path; do
    chown "$mode_owner" "$mode_path" && chmod "$mode_bits" "$mode_path"
  done <"$1"
}

put_sysctls_back() {
  while IFS="$TAB" read -r _ back_key back_value; do
    find_setting "$back_key"
    back_setting=$setting back_value=${back_value#value=}
    [ "$(tr '\t' ' ' <"$back_setting")" != "$back_value" ] || continue
    printf '%s\n' "$back_value" >"$back_setting"
    say change "sysctl $back_key: $back_value, as it was"
  done <"$1"
}

# What was live, whatever the files say.
put_filter_back() {
  [ -f "$1" ] && [ "$(live_filter)" != "$(cat "$1")" ] || return 0
  { printf 'table inet keelson\ndelete table inet keelson\n' && cat "$1"; } | nft -f -
  say change "ruleset keelson: as it was"
}

# What the run has brought besides is only begun: the next run goes on from there, or takes it away.
put_memory_back() {
  back_memory=$STATE/manifests/$manifest
  if [ -f "$back_memory" ] && [ "$(sed -n '2s/^run //p' "$back_memory")" = "$run" ]; then
    mv -fT "$back_memory" "$STATE/pending/$manifest"
  fi
  [ ! -f "$1/manifest" ] || mv -fT "$1/manifest" "$back_memory"
}

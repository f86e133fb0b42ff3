# A manifest that says confirm<TAB>SECONDS goes back by itself unless a new connection says in that time that it
# still can be made: its old files are kept, and a timer of systemd's puts them back.

# Called when all of it is done, before it is noted as applied.
await_confirmation() {
  place=$STATE/confirm/$manifest
  # Who could make a new connection has confirmed what an earlier run changed.
  settle_confirmation "$place"
  [ -n "$confirm_seconds" ] && [ -s "$work/undone" ] || return 0
  mkdir -p "$place"
  [ ! -d "$work/old" ] || cp -a "$work/old" "$place/old"
  sed "s,^$work/old/,$place/old/," "$work/undone" >"$place/undone"
  [ ! -f "$STATE/manifests/$manifest" ] || cp -p "$STATE/manifests/$manifest" "$place/manifest"
  all_units
  cp "$work/units" "$place/units"
  printf '%s\n' "$run" >"$place/run"
  sync -f "$place"
  systemd-run --quiet --unit="keelson-confirm-$manifest" --on-active="$confirm_seconds" \
    --timer-property=AccuracySec=1s "$HELPER" unconfirmed "$manifest" 2>"$work/complaints" ||
    fail "no timer that takes $manifest back: $(cat "$work/complaints")"
}

# Usage: settle_confirmation PLACE
settle_confirmation() {
  [ -d "$1" ] || return 0
  systemctl stop "keelson-confirm-${1##*/}.timer" 2>/dev/null || :
  rm -rf "$1"
}

# Usage: confirm RUN SERVER. Over a new connection.
confirm() {
  run=$1 server=$2 manifest=confirm
  take_lock
  for place in "$STATE"/confirm/*; do
    if [ ! -f "$place/run" ] || [ "$(cat "$place/run")" != "$run" ]; then continue; fi
    manifest=${place##*/}
    settle_confirmation "$place"
    say change "$manifest: confirmed"
  done
}

# Usage: go_back_unconfirmed MANIFEST. By the timer.
go_back_unconfirmed() {
  manifest=$1 place=$STATE/confirm/$1
  IFS= read -r run <"$place/run" || return 0
  take_lock
  [ -d "$place" ] || return 0
  say change "$manifest: not confirmed in time, goes back"
  : >"$work/obsolete"
  set +e
  undo_files "$place/undone"
  tell_after_undo "$place/units"
  set -e
  if [ -f "$place/manifest" ]; then
    install_durably "$place/manifest" "$STATE/manifests/$manifest"
  else
    rm -f "$STATE/manifests/$manifest"
  fi
  rm -rf "$place"
}

# A manifest that says confirm<TAB>SECONDS goes back by itself unless a new connection says in that time that it still
# can be made. What was there is kept, and who takes it back stands ready, before anything of it changes: a timer of
# systemd's, whose clock does not jump, and for a boot that comes before it a unit of that boot's.

CONFIRM=$STATE/confirm

# Called before the first thing changes that may shut somebody out; packages and accounts do not.
arm_confirmation() {
  [ -n "$confirm_seconds" ] && changes_ways || return 0
  take_confirm_lock 60 || fail "$manifest is being taken back right now; run up again"
  armed_for=$CONFIRM/$manifest
  keep_before "$armed_for" || {
    rm -rf "$armed_for"
    fail "refused, no file was changed: what is there now cannot be kept ($(cat "$work/complaints"))"
  }
  armed=$armed_for
  write_boot_unit 2>"$work/complaints" ||
    fail "refused, no file was changed: no unit that takes $manifest back at a boot ($(cat "$work/complaints"))"
  start_timer 2>"$work/complaints" ||
    fail "refused, no file was changed: no timer that takes $manifest back ($(cat "$work/complaints"))"
}

start_timer() {
  systemctl reset-failed "keelson-confirm-$manifest.timer" "keelson-confirm-$manifest.service" 2>/dev/null || :
  systemd-run --quiet --collect --unit="keelson-confirm-$manifest" --on-active="$confirm_seconds" \
    --timer-property=AccuracySec=1s --property=Restart=on-failure --property=RestartSec=10 \
    /bin/sh "$armed/keelson" unconfirmed "$manifest"
}

changes_ways() {
  printf '%s' "$rows" | awk -F '\t' 'NF && $2 !~ /^(package|group|user|blob|tree)$/ { any = 1 } END { exit !any }'
}

# Whoever takes it back waits neither for a rollout nor for another run, as all other changes do: this lock is of its own.
# Usage: take_confirm_lock SECONDS
take_confirm_lock() {
  exec 8>>"$STATE/confirm.lock"
  flock -w "$1" 8
}

# The program too: what goes back does so by the very version that knows how it was kept.
# Usage: keep_before PLACE
keep_before() {
  ways=$({ printf '%s\n' "$wanted" && cat "$work/obsolete"; } | awk -F '\t' '!seen[$1 FS $2]++')
  all_units
  {
    rm -rf "$1" && mkdir -p "$1/old" && : >"$1/files" && : >"$1/modes" &&
      cp "$HELPER" "$1/keelson" && cp "$work/units" "$1/units" &&
      printf '%s\n' "$ways" |
      awk -F '\t' '$1 == "unit" { print $1 "\t" $2 "\tenabled=enabled\tactive=active" }' >"$1/own" &&
      observe <"$1/own" >"$1/before" &&
      printf '%s\n' "$ways" | awk -F '\t' '$1 == "sysctl"' | observe_sysctl >"$1/sysctls" &&
      keep_filter "$1" && keep_memory "$1" &&
      printf '%s\n' "$$" >"$1/pid" && printf '%s\n' "$confirm_seconds" >"$1/seconds" &&
      printf '%s\n' "$run" >"$1/run" && : >"/run/keelson/confirm.$manifest" && sync -f "$1"
  } 2>"$work/complaints"
}

keep_filter() {
  case $NEWLINE$ways in *"${NEWLINE}ruleset$TAB"*) ;; *) return 0 ;; esac
  live_filter >"$1/filter" || :
}

keep_memory() { [ ! -f "$STATE/manifests/$manifest" ] || cp -p "$STATE/manifests/$manifest" "$1/manifest"; }

# Before a path changes.
# Usage: keep_way PATH
keep_way() {
  ! grep -qF -e "$TAB$1" "$armed/files" || ! cut -f 2- "$armed/files" | grep -qxF -e "$1" || return 0
  kept_way=-
  if is_there "$1"; then
    ways_kept=$((${ways_kept:-0} + 1)) kept_way=$armed/old/$ways_kept
    # Where it only has to be renamed, a full disk is not in its way.
    [ "$(stat -c %d "$armed")" = "$(stat -c %d "${1%/*}")" ] || kept_way=$1.keelson-kept
    cp -a "$1" "$kept_way" 2>"$work/complaints" || fail "$1 cannot be kept: $(cat "$work/complaints")"
    # Not itself: a socket cannot be opened.
    sync -f "${kept_way%/*}"
  fi
  printf '%s\t%s\n' "$kept_way" "$1" >>"$armed/files" || fail "$1 cannot be kept in $armed"
  sync "$armed/files"
}

# Usage: keep_mode DIRECTORY
keep_mode() {
  ! is_directory "$1" || printf '%s %s\n' "$(stat -c '%u:%g %a' "$1")" "$1" >>"$armed/modes"
}

# Before anything that a boot reads of what was changed. It is there at the next boot without being told to systemd.
write_boot_unit() {
  boot_unit=/etc/systemd/system/keelson-confirm-$manifest-boot.service
  cat >"$work/boot" <<END
# Takes back what nobody has confirmed. Managed by Keelson.
[Unit]
Description=Takes back what nobody has confirmed of $manifest
DefaultDependencies=no
ConditionPathExists=$armed_for/run
RequiresMountsFor=$STATE /var/log /etc
After=local-fs.target systemd-remount-fs.service
Before=sysinit.target systemd-sysctl.service network-pre.target nftables.service keelson-filter.service
Before=ssh.service ssh.socket shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=/bin/sh $armed_for/keelson unconfirmed $manifest boot
END
  mkdir -p /etc/systemd/system/sysinit.target.wants &&
    install_durably "$work/boot" "$boot_unit" 0644 &&
    ln -sfn "$boot_unit" "/etc/systemd/system/sysinit.target.wants/${boot_unit##*/}" &&
    sync -f "$boot_unit"
}

# Called when all of it is done: from now on there is the whole time.
await_confirmation() {
  [ -n "$armed" ] || return 0
  systemctl restart "keelson-confirm-$manifest.timer" 2>"$work/complaints" ||
    fail "no timer that takes $manifest back: $(cat "$work/complaints")"
  say change "$manifest: goes back by itself in $confirm_seconds s, unless a new connection confirms it"
  armed=''
}

# Nothing of it goes back any more. What decides is one rename.
# Usage: disarm MANIFEST
disarm() {
  rm -rf "$CONFIRM/.$1"
  [ ! -d "$CONFIRM/$1" ] || mv -T "$CONFIRM/$1" "$CONFIRM/.$1"
  sync -f "$CONFIRM"
  systemctl stop "keelson-confirm-$1.timer" 2>/dev/null || :
  rm -f "/etc/systemd/system/sysinit.target.wants/keelson-confirm-$1-boot.service" \
    "/etc/systemd/system/keelson-confirm-$1-boot.service" "/run/keelson/confirm.$1"
  [ ! -f "$CONFIRM/.$1/files" ] || cut -f 1 "$CONFIRM/.$1/files" | while IFS= read -r kept_way; do
    case $kept_way in *.keelson-kept) rm -rf "$kept_way" ;; esac
  done
  rm -rf "$CONFIRM/.$1"
  # Where systemd was told of other files meanwhile, it knows that one, too.
  [ -z "$(systemctl list-units --all --plain --no-legend "keelson-confirm-$1-boot.service" 2>/dev/null)" ] || systemctl daemon-reload || :
}

# Usage: confirm RUN SERVER. Over a new connection.
confirm() {
  run=$1 server=$2 manifest=confirm confirmed=''
  take_confirm_lock 60 || fail "what run $run changed is being taken back; run up again when that is done"
  for confirmed_for in "$CONFIRM"/*; do
    if [ ! -f "$confirmed_for/run" ] || [ "$(cat "$confirmed_for/run")" != "$run" ]; then continue; fi
    manifest=${confirmed_for##*/} confirmed=yes
    disarm "$manifest"
    say change "$manifest: confirmed"
  done
  [ -n "$confirmed" ] || of_run manifests >/dev/null || refuse_late
}

# The manifest to be confirmed that a run has applied or begun.
# Usage: of_run manifests|pending
of_run() {
  for of_run_file in "$STATE/$1"/*; do
    if [ ! -f "$of_run_file" ] || ! grep -q "^confirm$TAB" "$of_run_file"; then continue; fi
    if [ "$(sed -n '2s/^run //p' "$of_run_file")" = "$run" ]; then
      printf '%s\n' "${of_run_file##*/}"
      return 0
    fi
  done
  return 1
}

refuse_late() {
  late_name=$(of_run pending) || late_name='what had to be confirmed'
  fail "$late_name went back to what was there before, since no new connection had confirmed it in time; mend what \
shut this run out, and run up again. $LOG says:
$(grep -hsF -e " $run $late_name " "$LOG" | cut -d ' ' -f 4- | tail -n 20)"
}

# Usage: is_unconfirmed MANIFEST
is_unconfirmed() { [ -f "$CONFIRM/$1/run" ]; }

# A second run waits until it is known what becomes of the first one's change.
# Usage: await_verdict MANIFEST
await_verdict() {
  is_unconfirmed "$1" || return 0
  IFS= read -r verdict_left <"$CONFIRM/$1/seconds" || verdict_left=0
  log_line "waits  $1: until what run $(cat "$CONFIRM/$1/run") changed is confirmed, or has gone back"
  verdict_left=$((verdict_left + 30))
  while [ -d "$CONFIRM/$1" ] && [ "$verdict_left" -gt 0 ]; do
    verdict_left=$((verdict_left - 1))
    sleep 1
  done
  [ ! -d "$CONFIRM/$1" ] || sh "$CONFIRM/$1/keelson" unconfirmed "$1"
}

# The one program of the kit on a host: applies and removes manifests. docs/protocol.md is its contract.

usage() { fail "usage: keelson apply SERVER | remove MANIFEST SERVER | uninstall SERVER | rollout FILE"; }

# What was done: logged at once, lest something that ends this run hides it; told at the end, since a
# lost connection must not stop the work.
say() {
  told=$1
  [ "$1" != drift ] || told='drift '
  printf '%s\n' "$told $2" >>"$work/said"
  log_line "$told $2"
}

# Usage: tell < LINES
tell() {
  while IFS= read -r told; do
    printf '%s\n' "$told" >>"$work/said"
    log_line "$told"
  done
}

# One write for each line, so that those of two programs never mix.
log_line() { printf '%s %s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${run:--}" "${manifest:--}" "$1" >>"$LOG"; }

fail() {
  printf 'keelson: %s\n' "$1" >&2
  exit 1
}

# The value of a property of an item line, without a process of its own.
# Usage: field @drain "$line"
field() {
  case $TAB$2 in
    *"$TAB$1="*) field_rest=$TAB$2 field_rest=${field_rest#*"$TAB$1="} && printf '%s\n' "${field_rest%%"$TAB"*}" ;;
  esac
}

item_name() {
  item_rest=${1#*"$TAB"}
  printf '%s\n' "${item_rest%%"$TAB"*}"
}

# Everything of one run lies in memory, readable by root alone, and goes with it.
open_work() {
  mkdir -p "$STATE/manifests" "$STATE/blobs" "$STATE/incoming" "$STATE/trees" "$STATE/units" \
    "$STATE/originals" "$STATE/pending" /run/keelson
  chmod 0711 "$STATE"
  # A rollout, which runs in a unit of its own, knows nothing of who logs in.
  [ -z "${SUDO_USER:-}" ] || chown "$SUDO_USER" "$STATE/incoming"
  sweep_work
  work=$(mktemp -d "/run/keelson/run.$$.XXXXXX")
  : >"$work/said"
  trap close_work EXIT
  # A connection that ends must not end the work: it is finished, and found finished by the next run.
  trap '' HUP PIPE
}

# What runs left that were killed: it may hold secrets.
sweep_work() {
  for left in /run/keelson/run.*; do
    maker=${left#*run.} maker=${maker%%.*}
    # Another program may have got its number by now.
    grep -qs "$HELPER" "/proc/$maker/cmdline" || rm -rf "$left"
  done
}

close_work() {
  result=$?
  # Nobody may be there to be told.
  set +e
  cat "$work/said" 2>/dev/null
  rm -rf "$work"
  exit "$result"
}

# One run at a time changes a host. The kernel lets go of the lock when its holder dies. For another
# manifest of its own run it waits without an end: the rollout of one app may take longer than LOCK_WAIT.
take_lock() {
  exec 9>>"$STATE/lock"
  until flock -w "$LOCK_WAIT" 9; do
    case $(cat "$STATE/lock.holder") in "run ${run:--}, "*) continue ;; esac
    fail "another run holds $STATE/lock: $(cat "$STATE/lock.holder"); wait for it or end that process"
  done
  # What runs that were killed had not put in its place yet.
  find "$STATE" -mindepth 2 -maxdepth 3 -name '.keelson.*' -delete
  find /etc -mindepth 1 -maxdepth 1 \( -name '.keelson.*' -o -name '*.keelson-new' \) -delete
  printf 'run %s, process %s, since %s\n' "${run:--}" "$$" "$(date -u +%H:%M:%SZ)" >"$STATE/lock.holder"
}

main() {
  [ "$(id -u)" = 0 ] || fail "must run as root; give the login user passwordless sudo"
  command=${1:-}
  [ $# = 0 ] || shift
  case $command in
    apply)
      open_work
      apply_manifest
      note_owner "${1:-}"
      ;;
    remove)
      open_work
      manifest=$1 run=removal
      if is_owner "${2:-}"; then remove_manifest; fi
      ;;
    installed)
      open_work
      note_helper "$1" "$2"
      note_owner "${3:-}"
      ;;
    check) check_staged "$1" "$2" ;;
    uninstall)
      manifest=helper
      if is_owner "${1:-}"; then uninstall; fi
      ;;
    rollout) run_rollout "$@" ;;
    *) usage ;;
  esac
}

# Usage: note_helper RUN FOUND. The helper's own memory: the run that last had a reason to install it.
# FOUND is what was there before: owner, group, mode and hash.
note_helper() {
  # Not one that another run is about to put in its place.
  find /usr/local/sbin -maxdepth 1 -name '.keelson.*' -mmin +10 -delete
  run=$1 manifest=helper origin=change
  hash=$(sha256sum <"$HELPER")
  ! grep -qs "sha256=${hash%% *}" "$STATE/manifests/helper" || origin=drift
  [ "$2" = "root:root:755:$hash" ] || say "$origin" "file $HELPER: installed"
  printf 'keelson 1 helper\nrun %s\n\nfile\t%s\towner=root\tgroup=root\tmode=0755\tsha256=%s\nend\n' \
    "$run" "$HELPER" "${hash%% *}" >"$work/helper"
  install_durably "$work/helper" "$STATE/manifests/helper"
}

# A server that is renamed in its stack file is applied under the new name, and then removed under the
# old one: what has another owner by then stays.
note_owner() {
  printf '%s\n' "$1" >"$work/owner"
  mkdir -p "$STATE/owners"
  cmp -s "$work/owner" "$STATE/owners/$manifest" || install_durably "$work/owner" "$STATE/owners/$manifest"
}

is_owner() {
  owner=$(cat "$STATE/owners/$manifest" 2>/dev/null || printf '%s\n' "$1")
  [ "$owner" != "$1" ] || return 0
  printf '%s belongs to the server %s now, and stays\n' "$manifest" "$owner"
  return 1
}

uninstall() {
  rm -rf "$STATE" /run/keelson "$HELPER"
  run=removal
  log_line "change file $HELPER: removed"
}

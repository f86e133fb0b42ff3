# The one program of the kit on a host: applies and removes manifests. docs/protocol.md is its contract.

usage() {
  fail "usage: keelson apply SERVER [PIPE] | send SERVER | prune SERVER | destroy SERVER | confirm RUN SERVER \
| remove MANIFEST SERVER | uninstall SERVER | rollout FILE | filter | claim APP PORT | begin APP INSTANCE [port] \
| retry UNIT | scratch APP PATH... | run JOB | run APP terminal|pipe COMMAND... | restart APP | rollback APP RELEASE \
| releases APP | watch APP INSTANCE | alert EVENT SUBJECT [TEXT] | failed UNIT | deliver | test-alerts \
| silence SECONDS | certificates | renew [SITE] | updated | status [write]"
}

main() {
  command=${1:-}
  is_for_users "$command" || [ "$(id -u)" = 0 ] || fail "must run as root; give the login user passwordless sudo"
  [ $# = 0 ] || shift
  # What a manifest is applied with, that a whole one has to be removed without.
  wanted='' rows=$NEWLINE run=removal was_cut='' confirm_seconds='' told_units='' started='' removing='' seen_first='' units_begun='' armed='' moved_items=''
  excused=''
  case $command in
    apply)
      server=${1:-}
      [ -z "${2:-}" ] || exec <"$2"
      open_work
      apply_manifest
      note_owner
      ;;
    send) send "$@" ;;
    prune)
      open_work
      prune "$1"
      ;;
    destroy)
      open_work
      destroy "$1"
      ;;
    confirm)
      open_work
      confirm "$1" "${2:-}"
      ;;
    remove)
      open_work
      remove_manifest "$1" "${2:-}"
      ;;
    unconfirmed)
      open_work
      go_back_unconfirmed "$@"
      ;;
    installed)
      server=${3:-}
      open_work
      note_helper "$1" "$2"
      note_owner
      ;;
    check) check_staged "$@" ;;
    uninstall)
      server=${1:-}
      open_work
      uninstall
      ;;
    rollout) run_rollout "$@" ;;
    filter) load_filter ;;
    claim)
      run=-
      claim_port "$@"
      ;;
    begin)
      run=-
      begin_instance "$@"
      ;;
    run)
      if [ $# -gt 1 ]; then
        run_once "$@"
      else
        open_work
        run_job "$@"
      fi
      ;;
    retry)
      run=-
      retry_unit "$1"
      ;;
    scratch)
      run=-
      make_scratch "$@"
      ;;
    watch) watch_app "$@" ;;
    alert) alert "$@" ;;
    failed) tell_failed "$@" ;;
    deliver) deliver_alerts ;;
    test-alerts) test_alerts ;;
    silence) silence_alerts "$@" ;;
    status) show_status "$@" ;;
    certificates) tell_certificates ;;
    updated)
      run=updates
      open_work
      after_updates
      ;;
    renew)
      open_work
      renew_certificates "$@"
      ;;
    renew-one)
      open_work
      renew_this "$@"
      ;;
    order) order_from_ca ;;
    challenge) answer_challenge "$@" ;;
    restart)
      run=restart
      open_work
      restart_by_hand "${1:-}"
      ;;
    rollback)
      run=rollback
      open_work
      go_back_by_hand "${1:-}" "${2:-}"
      ;;
    releases)
      open_work
      print_kept "${1:-}"
      ;;
    *) usage ;;
  esac
}

# Usage: note_helper RUN FOUND. The helper's own memory: the run that last had a reason to install it.
# FOUND is what was there before: owner, group, mode and hash.
note_helper() {
  # Not one that another run is about to put in its place.
  find /usr/local/sbin -maxdepth 1 -name '.keelson.*' -mmin +10 -delete 2>/dev/null || :
  # What runs brought along that ended before they could install it.
  find /run -maxdepth 1 -type f \( -name 'keelson-helper.*' -o -name '.keelson-helper.*' \) -mmin +60 -delete 2>/dev/null || :
  run=$1 manifest=helper
  hash=$(sha256sum <"$HELPER")
  [ "$2" = "root:root:755:$hash" ] || tell_installed "$2" "${hash%% *}"
  printf 'keelson 1 helper\nrun %s\n\nfile\t%s\towner=root\tgroup=root\tmode=0755\tsha256=%s\nend\n' \
    "$run" "$HELPER" "${hash%% *}" >"$work/helper"
  install_durably "$work/helper" "$STATE/manifests/helper"
}

# In the words of the look, which saw it before.
# Usage: tell_installed FOUND HASH
tell_installed() {
  observed_line="file$TAB$HELPER${TAB}state=missing"
  if [ "$1" != missing ]; then
    found_hash=${1##*:} found_owner=${1%%:*} found_group=${1#*:}
    found_group=${found_group%%:*} found_mode=${1#*:*:} found_mode=${found_mode%%:*}
    observed_line="file$TAB$HELPER${TAB}owner=$found_owner${TAB}group=$found_group${TAB}mode=0$found_mode${TAB}sha256=${found_hash%% *}"
  fi
  printf '%s\n' observed "$observed_line" wanted "manifest${TAB}helper" \
    "file$TAB$HELPER${TAB}owner=root${TAB}group=root${TAB}mode=0755${TAB}sha256=$2" | difference apply | in_words | tell
}

# Before anything is made, lest another server takes for its own what a run that fails leaves.
own_at_first() { [ -f "$STATE/owners/$manifest" ] || note_owner; }

# A server that is renamed in its stack file is applied under the new name, and then removed under the
# old one: what has another owner by then stays.
note_owner() {
  owner=
  [ ! -f "$STATE/owners/$manifest" ] || { IFS= read -r owner <"$STATE/owners/$manifest" || :; }
  [ "$owner" != "$server" ] || return 0
  printf '%s\n' "$server" >"$work/owner"
  install_durably "$work/owner" "$STATE/owners/$manifest"
}

# Of a run that failed before its last command there may be more than the helper.
uninstall() {
  is_mine helper || {
    printf 'the helper belongs to the server %s now, and stays\n' "$owner"
    return 0
  }
  destroy "$server"
  manifest=helper
  put_back_asides
  find "$STATE" -mindepth 1 -maxdepth 1 ! -name aside -exec rm -rf {} +
  rmdir "$STATE" 2>/dev/null || say gone "what was in the way and has no place any more: kept in $STATE/aside"
  cat "$work/said"
  # With what a run brought along whose command was left out.
  rm -rf /run/keelson /run/keelson-alerts /run/keelson-sending /run/keelson-helper.* /run/.keelson-helper.* "$STATUS_CACHE" "$HELPER"
  log_line "gone   file $HELPER"
}

# Those that need no root: what the login user calls, and what keelson-acme@.service runs.
is_for_users() { case $1 in send | order | challenge) ;; *) return 1 ;; esac; }

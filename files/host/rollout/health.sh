# Whether an instance is healthy: it answers a request or a conversation well, stays up for a time, touches a file, or a
# command says so.

# Waits until every one of $moving is healthy, and what it should be.
# On failure: key and reason.
await_health() {
  deadline=$((started_at + start * 100))
  for key in $moving; do
    # Nor is anything known of what another one answered.
    main='' answer='' got=''
    case $health in
      http | tcp) await_answers "$key" ;;
      stay) await_stay "$key" ;;
      command) await_command "$key" ;;
      file) await_beat "$key" ;;
      *) reason="cannot be asked for its health by $health" && return 1 ;;
    esac || return 1
    [ "$returning" != no ] || is_current "$key" || return 1
  done
}

# So many good answers in a row.
await_answers() {
  good=0
  while is_running "$1" || return 1; do
    if { [ "$listen" = socket ] || [ "$good" -gt 0 ] || listens "$1"; } && ask "$1"; then
      # Who answers has read its code.
      point_current_back
      good=$((good + 1))
      [ "$good" -gt 1 ] || { read_clock && answered_at=$clock; }
      [ "$good" -lt "$answers" ] || return 0
      sleep 0.05
    else
      good=0
      ! is_late "$1" "it $answer" || return 1
      # Often at first: one alone serves nobody meanwhile.
      if [ "$((clock - started_at))" -lt 200 ]; then sleep 0.02; else sleep 0.1; fi
    fi
  done
}

# Without a restart, from its start on. In a batch all stay at the same time.
await_stay() {
  stay_until=$((started_at + stay * 100))
  while is_running "$1" || return 1; do
    read_clock
    if [ "$clock" -ge "$stay_until" ]; then
      # The last word is systemd's.
      main=''
      is_running "$1" || return 1
      [ -z "$main" ] || return 0
      ! is_late "$1" 'it is starting still' || return 1
    fi
    sleep 0.1
  done
}

# What it touched before this start does not count.
await_beat() {
  while is_running "$1" || return 1; do
    sets_out=${since#@}
    if [ -n "$main" ] && beats "${sets_out%.*}"; then return 0; fi
    ! is_late "$1" "it ${answer:-is starting still}" || return 1
    sleep 0.2
  done
}

# In the release, as the app's user, in its environment and sandbox; as often as there is time.
await_command() {
  while is_running "$1" || return 1; do
    read_clock
    left=$((deadline - clock))
    if [ "$left" -ge 10 ] && run_as_app "health@$1" "$check" "$((left / 100)).$((left / 10 % 10))" "KEELSON_INSTANCE=${1#*@}"; then
      main=''
      is_running "$1"
      return
    fi
    ! is_late "$1" "$check failed" || return 1
    sleep 0.2
  done
}

# Usage: is_late KEY WORDS. Whether its time is over, and the reason. Good answers are waited for to the last,
# so only a bad one comes too late. It may be for an end that came while it was waited for.
is_late() {
  read_clock
  [ "$clock" -ge "$deadline" ] || return 1
  main=''
  if is_running "$1"; then
    reason="was not healthy within $start s: $2"
    case $2 in *'did not listen'*) reason=$reason$(listens_elsewhere "$1") ;; esac
  fi
}

# Whether the instance runs still, and has not been started again by systemd. While its process is the one that
# was seen first, systemd need not be asked; what starts has none yet.
is_running() {
  if [ -n "$main" ] && kill -0 "$main" 2>/dev/null; then return 0; fi
  active='' sub='' restarts=0 outcome='' code='' main=''
  name_unit "$1"
  while IFS='=' read -r property value; do
    case $property in
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      NRestarts) restarts=$value ;;
      Result) outcome=$value ;;
      ExecMainStatus) code=$value ;;
      MainPID) main=${value#0} ;;
    esac
  done <<SHOWN
$(systemctl show --no-pager -p ActiveState,SubState,NRestarts,Result,ExecMainStatus,MainPID "$unit")
SHOWN
  case $active/$sub/$restarts in
    active/*/0 | reloading/*/0) return 0 ;;
    activating/auto-restart/*) ;;
    activating/*/0) main='' && return 0 ;;
  esac
  main=''
  case $outcome in
    exit-code) reason="exited with status $code" ;;
    oom-kill) reason='used more memory than it may, and was killed' ;;
    signal | core-dump) reason="was ended by signal $code" ;;
    success) reason="ended by itself" ;;
    *) reason="failed: $outcome" ;;
  esac
  case $sub/$restarts in
    */0) ;;
    auto-restart/* | */[!1]* | */1?*) reason='ends again and again' ;;
    # It was started again before anybody looked.
    *) reason=$(ended_how "$1") ;;
  esac
  return 1
}

# Who listens has read its code; but a socket of systemd's is open always.
listens() {
  listeners=$(ss -Hltn "sport = :$(port_of "$1")")
  if [ -n "$listeners" ]; then point_current_back; else
    answer="did not listen on 127.0.0.1:$(port_of "$1")" got=''
    return 1
  fi
}

# Where its process listens instead, if at all.
listens_elsewhere() {
  for elsewhere in $(addresses_of "$main"); do
    [ "$elsewhere" = "127.0.0.1:$(port_of "$1")" ] || { printf ', but on %s' "$elsewhere" && return; }
  done
}

is_current() {
  if listens_at_ports; then
    holder=$(port_holder "$1")
    [ -z "$holder" ] || { reason="does not hold its port, which is held by $holder" && return 1; }
  fi
  runs=$(field "$1" "$(goal_line "$release" "$unit_hash" "$environment_hash" "$1" | observe_rollout)")
  [ "$runs" = current ] || { reason="is healthy, but runs $runs, not $(short "$release")" && return 1; }
}

# The first instance serves for a while before the second is moved; where none served before, nginx
# may not even be there, and of one that moves to another port it does not know yet.
watch_instance() {
  [ -n "$up$old" ] && [ -z "${predecessor:-}$member" ] || return 0
  key=$1
  read_clock
  watched_at=$((clock + watch * 100))
  while [ "$clock" -lt "$watched_at" ]; do
    sleep 0.25
    still_serves "$key" || {
      collect_evidence
      return 1
    }
    read_clock
  done
}

still_serves() {
  is_running "$1" || return 1
  case $health in http | tcp) ;; *) return 0 ;; esac
  ask "$1" || { reason="$answer after it had been in service" && return 1; }
}

still_up() {
  for key in $moved; do
    main=''
    is_running "$key" || {
      turn_to "$key"
      collect_evidence
      return 1
    }
  done
}

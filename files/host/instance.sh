# One instance, or a few: free to start, started, healthy, and what it said when it was not.

runs_release() {
  main=$(systemctl show --no-pager -p MainPID --value "$app@$1.service")
  [ "$(readlink "/proc/$main/cwd")" = "/srv/$app/releases/$2" ]
}

# What somebody masked, or overrode for this app alone, is put aside before anything starts. Of several
# overrides an instance shows one at a time.
clear_overrides() {
  shown=$observation
  while printf '%s\n' "$shown" | grep -qE '[0-9]=(masked|overridden)'; do
    for port in $ports; do clear_override "$app@$port.service" "$(field "$port" "$shown")"; done
    systemctl daemon-reload
    [ "$(printf '%s\n' "$line" | observe_rollout)" != "$shown" ] || fail "rollout $app: $shown; it cannot be put aside"
    shown=$(printf '%s\n' "$line" | observe_rollout)
  done
}

clear_override() {
  case $2 in
    masked)
      systemctl unmask --quiet "$1" "${1%service}socket" 2>/dev/null || :
      systemctl unmask --quiet --runtime "$1" "${1%service}socket" 2>/dev/null || :
      ;;
    overridden*)
      override=${2#overridden by }
      # It may be gone already, and systemd not have been told.
      [ ! -e "$override" ] || put_aside "$override"
      rmdir "${override%/*}" 2>/dev/null || :
      ;;
  esac
}

# Usage: tell_units PORTS VERB [socket]. Failures are seen by whoever looks at the instances next.
tell_units() {
  printf '%s\n' "$1" | tr ' ' '\n' | sed "s/.*/$app@&.${3:-service}/" | xargs -r systemctl "$2" 2>/dev/null || :
}

# A socket that stays would start its service at once.
stop_instances() {
  tell_units "$1" stop socket
  tell_units "$1" stop
}

restart_instance() {
  [ "$(unit_listen)" = socket ] || tell_units "$1" stop socket
  tell_units "$1" restart
}

# Usage: start_on RELEASE. Starts $moving there.
start_on() {
  since=@$(date +%s.%N)
  for port in $moving; do
    wc -c 2>/dev/null <"/var/log/$app/$port.log" >"$work/logged.$port" || echo 0 >"$work/logged.$port"
  done
  [ "$listen" = socket ] || free_ports || return 1
  point "$home/current" "$home/releases/$1"
  retreated=no
  tell_units "$moving" reset-failed
  # Of a stopped service its socket would start another at once, on whatever release.
  [ "$listen" = socket ] && verb=restart || verb=start
  tell_units "$moving" "$verb"
}

# Once more refused, for the stop may have taken long; and free for the instances.
free_ports() {
  refuse_ports "$moving"
  for port in $moving; do
    holder=$(port_holder "$port")
    [ -z "$holder" ] || { reason="cannot have its port, which is held by $holder" && return 1; }
  done
}

# Who listens on a port and is none of the instance, in words.
port_holder() {
  ss -Hltnp "sport = :$1" | awk '$4 ~ /^(127\.0\.0\.1|0\.0\.0\.0|\*|\[::\]):/' |
    sed -n 's/.*(("\([^"]*\)",pid=\([0-9]*\).*/\2 \1/p' | while read -r pid program; do
      [ "$listen" = socket ] && [ "$pid" = 1 ] && continue
      of=$(sed -n 's,^\(0:\|1:name=systemd\):.*/\([^/]*\)$,\2,p' "/proc/$pid/cgroup" | sort -u | tail -n 1)
      [ "$of" = "$app@$1.service" ] || printf '%s (process %s of %s)' "$program" "$pid" "$of"
    done
}

# Waits until every one of $moving gives so many good answers in a row, and is what it should be.
prove() {
  deadline=$(($(now) + start * 100))
  for port in $moving; do
    good=0
    while [ "$good" -lt "$answers" ]; do
      lives "$port" || return 1
      ! has_read_its_code "$port" || retreat
      if ask "$port"; then
        good=$((good + 1))
      else
        good=0
        # Good answers are waited for to the last, so only a bad one comes too late. It may be for an end that
        # came while it was waited for.
        [ "$(now)" -lt "$deadline" ] || {
          ! lives "$port" || reason="was not healthy within $start s: it $answer"
          return 1
        }
      fi
      sleep 0.1
    done
    [ "$returning" = yes ] || is_current "$port" || return 1
  done
}

# Who answers has read its code, and who listens; but a socket of systemd's is open always.
has_read_its_code() {
  [ "$good" -gt 0 ] || { [ "$listen" != socket ] && [ -n "$(ss -Hltn "sport = :$1")" ]; }
}

# Whether the instance runs still, and has not been started again by systemd.
lives() {
  active='' sub='' restarts=0 outcome='' code=''
  while IFS='=' read -r key value; do
    case $key in
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      NRestarts) restarts=$value ;;
      Result) outcome=$value ;;
      ExecMainStatus) code=$value ;;
    esac
  done <<SHOWN
$(systemctl show --no-pager -p ActiveState,SubState,NRestarts,Result,ExecMainStatus "$app@$1.service")
SHOWN
  case $active/$sub/$restarts in
    active/*/0 | reloading/*/0) return 0 ;;
    activating/auto-restart/*) ;;
    activating/*/0) return 0 ;;
  esac
  case $outcome in
    exit-code) reason="exited with status $code" ;;
    oom-kill) reason='used more memory than it may, and was killed' ;;
    signal | core-dump) reason="was ended by signal $code" ;;
    success) reason="ended by itself" ;;
    *) reason="failed: $outcome" ;;
  esac
  [ "$restarts" = 0 ] || reason="ends again and again"
  return 1
}

# Asks the health path as root, who passes the drain.
ask() {
  : >"$work/answer"
  got=$(curl -sS --noproxy '*' --max-time "$((start < 5 ? start : 5))" -o "$work/answer" -w '%{http_code}' \
    -H "Host: $host" "http://127.0.0.1:$1$path" 2>/dev/null) && result=0 || result=$?
  case $result/$got in
    0/"$status")
      if [ -z "$text" ] || grep -aqF -e "$text" "$work/answer"; then return 0; fi
      answer="answered $status to $path, but without \"$text\""
      ;;
    0/*) answer="answered $got, not $status, to $path" ;;
    7/*) answer="did not listen on 127.0.0.1:$1$(listens_elsewhere "$1")" ;;
    28/*) answer="gave no answer to $path" ;;
    *) answer="broke the connection that asked for $path" ;;
  esac
  return 1
}

listens_elsewhere() {
  main=$(systemctl show --no-pager -p MainPID --value "$app@$1.service")
  ss -Hltnp | awk -v pid="pid=$main," -v own="127.0.0.1:$1" 'index($0, pid) && $4 != own { printf ", but on %s", $4; exit }'
}

is_current() {
  holder=$(port_holder "$1")
  [ -z "$holder" ] || { reason="does not hold its port, which is held by $holder" && return 1; }
  runs=$(field "$1" "$(goal_line "$release" "$unit_hash" "$environment_hash" "$1" | observe_rollout)")
  [ "$runs" = current ] || { reason="answers, but runs $runs, not $(short "$release")" && return 1; }
}

# The first instance serves for a while before the second is moved; where none served before, nginx
# may not even be there.
watch_instance() {
  [ -n "$up$old" ] || return 0
  port=$1 until_time=$(($(now) + watch * 100))
  while [ "$(now)" -lt "$until_time" ]; do
    sleep 0.25
    serves "$port" || {
      collect_evidence
      return 1
    }
  done
}

serves() {
  lives "$1" || return 1
  ask "$1" || { reason="$answer after it had been in service" && return 1; }
}

still_up() {
  for port in $moved; do
    lives "$port" || {
      collect_evidence
      return 1
    }
  done
}

# The last lines of the instance's journal, or of its log file: enough for what Node.js says when it runs
# out of memory.
collect_evidence() {
  retreat
  journalctl --sync 2>/dev/null || :
  evidence=$({
    journalctl --no-pager -q -o cat -n 40 --since "$since" -u "$app@$port.service"
    tail -c "+$(($(cat "$work/logged.$port" 2>/dev/null || echo 0) + 1))" "/var/log/$app/$port.log" | tail -n 40
  } 2>/dev/null | cut -c 1-300 | sed 's/^/    /')
}

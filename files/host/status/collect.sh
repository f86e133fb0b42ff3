# What `keelson status` tells: each source is asked once, for all apps together, and what they say becomes records,
# a line each, which files/host/status/json.sh and its neighbours write in their forms. docs/status.md is their contract.

# What is kept from one run to the next, in memory: the last sample of the CPU, and what is slow to find out.
STATUS_CACHE=/run/keelson-status
# A tree that stands for / in tests.
HOST_ROOT=''

# Usage: read_status. Sets records, the file that has them. Changes nothing but what it keeps in memory.
read_status() {
  [ -d "$STATUS_CACHE" ] || mkdir -p "$STATUS_CACHE"
  # Of those that were killed; it lies in memory.
  find "$STATUS_CACHE" -mindepth 1 -maxdepth 1 -name '.work.*' -mmin +10 -exec rm -rf {} +
  now=$(date +%s) gathered=$(mktemp -d "$STATUS_CACHE/.work.XXXXXX")
  trap 'rm -rf "$gathered"' EXIT
  trap 'exit 143' HUP INT PIPE TERM
  records=$gathered/records
  gather_status
  join_status "$gathered" >"$records" || fail "the status could not be put together"
  keep_sample
}

# Usage: gather_status. A file of each source; one that does not answer in its time is left empty.
gather_status() {
  list_status_apps
  if [ -s "$gathered/units" ]; then
    # shellcheck disable=SC2046 # names of the kit's own
    timeout 10 systemctl show --no-pager --timestamp=unix -p "$STATUS_PROPERTIES" $(cat "$gathered/units") >"$gathered/show" 2>/dev/null || :
    find_releases >"$gathered/releases" 2>/dev/null || :
    timeout 3 curl -s --max-time 2 --unix-socket /run/monit.sock 'http://localhost/_status?format=xml' >"$gathered/monit" 2>/dev/null || :
  fi
  [ ! -e "$gathered/jobs" ] ||
    timeout 10 systemctl list-timers --no-pager --all --output=json >"$gathered/timers" 2>/dev/null || :
  timeout 10 systemctl list-units --no-pager --plain --no-legend --failed >"$gathered/failed" 2>/dev/null || :
  timeout 5 df -l -B1 -x tmpfs -x devtmpfs -x squashfs -x efivarfs --output=size,used,avail,itotal,iused,target >"$gathered/disks" 2>/dev/null || :
  tail -c 262144 "$LOG" >"$gathered/log" 2>/dev/null || :
  nproc >"$gathered/cores"
  ! reboot_is_due || echo yes >"$gathered/reboot"
  refresh_updates
  refresh_certificates
}

STATUS_PROPERTIES=Id,LoadState,ActiveState,SubState,Result,StateChangeTimestamp,ActiveEnterTimestamp,NRestarts,MainPID,ControlGroup,MemoryCurrent,MemoryMax,CPUUsageNSec,ExecMainStartTimestamp,ExecMainExitTimestamp

# The items of rollouts, those of a first one that failed included, and what of each app systemd is asked for.
list_status_apps() {
  : >"$gathered/apps"
  : >"$gathered/units"
  set --
  for manifest_of in "$STATE"/manifests/rollout-* "$STATE"/pending/rollout-*; do
    [ ! -f "$manifest_of" ] || set -- "$@" "$manifest_of"
  done
  [ $# != 0 ] || return 0
  awk -F '\t' -v dir="$gathered" '
    function job(name) { all(name ".service"); all(name ".timer"); print name > (dir "/jobs") }
    function all(unit) { if (!(unit in seen)) print unit > (dir "/units"); seen[unit] }
    $1 == "rollout" {
      print > (dir "/apps")
      type = "web"
      for (i = 3; i <= NF; i++) if ($i ~ /^@type=/) type = substr($i, 7)
      for (i = 3; i <= NF; i++) {
        name = substr($i, 1, index($i, "=") - 1)
        if (name ~ /^[0-9]+$/) all($2 "@" name ".service")
        else if (name ~ /^[a-z][a-z0-9-]*@[0-9]+$/) all($2 "-" name ".service")
        else if (name ~ /^@[a-z][a-z0-9-]*[.]job$/) job($2 "-" substr(name, 2, length(name) - 5))
      }
      if (type == "job") job($2)
      all("keelson-rollout-" $2 ".service")
    }' "$@"
}

# TIME PATH TARGET of the releases of all apps, of the links that say which is meant, and of the orders of rollouts.
find_releases() {
  set --
  # shellcheck disable=SC2013 # names of apps, without white space
  for app in $(cut -f 2 "$gathered/apps" | sort -u); do
    set -- "$@" "/srv/$app/current" "$STATE/rollouts/$app/order"
    [ ! -d "/srv/$app/releases" ] || set -- "$@" "/srv/$app/releases/"
  done
  find "$@" -maxdepth 1 \( -name '[0-9a-f]*' -o -name current -o -name order \) -printf '%T@\t%p\t%l\n'
}

# The next run finds the CPU time that each had used. So that the timer measures whole minutes, whoever asks meanwhile
# renews nothing.
keep_sample() {
  read -r uptime _ <"$HOST_ROOT/proc/uptime"
  sampled=0
  read -r sampled _ 2>/dev/null <"$STATUS_CACHE/sample" || :
  # Of a clock that began anew nothing is known.
  age=$((${uptime%.*} - ${sampled%.*}))
  if [ "$age" -ge 0 ] && [ "$age" -lt 50 ] && [ "$sampled" != 0 ]; then return 0; fi
  mv -f "$gathered/sample" "$STATUS_CACHE/sample"
}

# Usage: show_status [write]. As JSON, on standard output; or as files, for nginx.
show_status() {
  case ${1:-} in
    '')
      read_status
      status_json <"$records"
      ;;
    write) write_status ;;
    *) usage ;;
  esac
}

# shellcheck shell=sh
# The control group of a container: all its processes are in it, and none of others.
# shellcheck disable=SC2154 # $cgroup is container.sh's

processes() {
  find "$cgroup" -name cgroup.procs -exec cat {} + 2>/dev/null
}

# ends TENTHS: waits until nothing runs in the container any more.
ends() {
  left=$1
  while grep -qs 'populated 1' "$cgroup/cgroup.events"; do
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1))
    sleep 0.1
  done
}

pull_plug() {
  [ -d "$cgroup" ] || return 0
  echo 1 >"$cgroup/cgroup.kill"
  ends 100 || die "processes of $cgroup do not end"
  # A group that was killed once kills what is forked into its groups of a later boot (Linux 6.18).
  remove_groups "$cgroup"
}

# The kernel may take a moment to let go of the last of them; two may be at it at once.
remove_groups() {
  for _ in 1 2 3 4 5; do
    [ -d "$1" ] || return 0
    find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [ ! -d "$1" ] || sleep 0.1
  done
}

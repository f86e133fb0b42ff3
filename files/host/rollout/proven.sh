# What fails though it was proven: not for its release, but for what it lacks, such as a database. It stays systemd's and
# Monit's, which start it again until that is back; what is stopped would be down then, too.

# Usage: is_proven INSTANCE. What the good generation does not have is not, nor is what was to have the port of another;
# and where a new generation failed, of what was down only what systemd was about to start before.
is_proven() {
  [ -z "$given_back" ] && grep -qs "$TAB$1=" "$place/good/item" || return 1
  [ "$changed" = yes ] || return 0
  [ -n "$old" ] || return 1
  case $(field "$1" "$seen") in failed | restarting | starting) ;; *) return 1 ;; esac
}

# Usage: proven_among INSTANCES
proven_among() {
  for one in $1; do ! is_proven "$one" || printf '%s ' "$one"; done
}

# Usage: start_proven INSTANCES. On the good generation, which is in its place; nobody waits until they are healthy.
start_proven() {
  proven_ones=$(proven_among "$1")
  [ -n "$proven_ones" ] || return 0
  systemctl_each reset-failed service "$proven_ones"
  systemctl_each start service "$proven_ones"
  monit_each monitor "$proven_ones"
}

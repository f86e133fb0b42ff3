# An instance takes its port: each begins so, as root. Who listens there in the moment in which the instance is down,
# and is of another app or somebody's login, is ended; nobody was sent to it, see files/server/filter.nft.mustache.

# Usage: claim_port APP PORT
claim_port() {
  app=$1 free=0 tries=0
  # Those that are started again at once may be quicker once more, but not all of them each time.
  while [ "$free" -lt 2 ] && [ "$tries" -lt 40 ]; do
    squatters=$(port_holders "$2")
    if [ -n "$squatters" ]; then
      free=0
      printf '%s\n' "$squatters" | (
        while IFS=$TAB read -r pid of; do end_squatter "$2" </dev/null; done
        exit "${ended:-1}"
      ) || return 0
    else
      # What nobody held at first nobody is about to take.
      [ "$tries" != 0 ] || return 0
      free=$((free + 1))
    fi
    tries=$((tries + 1))
    sleep 0.02
  done
}

# Usage: end_squatter PORT. Of $pid, which belongs to the unit $of. Sets ended when it was one.
end_squatter() {
  # With one of its processes a unit has ended.
  case " ${ended_units:-} " in *" $of "*) return 0 ;; esac
  is_squatter "$1" || return 0
  log_line "warn   port $1 of $app: $(program_of "$pid") (process $pid of $of) held it, and was ended"
  case $of in
    # Without a session of systemd's a login is a process of sshd's like all others.
    ssh.service | ssh@*) set -- kill -KILL "$pid" ;;
    *)
      set -- systemctl kill --signal=KILL "$of"
      ended_units="${ended_units:-} $of"
      ;;
  esac
  ! "$@" 2>/dev/null || ended=0
}

# Services that are not the kit's have a reason that we do not know; the instance then fails, and says who it is.
is_squatter() {
  case $of in
    "$app@"* | *"@$1.service") return 1 ;;
    *@*.service) ! is_instance "$of" || return 0 ;;
  esac
  # Root does as it likes.
  ! grep -qs '^Uid:[[:space:]]0[[:space:]]' "/proc/$pid/status" || return 1
  case $of in ssh.service | ssh@*) return 0 ;; esac
  grep -qs '^\(0:\|[0-9]*:name=systemd\):.*/user\.slice/' "/proc/$pid/cgroup"
}

# Who has a socket open: by the kernel, not by what a program says of itself.

# SOCKET<TAB>FOLDER of each process that has one of these sockets open, by which the lines begin. An app may have
# thousands of them: each is looked up, and none compared with all.
# Usage: holders_of LINES
holders_of() {
  {
    printf '%s\n\n' "$1"
    # Whatever ends meanwhile is passed over.
    find /proc/[0-9]*/fd -maxdepth 1 -lname 'socket:*' -printf '%l\t%h\n' 2>/dev/null || :
  } | awk -F '\t' '
    !listed { if ($0 == "") listed = 1; else wanted["socket:[" $1 "]"]; next }
    $1 in wanted && !seen[$0]++'
}

# As systemd's own tree of control groups has it, on hosts of both layouts and in containers. What a user's own
# systemd runs is of that one.
unit_of_process() {
  while IFS=: read -r _ tree group; do
    case $tree in '' | name=systemd) ;; *) continue ;; esac
    case $group in */user@*.service/*) group=${group%%.service/*}.service ;; esac
    while [ -n "$group" ]; do
      case ${group##*/} in *.service | *.socket | *.scope | *.slice) echo "${group##*/}" && return ;; esac
      group=${group%/*}
    done
  done <"/proc/$1/cgroup"
}

# The socket of systemd's own that listens on a port.
socket_unit() {
  systemctl list-sockets --no-pager --no-legend --plain --full 2>/dev/null |
    awk -v port=":$1" 'substr($1, length($1) - length(port) + 1) == port { print $2; exit }'
}

# What the kernel calls a process, without what is no name: its owner may have chosen that.
program_of() { tr -c '[:alnum:]._:+/\n-' '?' <"/proc/$1/comm" 2>/dev/null || echo 'a program that has ended'; }

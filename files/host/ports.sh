# Ports that the kit needs, and who holds them. The kernel is asked, by its tables of sockets and by what processes
# have open: what a program calls itself decides nothing.

# The lines of those items that cannot have a port that they need, since somebody else holds it: KIND NAME foreign=WORDS.
# What another app of the kit's holds is its own affair: it may give it up in this very run.
# Usage: held_ports ITEM-LINES
held_ports() {
  read_needs "$1"
  find_holders
  set -f
  IFS=$NEWLINE
  for held in $listening; do
    unset IFS
    tell_holder "$held"
  done
  unset IFS
  set +f
}

# Sets listening, the sockets that $needs are about, and holders, a line SOCKET<TAB>FOLDER of a process each.
find_holders() {
  listening='' holders=''
  [ -z "$needs" ] || listening=$(listening_sockets)
  [ -z "$listening" ] || holders=$(holders_of "$listening")
}

# PROCESS<TAB>UNIT of all that listen at a port of the loopback; of a socket of systemd's the unit that it is.
# Usage: port_holders PORT
port_holders() {
  needs="$1$TAB-$TAB-${TAB}local$NEWLINE"
  find_holders
  printf '%s\n' "$holders" | while IFS= read -r open_in; do
    pid=${open_in#*/proc/} pid=${pid%/fd}
    case $pid in
      '') continue ;;
      1) of=$(socket_unit "$1") ;;
      *) of=$(unit_of_process "$pid" 2>/dev/null) || continue ;;
    esac
    printf '%s\t%s\n' "$pid" "$of"
  done
}

# Sets needs: PORT<TAB>KIND<TAB>NAME<TAB>any|local, a line each. nginx listens on all addresses of the host.
# Usage: read_needs ITEM-LINES
read_needs() {
  needs=$NEWLINE
  set -f
  IFS=$NEWLINE
  for needing in $1; do
    case $needing in
      unit"$TAB"*"$TAB@port="* | file"$TAB"*"$TAB@port="* | rollout"$TAB"*"$TAB@listen=public"*) reach=any ;;
      rollout"$TAB"*"$TAB@type=web"* | rollout"$TAB"*"$TAB@listen="*) reach=local ;;
      *) continue ;;
    esac
    of_need=${needing#*"$TAB"} of_need=${needing%%"$TAB"*}$TAB${of_need%%"$TAB"*}$TAB$reach
    IFS=$TAB
    for part in $needing; do
      case $reach/$part in
        any/@port=* | */[0-9]*=*) part=${part#@port=} && add_need "${part%%=*}$TAB$of_need" ;;
      esac
    done
    IFS=$NEWLINE
  done
  unset IFS
  set +f
  needs=${needs#"$NEWLINE"}
}
add_need() { case $needs in *"$NEWLINE$1$NEWLINE"*) ;; *) needs=$needs$1$NEWLINE ;; esac; }

# SOCKET<TAB>PORT<TAB>KIND<TAB>NAME of each of those ports that somebody listens on. The kernel names listeners first, and
# what may be a hundred thousand connections after them. One user but root may listen at one address many thousand times
# (SO_REUSEPORT), and is asked about once.
listening_sockets() {
  set -- /proc/net/tcp
  [ ! -r /proc/net/tcp6 ] || set -- "$@" /proc/net/tcp6
  NEEDS=$needs awk '
    BEGIN { n = split(ENVIRON["NEEDS"], line, "\n")
      for (i = 1; i < n; i++) { split(line[i], part, "\t"); port = sprintf("%04X", part[1])
        items[port] = items[port] line[i] "\n" } }
    FNR == 1 { next }
    $4 != "0A" { nextfile }
    { split($2, at, ":") }
    !(at[2] in items) || $8 + 0 && seen[$2, $8]++ { next }
    { n = split(items[at[2]], line, "\n")
      for (i = 1; i < n; i++) { split(line[i], part, "\t")
        if (part[4] == "any" || at[1] ~ /^0*$|^(0100007F|7F000001)$|FFFF0000(0100007F|7F000001)$/)
          print $10 "\t" part[1] "\t" part[2] "\t" part[3] } }' "$@"
}

# ADDRESS:PORT of each socket that a process listens on, a line each.
# Usage: addresses_of PROCESS
addresses_of() {
  set -- "$1" /proc/net/tcp
  [ ! -r /proc/net/tcp6 ] || set -- "$1" "$2" /proc/net/tcp6
  sockets=$(find "/proc/$1/fd" -maxdepth 1 -lname 'socket:*' -printf '%l ' 2>/dev/null) || :
  shift
  SOCKETS=$sockets awk '
    function number(hex,  i, n) { for (i = 1; i <= length(hex); i++) n = n * 16 + index("123456789ABCDEF", substr(hex, i, 1)); return n }
    # Of IPv6 only the ends tell anything here: all addresses, the loopback, or one of IPv4.
    function address(hex,  last) {
      if (hex ~ /^0+$/) return "*"
      if (hex ~ /^0+1000000$/ && length(hex) == 32) return "[::1]"
      last = substr(hex, length(hex) - 7)
      return number(substr(last, 7)) "." number(substr(last, 5, 2)) "." number(substr(last, 3, 2)) "." number(substr(last, 1, 2)) }
    FNR == 1 { next }
    $4 != "0A" { nextfile }
    index(ENVIRON["SOCKETS"], "socket:[" $10 "]") { split($2, at, ":"); print address(at[1]) ":" number(at[2]) }' "$@"
}

# One socket may be open in many processes, as that of systemd is in the service that it started for it.
# Usage: tell_holder SOCKET<TAB>PORT<TAB>KIND<TAB>NAME
tell_holder() {
  wanting=${1#*"$TAB"} port=${wanting%%"$TAB"*} wanting=${wanting#*"$TAB"}
  holder='' socket=''
  IFS=$NEWLINE
  for open_in in $holders; do
    unset IFS
    case $open_in in
      "socket:[${1%%"$TAB"*}]$TAB/proc/1/fd") socket=yes && continue ;;
      "socket:[${1%%"$TAB"*}]$TAB"*) ;;
      *) continue ;;
    esac
    pid=${open_in#*/proc/} pid=${pid%/fd}
    of=$(unit_of_process "$pid" 2>/dev/null) || continue
    ! may_hold "$of" "$wanting" || return 0
    holder=$pid holder_unit=$of
  done
  unset IFS
  if [ -n "$socket" ]; then
    socket=$(socket_unit "$port")
    ! may_hold "$socket" "$wanting" || return 0
    [ -n "$holder" ] || { holder=1 && holder_unit=$socket; }
  fi
  [ -n "$holder" ] || return 0
  printf '%s\tforeign=cannot have port %s, which %s (process %s%s) holds; %s\n' "$wanting" "$port" \
    "$(program_of "$holder")" "$holder" "${holder_unit:+ of $holder_unit}" "$(how_to_free "$wanting")"
}

# Its own unit, and the instances of any app of the kit's.
# Usage: may_hold UNIT KIND<TAB>NAME
may_hold() {
  case $2 in
    unit"$TAB$1" | rollout"$TAB${1%@*}") return 0 ;;
    # nginx listens there because of it; an instance must have ended before.
    file"$TAB"*) [ "$1" = nginx.service ]; return ;;
  esac
  is_instance "$1"
}

# Whether a unit is an instance of an app, or its socket.
is_instance() {
  case $1 in *@*.service | *@*.socket) grep -D skip -qs "$OURS" "/etc/systemd/system/${1%@*}@.service" ;; *) return 1 ;; esac
}

# Usage: how_to_free KIND<TAB>NAME
how_to_free() {
  ! is_instance "$holder_unit" || { printf 'let %s give it up in a run of its own first' "${holder_unit%@*}" && return; }
  case $1 in
    rollout*) printf 'give %s another port, or ' "${1#*"$TAB"}" ;;
    file*) printf '%s, or ' "$(case $1 in *-tls.conf) echo 'set tls: off' ;; *) echo 'choose another public port' ;; esac)" ;;
  esac
  case $holder_unit in
    nginx.service) printf 'let nginx give it up in a run of its own first' ;;
    user@*) printf 'end that first: kill %s' "$holder" ;;
    *.service | *.socket)
      set -- "$holder_unit"
      [ -z "$socket" ] || [ "$socket" = "$1" ] || set -- "$socket" "$1"
      printf 'stop and disable that first: systemctl disable --now %s' "$*"
      ;;
    *) printf 'end that first: kill %s' "$holder" ;;
  esac
}

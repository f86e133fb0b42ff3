# Sockets that the firewall shuts: whoever listens beyond the loopback at a port that it does not let in. The kernel is
# asked, as in ports.sh.

# A line socket<TAB>open|shut<TAB>tcp|udp<TAB>PORT<TAB>all|some<TAB>PROGRAM of each: open to all, or at some address, as
# long as there is no firewall; then shut.
# Usage: shut_sockets ITEM-LINES
shut_sockets() {
  case $1 in *"$TAB@settled="*) ;; *) return 0 ;; esac
  applied=$(stored_items)
  settled=$(printf '%s\n' "$1" "$applied" | settled_ports)
  listening=$(other_sockets "$settled")
  [ -n "$listening" ] || return 0
  holders=$(holders_of "$listening")
  socket_state=open
  case $NEWLINE$applied in *"${NEWLINE}file$TAB$FILTER/firewall.nft$TAB"*) socket_state=shut ;; esac
  # What has ended meanwhile has no holder either.
  printf '%s\n' "$holders" still "$(other_sockets "$settled")" listening "$listening" | told_sockets |
    while IFS=$TAB read -r protocol port reach pid; do
      case $pid in
        -) socket_program='the kernel' ;;
        1) socket_program=$(socket_unit "$port") ;;
        *) socket_program=$(program_of "$pid") ;;
      esac
      printf 'socket\t%s\t%s\t%s\t%s\t%s\n' "$socket_state" "$protocol" "$port" "$reach" "$socket_program"
    done
}

# Sockets that are told of one user, but root: an app may open tens of thousands, which nobody reads.
SOCKETS_TOLD=50

# PROTOCOL<TAB>PORT<TAB>all|some<TAB>PROCESS of each socket that is there still: 1 where it waits in systemd, and - where
# no process has it, as of WireGuard, VXLAN, a server of NFS.
# Usage: told_sockets < LINES of holders, of what is there still, and of what listens
told_sockets() {
  awk -F '\t' -v most="$SOCKETS_TOLD" '
    $0 == "still" || $0 == "listening" { part = $0; next }
    part == "" { split($2, path, "/"); socket = substr($1, 9, length($1) - 9)
      if (path[3] == 1) waits[socket]; else if (!(socket in process)) process[socket] = path[3]
      next }
    part == "still" { there[$1]; next }
    !($1 in there) { next }
    { of = $1 in process ? process[$1] : $1 in waits ? 1 : "-" }
    # Who only asks has such a port, and hears the answers.
    $5 == "asks" && of != "-" { next }
    seen[$2, $3, $4, of]++ || $6 + 0 && ++told[$6] > most { next }
    { print $2 "\t" $3 "\t" $4 "\t" of }'
}

# The ports that the firewall is told of, as words PROTOCOL:PORT; those of instances, which the filter closes anyway, and
# those of nginx, which are opened.
# Usage: settled_ports < ITEM-LINES
settled_ports() {
  awk -F '\t' '{ for (i = 3; i <= NF; i++) {
    if ($i ~ /^@settled=/ && !told++) printf "%s ", substr($i, 10)
    if ($1 == "rollout" && $i ~ /^[0-9]+=/) printf "tcp:%d ", $i
    if ($i ~ /^@port=[0-9]/) printf "tcp:%d ", substr($i, 7) } }'
}

# SOCKET<TAB>PROTOCOL<TAB>PORT<TAB>all|some<TAB>listens|asks<TAB>USER of each socket beyond the loopback that is none of these.
# A connected one hears its peer alone. One of UDP's at a port that the kernel chose itself may be of one who only asks.
# Usage: other_sockets WORDS
other_sockets() {
  settled=$1
  set --
  for table in tcp tcp6 udp udp6; do [ ! -r "/proc/net/$table" ] || set -- "$@" "/proc/net/$table"; done
  SETTLED=$settled awk -v range=/proc/sys/net/ipv4/ip_local_port_range '
    function number(hex,  i, n) { for (i = 1; i <= length(hex); i++) n = n * 16 + index("123456789ABCDEF", substr(hex, i, 1)); return n }
    function is_loopback(hex) {
      if (length(hex) == 8) return hex ~ /7F$/
      return hex == "00000000000000000000000001000000" || hex ~ /^0000000000000000FFFF0000.*7F$/ }
    BEGIN { n = split(ENVIRON["SETTLED"], word, " ")
      for (i = 1; i <= n; i++) { split(word[i], part, ":"); ends = split(part[2], end, "-")
        for (port = end[1] + 0; port <= end[ends] + 0; port++) settled[part[1], port] }
      getline chosen <range; split(chosen, own) }
    FNR == 1 { protocol = FILENAME ~ /udp/ ? "udp" : "tcp"; next }
    protocol == "tcp" && $4 != "0A" { nextfile }
    protocol == "udp" && $4 != "07" { next }
    { split($2, at, ":"); port = number(at[2]) }
    is_loopback(at[1]) || ((protocol, port) in settled) { next }
    { print $10 "\t" protocol "\t" port "\t" (at[1] ~ /^0+$/ ? "all" : "some") "\t" \
        (protocol == "udp" && port >= own[1] + 0 && port <= own[2] + 0 ? "asks" : "listens") "\t" $8 }' "$@"
}

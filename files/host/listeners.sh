# Sockets that the firewall shuts: whoever listens beyond the loopback at a port that it does not let in. The kernel is
# asked, as in ports.sh.

# A line socket<TAB>open|shut|past<TAB>tcp|tcp6|udp|udp6<TAB>PORT<TAB>all|some<TAB>PROGRAM of each: open to all, or at some
# address, as long as there is no firewall; then shut; or past it either way, as forwarded.
# Usage: shut_sockets ITEM-LINES
shut_sockets() {
  case $1 in *"$TAB@settled="*) ;; *) return 0 ;; esac
  applied=$(stored_items)
  settled=$(printf '%s\n' "$1" "$applied" | settled_ports)
  forwarded=$(rules_of_others | forwarded_ports)
  listening=$(other_sockets "$settled")
  [ -n "$listening" ] || return 0
  holders=$(holders_of "$listening")
  socket_state=open
  case $NEWLINE$applied in *"${NEWLINE}file$TAB$FILTER/firewall.nft$TAB"*) socket_state=shut ;; esac
  # What has ended meanwhile has no holder either.
  printf '%s\n' "$holders" still "$(other_sockets "$settled")" listening "$listening" | told_sockets |
    while IFS=$TAB read -r protocol port reach use pid; do
      case $pid in
        -) socket_program='the kernel' ;;
        1) socket_program=$(socket_unit "$port") ;;
        *) socket_program=$(program_of "$pid") ;;
      esac
      [ "$use" = past ] || use=$socket_state
      printf 'socket\t%s\t%s\t%s\t%s\t%s\n' "$use" "$protocol" "$port" "$reach" "$socket_program"
    done
}

# Sockets that are told of one user, but root: an app may open tens of thousands, which nobody reads.
SOCKETS_TOLD=50

# PROTOCOL<TAB>PORT<TAB>all|some<TAB>listens|asks|past<TAB>PROCESS of each socket that is there still: 1 where it waits in
# systemd, and - where no process has it, as of WireGuard, VXLAN, a server of NFS.
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
    seen[$2, $3, $4, $5, of]++ || $6 + 0 && ++told[$6] > most { next }
    { print $2 "\t" $3 "\t" $4 "\t" $5 "\t" of }'
}

# The rules of others that may send elsewhere what comes to the host, of nftables and of either iptables; nothing is
# forwarded where the kernel may not.
rules_of_others() {
  cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null | grep -q 1 || return 0
  nft -n list ruleset 2>/dev/null || :
  # Before the kit comes there may be no nft; and it does not show what the older iptables keeps.
  echo table ip
  iptables-save 2>/dev/null || :
  echo table ip6
  ip6tables-save 2>/dev/null || :
}

# PROTOCOL<TAB>FIRST<TAB>LAST<TAB>all|some of ports whose packets get another address before a firewall for the host itself
# sees them, wherever they come from: what Docker and Podman publish. Some: at some address of the host. All but some
# pass for all.
# Usage: forwarded_ports < RULES
forwarded_ports() {
  awk '
    $1 == "table" { family = $2 }
    !/ -j DNAT / && !/ dnat (ip6? )?to / { next }
    /[^!] -s | saddr [^!]|[^!] -i |iif(name)? "/ { next }
    { protocol = port = at = ""
      for (i = 1; i < NF; i++) {
        if ($i == "-p") protocol = $(i + 1)
        if ($i == "dport") protocol = $(i - 1)
        if ($i ~ /^(--)?dport$/) port = $(i + 1)
        if ($i ~ /^(-d|daddr)$/ && $(i - 1) != "!" && $(i + 1) != "!=") at = $(i + 1)
      } }
    port !~ /^[0-9]+([:-][0-9]+)?$/ || at ~ /^(127\.|::1)/ { next }
    { ends = split(port, end, /[:-]/)
      line = "\t" end[1] "\t" end[ends] "\t" (at == "" ? "all" : "some")
      if (family != "ip6" && !/ dnat ip6 to /) print protocol line
      if (family != "ip" && !/ dnat ip to /) print protocol "6" line }'
}

# The ports that the firewall is told of, as words PROTOCOL:PORT, with :limited where not all may come; those of
# instances, which the filter closes anyway, and those of nginx, which are opened.
# Usage: settled_ports < ITEM-LINES
settled_ports() {
  awk -F '\t' '{ for (i = 3; i <= NF; i++) {
    if ($i ~ /^@settled=/ && !told++) printf "%s ", substr($i, 10)
    if ($1 == "rollout" && $i ~ /^[0-9]+=/) printf "tcp:%d ", $i
    if ($i ~ /^@port=[0-9]/) printf "tcp:%d ", substr($i, 7) } }'
}

# SOCKET<TAB>PROTOCOL<TAB>PORT<TAB>all|some<TAB>listens|asks|past<TAB>USER of each socket beyond the loopback that is none of
# these. Past the firewall is what $forwarded names, and no limit of a firewall holds for it. A connected one hears its
# peer alone. One of UDP's at a port that the kernel chose itself may be of one who only asks.
# Usage: other_sockets WORDS
other_sockets() {
  settled=$1
  set --
  for table in tcp tcp6 udp udp6; do [ ! -r "/proc/net/$table" ] || set -- "$@" "/proc/net/$table"; done
  # On standard input, since of a range that is published each port has a rule: too long for the environment.
  printf '%s\n' "$forwarded" | SETTLED=$settled awk -v range=/proc/sys/net/ipv4/ip_local_port_range '
    function number(hex,  i, n) { for (i = 1; i <= length(hex); i++) n = n * 16 + index("123456789ABCDEF", substr(hex, i, 1)); return n }
    function is_loopback(hex) {
      if (length(hex) == 8) return hex ~ /7F$/
      return hex == "00000000000000000000000001000000" || hex ~ /^0000000000000000FFFF0000.*7F$/ }
    BEGIN { n = split(ENVIRON["SETTLED"], word, " ")
      for (i = 1; i <= n; i++) { split(word[i], part, ":"); ends = split(part[2], end, "-")
        for (port = end[1] + 0; port <= end[ends] + 0; port++)
          if (part[3] == "") settled[part[1], port]; else limited[part[1], port] }
      getline chosen <range; split(chosen, own) }
    !is_kernel { for (port = $2 + 0; port && port <= $3 + 0; port++) past[$1, port, $4]; next }
    FNR == 1 { table = FILENAME; sub(/.*\//, "", table); protocol = substr(table, 1, 3); next }
    protocol == "tcp" && $4 != "0A" { nextfile }
    protocol == "udp" && $4 != "07" { next }
    { split($2, at, ":"); port = number(at[2]) }
    is_loopback(at[1]) || ((protocol, port) in settled) { next }
    { reach = at[1] ~ /^0+$/ ? "all" : "some"
      use = protocol == "udp" && port >= own[1] + 0 && port <= own[2] + 0 ? "asks" : "listens"
      if ((table, port, "all") in past || (table, port, reach) in past) use = "past" }
    use != "past" && (protocol, port) in limited { next }
    { print $10 "\t" table "\t" port "\t" reach "\t" use "\t" $8 }' - is_kernel=yes "$@"
}

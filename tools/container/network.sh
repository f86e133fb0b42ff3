# shellcheck shell=sh
# The network of a container: a namespace, a pair of interfaces, and one nftables table.
# shellcheck disable=SC2154 # $name and $number are container.sh's

outside=198.18.$number.1 inside=198.18.$number.2
forwarding=/proc/sys/net/ipv4/ip_forward
# The kernel takes 255 bytes.
alias_limit=250
# Exists while forwarding is on because of us.
forwarding_was_off=/run/keelson-ip-forward-was-off

# Else forwarding is turned off after the last container while the next one's network is made.
one_at_a_time() {
  exec 9<"$forwarding"
  flock 9
}

network() {
  one_at_a_time
  owner=$(printf "%.${alias_limit}s" "$1")
  if [ "$(cat "/sys/class/net/$name/ifalias" 2>/dev/null)" = "$owner" ]; then
    # Its table comes last; without it the making was interrupted.
    ! nft list table ip "$name" >/dev/null 2>&1 || return 0
    remove_network
  fi
  [ -z "$(ip -o address show to "198.18.$number.0/30")" ] || die "$outside is in use" 17
  ip netns add "$name" 2>/dev/null || [ -e "/run/netns/$name" ] || die 'no network namespace can be made'
  # It would take over that of this machine, which is on because of others of these; a fresh Debian has it off.
  ip netns exec "$name" sh -c "echo 0 >$forwarding"
  ip link add "$name" type veth peer name host0 netns "$name" || {
    [ ! -e "/sys/class/net/$name" ] || exit 17
    die 'no network interface of type veth can be made'
  }
  ip link set "$name" alias "$owner"
  ip address add "$outside/30" dev "$name"
  ip link set "$name" up
  ip -n "$name" link set lo up
  ip -n "$name" address add "$inside/30" dev host0
  ip -n "$name" link set host0 up
  ip -n "$name" route add default via "$outside"
  masquerade
}

masquerade() {
  if [ "$(cat "$forwarding")" = 0 ]; then
    : >"$forwarding_was_off"
    echo 1 >"$forwarding"
  fi
  # Docker drops what it did not forward itself, unless this chain of its own accepts it.
  if nft list chain ip filter DOCKER-USER >/dev/null 2>&1; then
    nft insert rule ip filter DOCKER-USER iifname "$name" accept comment "$name"
    nft insert rule ip filter DOCKER-USER oifname "$name" accept comment "$name"
  fi
  nft -f - <<RULES
table ip $name {
  chain outbound {
    type nat hook postrouting priority srcnat
    ip saddr $inside oifname != "$name" masquerade
  }
  chain segments {
    type filter hook forward priority mangle
    iifname "$name" tcp flags syn tcp option maxseg size set rt mtu
  }
}
RULES
}

cut() {
  nft -f - <<RULES
table ip $name {
  chain cut-in {
    type filter hook prerouting priority raw
    iifname "$name" drop
  }
  chain cut-out {
    type filter hook postrouting priority raw
    oifname "$name" drop
  }
}
RULES
}

mend() {
  nft "delete chain ip $name cut-in; delete chain ip $name cut-out"
}

# remove_network: also what another run had begun to remove.
remove_network() {
  one_at_a_time
  ip netns delete "$name" 2>/dev/null || true
  [ ! -e "/sys/class/net/$name" ] || ip link delete "$name" 2>/dev/null || true
  nft delete table ip "$name" 2>/dev/null || true
  docker_rules | while read -r handle; do
    nft delete rule ip filter DOCKER-USER handle "$handle"
  done
  if [ -e "$forwarding_was_off" ] && [ -z "$(owners)" ]; then
    echo 0 >"$forwarding"
    rm -f "$forwarding_was_off"
  fi
}

docker_rules() {
  nft --handle list chain ip filter DOCKER-USER 2>/dev/null |
    awk -v comment="\"$name\"" 'index($0, "comment " comment) { print $NF }'
}

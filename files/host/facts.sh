# Facts: what a host is, as far as the program needs it to render manifests.
# Sent along by the program and read-only; prints one "key<TAB>value" a line.

print_facts() {
  fact() { printf '%s\t%s\n' "$1" "$2"; }
  . /etc/os-release
  fact id "${ID:-unknown}"
  fact codename "${VERSION_CODENAME:-unknown}"
  fact version "${VERSION_ID:-unknown}"
  fact architecture "$(dpkg --print-architecture 2>/dev/null || uname -m)"
  fact cores "$(nproc)"
  fact memoryMiB "$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)"
  fact hostname "$(cat /proc/sys/kernel/hostname)"
  # Whatever address and port lead there from outside; nothing while its configuration is broken.
  fact sshd "$(sshd -T 2>/dev/null | awk '$1 == "listenaddress" { print $2 }' | paste -s -d ' ')"
  if [ -d /run/systemd/system ]; then
    fact systemd "$(systemctl --version | awk 'NR == 1 { print $2 }')"
  else
    fact systemd 0
  fi
  print_memory
  print_releases
}

# What was applied last: of each manifest the run and the drift in its header.
print_memory() {
  set -- "$STATE"/manifests/*
  if [ -f "$1" ]; then
    awk 'FNR == 1 { in_header = 1; name = FILENAME; sub(/^.*\//, "", name); next }
      /^$/ { in_header = 0 }
      in_header { print "header\t" name " " $0 }' "$@"
  fi
  for sent in "$STATE"/blobs/*.run; do
    hash=${sent##*/} hash=${hash%.run}
    if blob_is_intact "$hash"; then fact blob "$hash $(cut -d ' ' -f 1 "$sent")"; fi
  done
}

# The releases that are kept, newest first, of the apps that the kit manages here, and those that failed.
print_releases() {
  for memory in "$STATE"/manifests/rollout-*; do
    [ -f "$memory" ] || continue
    app=${memory##*/rollout-}
    find "/srv/$app/releases" -mindepth 1 -maxdepth 1 -type d -name '[0-9a-f]*' \
      -printf "%T@\t$app %f\n" 2>/dev/null | sort -rn | sed 's/^[^\t]*/release/'
    sort -u "$STATE/rollouts/$app/failed" 2>/dev/null | sed "s/^/failed\t$app /"
  done
}

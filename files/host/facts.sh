# Facts: what a host is, as far as the program needs it to render manifests.
# Sent along by the program and read-only; prints one "key<TAB>value" a line.

CERTBOT=/etc/letsencrypt

print_facts() {
  fact() { printf '%s\t%s\n' "$1" "$2"; }
  [ ! -f /etc/os-release ] || . /etc/os-release
  fact id "${ID:-unknown}"
  fact codename "${VERSION_CODENAME:-unknown}"
  fact version "${VERSION_ID:-unknown}"
  fact architecture "$(dpkg --print-architecture 2>/dev/null || uname -m)"
  fact cores "$(nproc)"
  while read -r key value _; do
    [ "$key" != MemTotal: ] || fact memoryMiB "$((value / 1024))"
  done </proc/meminfo
  IFS= read -r value </proc/sys/kernel/hostname
  fact hostname "$value"
  # Whatever address and port lead there from outside; nothing while its configuration is broken.
  timeout -k 1 10 sshd -T 2>/dev/null | awk '$1 == "listenaddress" { list = list blank $2; blank = " " }
    $1 == "subsystem" && $2 == "sftp" { sftp = $3 } END { print "sshd\t" list; print "sftp\t" sftp }'
  if [ -d /run/systemd/system ]; then
    value=$(systemctl --version) value=${value#* }
    fact systemd "${value%%[!0-9]*}"
  else
    fact systemd 0
  fi
  # What the kit brought, it holds still.
  if grep -qs "^unit${TAB}rsyslog.service$TAB" "$STATE/manifests/base"; then
    fact rsyslog kit
  elif [ -x /usr/sbin/rsyslogd ]; then
    fact rsyslog own
  fi
  print_certbot
  print_memory
  print_releases
}

# What certbot renews here: the name that it has for it, how it proves names, and the names.
print_certbot() {
  for renewal in "$CERTBOT"/renewal/*.conf; do
    [ -f "$renewal" ] || continue
    lineage=${renewal##*/} lineage=${lineage%.conf}
    value=$(openssl x509 -noout -ext subjectAltName -in "$CERTBOT/live/$lineage/cert.pem" 2>/dev/null | sed -n 's/ //g; s/DNS://gp')
    fact certbot "$lineage $(sed -n 's/^authenticator *= *\([a-z0-9-]*\).*/\1/p' "$renewal" | head -n 1) $value"
  done
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
    if blob_is_intact "$hash" && read -r value _ <"$sent"; then fact blob "$hash $value"; fi
  done
}

# The releases that are kept, newest first, of the apps that the kit manages here, and those that failed.
print_releases() {
  for memory in "$STATE"/manifests/rollout-*; do
    [ -f "$memory" ] || continue
    app=${memory##*/rollout-}
    find "/srv/$app/releases" -mindepth 1 -maxdepth 1 -type d -name '[0-9a-f]*' \
      -printf "%T@\t$app %f\n" 2>/dev/null | sort -rn | while IFS="$TAB" read -r _ value; do
      # Another tool's releases have names of digits, too.
      [ ! -f "$STATE/trees/%srv%$app%releases%${value#* }.list" ] || printf 'release\t%s\n' "$value"
    done
    [ ! -s "$STATE/rollouts/$app/failed" ] || sort -u "$STATE/rollouts/$app/failed" | sed "s/^/failed\t$app /"
  done
}

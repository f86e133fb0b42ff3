# Facts: what a host is, as far as the program needs it to render manifests.
# Sent along by the program and read-only; prints one "key<TAB>value" a line.

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
  print_sshd
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
  print_memory
  print_releases
}

# Of sshd what its configuration says, nothing while that is broken; of its login who came.
print_sshd() {
  fact login "${SUDO_USER:-$(id -un)}"
  if [ ! -x /usr/sbin/sshd ] || [ ! -f /usr/lib/systemd/system/ssh.service ]; then
    fact openssh no
  elif [ -e /etc/systemd/system/sockets.target.wants/ssh.socket ]; then
    fact openssh socket
  fi
  sshd_said=$(timeout -k 1 10 sshd -T 2>/dev/null || :)
  # Whatever address and port lead there from outside.
  printf '%s\n' "$sshd_said" | awk '$1 == "listenaddress" { list = list blank $2; blank = " " }
    $1 == "subsystem" && $2 == "sftp" { sftp = $3 } END { print "sshd\t" list; print "sftp\t" sftp }'
  value=$(printf '%s\n' "$sshd_said" | sed -n 's/^hostkey \(.*\)$/\1.pub/p' | while IFS= read -r value; do
    cat "$value" 2>/dev/null || :
  done | ssh-keygen -lf - 2>/dev/null | awk '$NF == "(RSA)" && (bits == "" || $1 < bits) { bits = $1 } END { print bits }')
  [ -z "$value" ] || fact rsaHostKey "$value"
  fact passwords "$(password_logins)"
}

# Who has a password that a Match of people's own lets in, whatever holds for all others; as seen from where we are.
password_logins() {
  grep -qis '^[[:space:]]*match[[:space:]=]' /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf || return 0
  came_from=${SSH_CONNECTION:-127.0.0.1} came_from=${came_from%% *}
  awk -F : '$2 ~ /^\$/ { print $1 }' /etc/shadow 2>/dev/null | head -n 20 | while IFS= read -r value; do
    printf '%s\n' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'Include /etc/ssh/sshd_config' |
      timeout -k 1 10 sshd -T -f /dev/stdin \
        -C "user=$value,host=$came_from,addr=$came_from,laddr=127.0.0.1,lport=22" 2>/dev/null |
      grep -qE '^(password|kbdinteractive)authentication yes$' && printf '%s\n' "$value"
  done | paste -s -d ' '
}

# What was applied last: of each manifest the run and the drift in its header.
print_memory() {
  set -- "$STATE"/manifests/*
  if [ -f "$1" ]; then
    awk 'FNR == 1 { in_header = 1; name = FILENAME; sub(/^.*\//, "", name); next }
      /^$/ { in_header = 0 }
      in_header { print "header\t" name " " $0 }' "$@"
  fi
  for sent in "$STATE"/confirm/*/run; do
    [ ! -f "$sent" ] || { IFS= read -r value <"$sent" && sent=${sent%/run} && fact unconfirmed "${sent##*/} $value"; }
  done
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

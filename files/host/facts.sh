# Facts: what a host is, as far as the program needs it to render manifests.
# Sent along by the program and read-only; prints one "key<TAB>value" a line.

CERTBOT=/etc/letsencrypt

# Of these the program wants to know whether somebody uses them: components/server/hardening.ts.
RARE_MODULES='dccp sctp rds tipc n_hdlc ax25 netrom x25 rose decnet econet af_802154 ipx appletalk psnap p8022 p8023 can atm cramfs freevxfs jffs2 hfs hfsplus firewire_core firewire_ohci firewire_sbp2 usb_storage uas'

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
  print_login
  print_sshd
  if [ -d /run/systemd/system ]; then
    value=$(systemctl --version) value=${value#* }
    fact systemd "${value%%[!0-9]*}"
  else
    fact systemd 0
  fi
  # systemd notes so when it boots in one.
  [ ! -e /run/systemd/container ] || fact container yes
  ! systemd-detect-virt -q 2>/dev/null || fact virtual yes
  if [ -x /usr/sbin/chronyd ]; then
    fact clock chrony
  elif [ -x /usr/sbin/ntpd ]; then
    fact clock ntpd
  fi
  awk -v rare=" $RARE_MODULES " 'index(rare, " " $1 " ") { list = list (list == "" ? "" : " ") $1 }
    END { if (list != "") print "modules\t" list }' /proc/modules 2>/dev/null || :
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

# The port and the address by which this very login came. sudo keeps them to itself; whoever started it knows.
print_login() {
  login=${SSH_CONNECTION:-} value=$$
  while [ -z "$login" ] && [ "${value:-0}" -gt 1 ]; do
    login=$(tr '\0' '\n' 2>/dev/null <"/proc/$value/environ" | sed -n 's/^SSH_CONNECTION=//p') || :
    value=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$value/status" 2>/dev/null) || :
  done
  # shellcheck disable=SC2086 # address and port of the client, then those of sshd
  set -- $login
  [ $# = 4 ] || return 0
  fact sshPort "$4"
  came_from=${1%%\%*}
  fact client "$came_from"
}

# Of sshd what its configuration says; of its login who came.
print_sshd() {
  fact login "${SUDO_USER:-$(id -un)}"
  if [ ! -x /usr/sbin/sshd ] || [ ! -f /usr/lib/systemd/system/ssh.service ]; then
    fact openssh no
  elif [ -e /etc/systemd/system/sockets.target.wants/ssh.socket ]; then
    fact openssh socket
  fi
  sshd_said=$(timeout -k 1 10 sshd -T 2>/dev/null || :)
  [ -n "$sshd_said" ] || sshd_said=$(running_sshd)
  # Whatever address and port lead there from outside.
  listening='' sftp='' fewest=''
  while read -r key value others; do
    case $key/$value in
      listenaddress/*) listening=$listening${listening:+ }$value ;;
      subsystem/sftp) sftp=${others%% *} ;;
      hostkey/*) count_rsa_bits "$value${others:+ $others}.pub" ;;
    esac
  done <<SAID
$sshd_said
SAID
  fact sshd "$listening"
  fact sftp "$sftp"
  [ -z "$fewest" ] || fact rsaHostKey "$fewest"
  fact passwords "$(password_logins)"
}

# Sets fewest to the bits of an RSA key where none had fewer. What became a pipe would be waited for.
# Usage: count_rsa_bits PUBLIC-KEY
count_rsa_bits() {
  type=''
  [ ! -f "$1" ] || { read -r type _ <"$1" || :; }
  [ "$type" = ssh-rsa ] || return 0
  bits=$(ssh-keygen -lf "$1" 2>/dev/null) || return 0
  bits=${bits%% *}
  case $bits in '' | *[!0-9]*) return 0 ;; esac
  [ -n "$fewest" ] && [ "$fewest" -le "$bits" ] || fewest=$bits
}

# While its configuration cannot be read, what it was started with: else what follows from it would change, and back.
running_sshd() {
  # What its sessions forward is no address of its own.
  value=$(systemctl show -p MainPID --value ssh.service 2>/dev/null || :)
  ss -Hltnp 2>/dev/null | awk -v main=",pid=${value:-0}," 'index($0, "\"sshd\"" main) { print "listenaddress " $4 }' | sort -r || :
  for value in "$SSHD_FOLDER"/ssh_host_*_key; do [ ! -f "$value" ] || printf 'hostkey %s\n' "$value"; done
}

# Who has a password that a Match of people's own lets in, whatever holds for all others; as seen from where we are.
password_logins() {
  # What became a pipe would be waited for.
  grep -D skip -qis '^[[:space:]]*match[[:space:]=]' "$SSHD_FOLDER/sshd_config" "$SSHD_FOLDER"/sshd_config.d/*.conf || return 0
  awk -F : '$2 ~ /^\$/ { print $1 }' /etc/shadow 2>/dev/null | head -n 20 | while IFS= read -r value; do
    printf '%s\n' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'Include /etc/ssh/sshd_config' |
      timeout -k 1 10 sshd -T -f /dev/stdin \
        -C "user=$value,host=${came_from:-127.0.0.1},addr=${came_from:-127.0.0.1},laddr=127.0.0.1,lport=22" 2>/dev/null |
      grep -qE '^(password|kbdinteractive)authentication yes$' && printf '%s\n' "$value"
  done | paste -s -d ' '
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

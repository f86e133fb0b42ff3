# shellcheck shell=sh
# Debian packages, installed only when a command that they bring is missing.

# missing COMMAND...: prints those that are not there; sbin counts, also for users who have it not in PATH.
missing() {
  for command; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || printf '%s ' "$command"
  done
}

# debian_packages WHAT-FOR COMMANDS PACKAGES
debian_packages() {
  # shellcheck disable=SC2086 # a list of words
  absent=$(missing $2)
  [ -n "$absent" ] || return 0
  command -v apt-get >/dev/null ||
    fail "$1: missing: $absent" 'there is no apt-get here: install them with the package manager of this system'
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null ||
      fail "$1: missing: $absent" "as root: apt-get install --no-install-recommends $3"
    sudo -v || fail "$1: missing: $absent" "let an administrator run: apt-get install --no-install-recommends $3"
  fi
  step apt "Debian packages for $1 ($3)" \
    "try: apt-get update && apt-get install --no-install-recommends $3" apt_install "$as_root" "$3"
}

apt_install() {
  # shellcheck disable=SC2086 # no word at all when root; a list of words
  $1 apt-get -o DPkg::Lock::Timeout=120 update || echo 'going on with the package lists that are there'
  # shellcheck disable=SC2086
  $1 env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
    install --yes --no-install-recommends $2
}

shellcheck_packages() {
  debian_packages 'the checks of shell scripts' 'shellcheck git' 'shellcheck git'
}

# listed FIELD: the commands, or the packages, that tools/setup/container.packages names, each once.
listed() {
  awk -v field="$1" '!/^#/ && $field != "-" && !seen[$field]++ { printf "%s ", $field }' \
    tools/setup/container.packages
}

container_packages() {
  [ "$(uname -s)" = Linux ] ||
    fail 'a Debian host in a container needs Linux' 'use a host of your own: npm start -- --host admin@server.example'
  debian_packages 'a Debian host in a container' \
    "$(listed 1)" "$(listed 2)"
}

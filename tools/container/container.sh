#!/bin/sh
# What has to be done as root for a Debian host in a container, in one place.
# The container's number N names all that belongs to it on this machine: the network namespace,
# the interface, the nftables table and the control group `keelsonN`, the addresses 198.18.N.1 and .2.
# The kernel hands out an interface name once only: that is the lock between parallel runs and clones.
#
#   container.sh network N OWNER          interface, addresses, masquerading; exit code 17: another's
#   container.sh run N DIR BASE CPUS DISK boots in the foreground; CPUS like 0-1 or all, DISK in MiB or 0
#   container.sh exec N COMMAND           runs a shell command in it, as root, without its sshd
#   container.sh processes N              prints the ids of all its processes
#   container.sh leader N                 prints the id of its PID 1
#   container.sh cpus N CPUS              pins all that runs in it
#   container.sh cut N | mend N           drops all its traffic | lets it pass again
#   container.sh stop N SECONDS           orderly, then by force
#   container.sh kill N                   all processes at once, like a pulled plug
#   container.sh crash N                  the same, and what its own disk had not written yet is lost
#   container.sh owners                   prints number and owner of each container of this machine;
#                                         `deleted` for one that is kept, and whose clone is gone
#   container.sh remove N DIR             everything above, and the host's directory
set -eu
# A host's tree is the same whatever the caller's umask is.
umask 022
PATH=$PATH:/usr/sbin:/sbin
verb=$1 number=${2-}
name=keelson$number
hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
cgroup=$hierarchy/$name

# shellcheck source=tools/container/network.sh
. "$(dirname "$0")/network.sh"
# shellcheck source=tools/container/cgroup.sh
. "$(dirname "$0")/cgroup.sh"

die() {
  printf '%s\n' "$1" >&2
  exit "${2-1}"
}

run() {
  [ -n "$hierarchy" ] || die 'no cgroup2 file system is mounted'
  mkdir -p "$cgroup"
  # A group of its own: containers in one group would end each other's services.
  echo $$ >"$cgroup/cgroup.procs"
  [ "$3" = all ] || taskset -cp "$3" $$ >/dev/null
  exec nsenter --net="/run/netns/$name" unshare --mount sh "$0" boot "$number" "$1" "$2" "$4"
}

# In a mount namespace of its own, so that its mounts end with it.
boot() {
  mkdir -p /run/systemd/nspawn "$1/root"
  mount -t tmpfs tmpfs /run/systemd/nspawn
  upper=$1
  if [ "$3" != 0 ]; then
    own_disk "$1" "$3"
    upper=$1/disk
  fi
  # Left by an overlay whose machine went down; `volatile` refuses to go on with it.
  rm -rf "$upper/work"
  mkdir -p "$upper/upper" "$upper/work"
  volatile=
  [ "$3" != 0 ] || volatile=,volatile
  mount -t overlay overlay -o "lowerdir=$2,upperdir=$upper/upper,workdir=$upper/work$volatile" "$1/root"
  # A fresh Debian has no host keys; a copy of another host has that one's.
  [ -e "$1/root/etc/ssh/ssh_host_ed25519_key" ] || seed "$1/seed" "$1/root"
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  exec systemd-nspawn --directory="$1/root" --machine="$name" --boot --console=read-only \
    --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no \
    --capability=CAP_NET_ADMIN
}

# A file system of its own, so that it can be full, and lose what was not synced.
own_disk() {
  if [ ! -e "$1/disk.img" ]; then
    truncate -s "${2}M" "$1/disk.img"
    mkfs.ext4 -q -m 0 "$1/disk.img"
  fi
  mkdir -p "$1/disk"
  mount -o loop "$1/disk.img" "$1/disk"
}

seed() {
  if [ -d "$1/home" ]; then
    user=$(ls "$1/home")
    chroot "$2" useradd --create-home --shell /bin/bash "$user"
  fi
  cp -R "$1/." "$2"
  [ -z "${user-}" ] || chroot "$2" chown -R "$user:$user" "/home/$user"
}

leader() {
  # Its id is 1 in its own namespace, and it never leaves this group.
  # shellcheck disable=SC2016 # the variables are awk's
  first=$(sed 's:.*:/proc/&/status:' "$cgroup/payload/init.scope/cgroup.procs" 2>/dev/null |
    xargs -r awk '/^Pid:/ { pid = $2 } /^NSpid:/ && $NF == 1 { print pid }' 2>/dev/null || true)
  [ -n "$first" ] || die 'the container is not running' 3
  echo "$first"
}

enter() {
  process=$(leader)
  allowed=$(awk '/^Cpus_allowed_list:/ { print $2 }' "/proc/$process/status")
  exec taskset -c "$allowed" nsenter --target "$process" --mount --uts --ipc --net --pid --root --wd -- \
    /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root USER=root LANG=C.UTF-8 sh -c "$1"
}

cpus() {
  # Twice, for what was forked in between.
  for _ in 1 2; do
    for process in $(processes); do
      taskset -acp "$1" "$process" >/dev/null 2>&1 || [ ! -e "/proc/$process" ] ||
        die "process $process cannot be pinned to $1"
    done
  done
}

stop() {
  # systemd's own signal for poweroff.
  if process=$(leader 2>/dev/null); then
    kill -s RTMIN+4 "$process"
    ends "${1}0" || true
  fi
  pull_plug
}

# EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: from here on nothing reaches the disk.
crash() {
  process=$(leader)
  supervisor=$(awk '/^PPid:/ { print $2 }' "/proc/$process/status")
  # shellcheck disable=SC2016 # the variables are Perl's
  nsenter --target "$supervisor" --mount perl -e '
    open my $disk, "<", $ARGV[0] or die "$ARGV[0]: $!\n";
    my $flags = pack "L", 2;
    ioctl $disk, 0x8004587d, $flags or die "$ARGV[0]: $!\n"' "$1/disk"
  pull_plug
}

owners() {
  for interface in /sys/class/net/keelson*; do
    [ -e "$interface/ifalias" ] || continue
    owner=$(cat "$interface/ifalias")
    # Looked at by root, to whom no directory is hidden; a path that was cut short tells nothing.
    [ "${owner%% *}" != kept ] || [ ${#owner} -ge "$alias_limit" ] || [ -d "${owner#* }" ] ||
      owner="deleted ${owner#* }"
    printf '%s %s\n' "${interface#/sys/class/net/keelson}" "$owner"
  done
}

remove() {
  pull_plug
  remove_network
  for hierarchy in "$hierarchy" /sys/fs/cgroup/systemd; do
    remove_groups "$hierarchy/$name"
  done
  end_agent "$1"
  [ -z "$1" ] || rm -rf "$1"
}

# Told by its socket, since the host's directory may be gone.
end_agent() {
  grep -lsx ssh-agent /proc/[0-9]*/comm | while read -r process; do
    process=${process%/comm}
    [ "$(tr '\0' ' ' <"$process/cmdline" 2>/dev/null)" != "ssh-agent -s -a $1/agent " ] ||
      kill "${process#/proc/}" 2>/dev/null || true
  done
}

case $verb in
  network) network "$3" ;;
  run) run "$3" "$4" "$5" "$6" ;;
  boot) boot "$3" "$4" "$5" ;;
  exec) enter "$3" ;;
  processes) processes ;;
  leader) leader ;;
  cpus) cpus "$3" ;;
  cut) cut ;;
  mend) mend ;;
  stop) stop "$3" ;;
  kill) pull_plug ;;
  crash) crash "$3" ;;
  owners) owners ;;
  remove) remove "$3" ;;
  *) die "unknown verb $verb" ;;
esac

# Where an app lies.

# Sets home, where an app lies, and real: a process tells its directory without the links on the way there, such as a
# /srv that leads to a disk for data.
# Usage: find_home APP
find_home() {
  home=/srv/$1 real=/srv/$1
  if [ -L /srv ] || [ -L "$home" ]; then real=$(readlink -f "$home") || real=$home; fi
}

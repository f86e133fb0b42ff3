# What stays when its owner goes. It must belong to no number that the next account gets, neither as user nor as group,
# nor by an ACL: it becomes root's, so that nobody may read it who could not before.

# Debian's own groups, such as nginx's, have their numbers for good.
FIXED_NUMBERS=100

# Usage: leave_to_root PATH LINE [all]. Gives to root what belongs there to accounts that go; with `all` whatever lies there.
# Sets not_given to the reason where something is not.
leave_to_root() {
  find_numbers "$1" "$2"
  not_given='' each_group=$going_groups
  if [ "${3:-}" != all ]; then
    # What lies below may be root's already.
    if holds_theirs "$1"; then
      for number in $going_users; do give "$1" root "--from=$number"; done
    else
      each_group=''
    fi
  elif [ -n "$is_lost" ] || is_in "$group_number" "$going_groups"; then
    give "$1" root:root
    each_group=''
  else
    give "$1" root
  fi
  for number in $each_group; do give "$1" :root "--from=:$number"; done
  forget_in_acls "$1"
  disowned=${disowned:-}$1$NEWLINE
}

# Sets going_users and going_groups to the numbers that may become free: of the accounts that go in this run, of a
# directory, and of who owns it by its item; group_number to the directory's group; and is_lost where that owner is
# gone already, so that nobody knows its numbers.
# Usage: find_numbers PATH LINE
find_numbers() {
  going_users='' going_groups='' is_lost=''
  of_path=$(stat -c '%u %g' "$1")
  group_number=${of_path#* }
  take_ownership "$2"
  [ -z "$owner" ] || id "$owner" >/dev/null 2>&1 || is_lost=yes
  for account in $owner $(accounts_that_go user); do
    add_number going_users "$(id -u "$account" 2>/dev/null)"
    add_number going_groups "$(id -g "$account" 2>/dev/null)"
  done
  for account in $group $(accounts_that_go group); do
    add_number going_groups "$(getent group "$account" | cut -d : -f 3)"
  done
  add_number going_users "${of_path% *}"
  add_number going_groups "$group_number"
}

# Usage: accounts_that_go user|group
accounts_that_go() {
  cat "$work/obsolete" "$work/made.reverse" 2>/dev/null | awk -F '\t' -v kind="$1" '$1 == kind { print $2 }'
}

# Usage: add_number LIST NUMBER
add_number() {
  numbers=''
  eval "numbers=\$$1"
  is_in "$2" "$numbers" || [ "${2:-0}" -lt "$FIXED_NUMBERS" ] || eval "$1=\"\${numbers:+\$numbers }$2\""
}
is_in() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac; }

# From directory to directory: no name is too long or too deep for it, and no link leads it away.
# Usage: give PATH TO [--from=WHOM]
give() {
  chown -Rh ${3:+"$3"} "$2" "$1" 2>"$work/complaints" && return 0
  chattr -R -ia "$1" 2>/dev/null || :
  chown -Rh ${3:+"$3"} "$2" "$1" 2>"$work/complaints" || IFS= read -r not_given <"$work/complaints" || :
}

# Whether something there belongs to a number that may become free.
holds_theirs() {
  set -- "$1" -false
  for number in $going_users; do set -- "$@" -o -uid "$number"; done
  for number in $going_groups; do set -- "$@" -o -gid "$number"; done
  at=$1
  shift
  [ -n "$(find_rest "$at" \( "$@" \) -printf x -quit)" ]
}

# Usage: find_rest PATH EXPRESSION... As find, but not in what is root's already.
find_rest() {
  rest_of=$1
  shift
  set -f
  IFS=$NEWLINE
  for of_root in ${disowned:-}; do
    case $of_root in "$rest_of"/*) set -- -path "$of_root" -prune -o "$@" ;; esac
  done
  unset IFS
  set +f
  find "$rest_of" "$@" 2>/dev/null || :
}

# Takes going_users and going_groups out of all ACLs. What the mask allows stays as it is.
forget_in_acls() {
  [ -x /usr/bin/setfacl ] && [ -n "$going_users$going_groups" ] || return 0
  find_rest "$1" ! -type l -print0 | xargs -0 -r getfacl -P -n -s -p 2>/dev/null |
    awk -F : -v users=" $going_users " -v groups=" $going_groups " '
      /^# file: / { record = ""; differs = 0 }
      /^$/ { if (differs) printf "%s\n", record; next }
      { at = $1 == "default" ? 2 : 1 }
      !/^#/ && $(at + 1) != "" && index($at == "user" ? users : groups, " " $(at + 1) " ") { differs = 1; next }
      { record = record $0 "\n" }' | setfacl --restore=- 2>/dev/null || :
}

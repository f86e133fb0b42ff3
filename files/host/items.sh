# Item lines, and how they are taken apart without a process of their own.

# The value of a property of an item line.
# Usage: field @drain "$line"
field() {
  ! has_field "$1" "$2" || { take_field "$1" "$2" && printf '%s\n' "$field_value"; }
}

# Sets field_value to it, without a process; empty where there is none.
# Usage: take_field @drain "$line"
take_field() {
  field_value=''
  case $TAB$2 in
    *"$TAB$1="*) field_value=$TAB$2 field_value=${field_value#*"$TAB$1="} field_value=${field_value%%"$TAB"*} ;;
  esac
}

# Sets owner, group and mode to those of an item line, without a process.
# Usage: take_ownership LINE
take_ownership() {
  owner=$1$TAB owner=${owner#*"${TAB}owner="} owner=${owner%%"$TAB"*}
  group=$1$TAB group=${group#*"${TAB}group="} group=${group%%"$TAB"*}
  mode=$1$TAB mode=${mode#*"${TAB}mode="} mode=${mode%%"$TAB"*}
}

# Usage: has_field @deep "$line"
has_field() { case $TAB$2 in *"$TAB$1="*) ;; *) return 1 ;; esac; }

# Usage: take_word NUMBER TEXT. Sets word.
take_word() {
  # shellcheck disable=SC2086 # words
  set -- "$1" $2
  shift "$1"
  word=$1
}

item_name() {
  take_name "$1"
  printf '%s\n' "$name_of_item"
}

# Sets name_of_item to it, without a process.
# Usage: take_name LINE
take_name() { name_of_item=${1#*"$TAB"} name_of_item=${name_of_item%%"$TAB"*}; }

# Sets names to the name of each item line, one a line.
# Usage: take_names LINES
take_names() {
  names=''
  set -f
  IFS=$NEWLINE
  for named in $1; do
    named=${named#*"$TAB"}
    names=$names${named%%"$TAB"*}$NEWLINE
  done
  unset IFS
  set +f
}

# Runs a command with the names of item lines as its last arguments, all of them at once; not at all without any.
# What a tool misses, it says by its silence: its exit status and complaints do not count.
# Usage: with_names LINES COMMAND...
with_names() {
  [ -n "$1" ] || return 0
  take_names "$1"
  shift
  set -f
  IFS=$NEWLINE
  # shellcheck disable=SC2086 # one word a line
  "$@" $names 2>/dev/null || :
  unset IFS
  set +f
}

# Usage: find_names LINES EXPRESSION... As with_names, for find.
find_names() {
  [ -n "$1" ] || return 0
  take_names "$1"
  shift
  set -f
  IFS=$NEWLINE
  # shellcheck disable=SC2086 # one word a line
  find $names "$@" 2>/dev/null || :
  unset IFS
  set +f
}

section() { printf 'section\t%s\n' "$1"; }

# Sets found to the manifests that lie in a folder of the memory, one a line, but for one, and for those that are
# being forgotten.
# Usage: list_manifests FOLDER [BUT]
list_manifests() {
  found=''
  for stored_file in "$STATE/$1"/*; do
    if [ ! -f "$stored_file" ] || [ -L "$stored_file" ]; then continue; fi
    case " ${2:-} ${forgetting:-} " in *" ${stored_file##*/} "*) ;; *) found=$found$stored_file$NEWLINE ;; esac
  done
}

# The item lines of manifests, without their content and what follows their end.
# Usage: item_lines FILE...
item_lines() {
  [ $# = 0 ] || awk 'FNR == 1 { body = 0 } !body { body = $0 == "" ? 1 : body; next } body == 2 || /^\|/ || /^confirm\t/ { next }
    $0 == "end" { body = 2; next } { print }' "$@"
}

# The lines of a file as it was applied, with | before each.
# Usage: applied_text MANIFEST PATH
applied_text() {
  awk -F '\t' -v path="$2" '!body { body = $0 == ""; next } /^\|/ { if (inside) print; next }
    { inside = $1 == "file" && $2 == path } $0 == "end" { exit }' "$STATE/manifests/$1"
}

# Another version of the kit may have known kinds that this one does not: it can neither look at them nor take them away.
# Usage: of_known_kinds < ITEM-LINES
of_known_kinds() { awk -F '\t' -v kinds=" $KINDS " 'index(kinds, " " $1 " ")'; }
of_unknown_kinds() { awk -F '\t' -v kinds=" $KINDS " '!index(kinds, " " $1 " ")'; }

# The item lines of what was applied, of all manifests but one; and of what is being applied, or a run that died
# had begun.
# Usage: stored_items [BUT]
stored_items() { items_in manifests "${1:-}"; }
pending_items() { items_in pending; }
items_in() {
  list_manifests "$1" "${2:-}"
  set -f
  IFS=$NEWLINE
  # shellcheck disable=SC2086 # one word a line
  set -- $found
  unset IFS
  set +f
  item_lines "$@"
}

# Of names with commas between them. A function for awk.
# shellcheck disable=SC2016 # of awk's own
SORTED='
    function sorted(list,  part, n, i, j, t, out) {
      n = split(list, part, ",")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && part[j - 1] > part[j]; j--) {
        t = part[j]; part[j] = part[j - 1]; part[j - 1] = t }
      for (i = 1; i <= n; i++) out = out (i > 1 ? "," : "") part[i]
      return out
    }'

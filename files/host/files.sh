# Files, links and what must be absent: all staged, checked together, then swapped in.

stage_files() {
  [ -z "$was_cut" ] || sweep_stages
  : >"$work/swap"
  : >"$work/beside"
  number=0 owned_paths=''
  while IFS= read -r line <&3; do
    number=$((number + 1)) kind=${line%%"$TAB"*}
    eval "staged=\${staged_$kind:-}"
    [ -n "$staged" ] || continue
    path=${line#*"$TAB"} path=${path%%"$TAB"*}
    ! differs "$kind" "$path" || "stage_$kind" "$line" "$path" "$work/content/keelson.$$.$number.dpkg-new" 3<&-
  done 3<"$work/items"
  write_all_beside
  obsolete_files >>"$work/swap"
  [ ! -s "$work/swap" ] || check_files
}

# Those of one directory, owner and mode at once.
write_all_beside() {
  [ -s "$work/beside" ] || return 0
  LC_ALL=C sort -o "$work/beside" "$work/beside"
  set --
  alike=''
  while IFS= read -r line <&3; do
    if [ "${line%"$TAB"*}" != "$alike" ]; then
      write_alike "$alike" "$@"
      set --
      alike=${line%"$TAB"*}
    fi
    set -- "$@" "${line##*"$TAB"}"
  done 3<"$work/beside"
  write_alike "$alike" "$@"
}

# Usage: write_alike OWNER<TAB>GROUP<TAB>MODE<TAB>DIRECTORY CONTENT...
write_alike() {
  [ $# -gt 1 ] || return 0
  IFS=$TAB read -r owner group mode folder <<ALIKE
$1
ALIKE
  shift
  install -o "$owner" -g "$group" -m "$mode" -t "${folder:-/}" "$@"
}

swap_files() {
  [ -s "$work/swap" ] || return 0
  # All of them at once: each alone would wait for the disk.
  sync_stages
  keep_originals
  while IFS="$TAB" read -r kind staged path <&3; do
    swap_path "$kind" "$staged" "$path" 3<&-
  done 3<"$work/swap"
}

# Usage: to_swap KIND STAGED PATH
to_swap() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$work/swap"; }

# gone.KIND<TAB>-<TAB>PATH of those that the manifest no longer names.
obsolete_files() {
  [ -s "$work/obsolete" ] || return 0
  while IFS= read -r line; do
    kind=${line%%"$TAB"*}
    eval "staged=\${staged_$kind:-}"
    [ -z "$staged" ] || printf 'gone.%s\t-\t%s\n' "$kind" "$(item_name "$line")"
  done <"$work/obsolete"
}

sync_stages() {
  set --
  while IFS="$TAB" read -r kind staged path; do
    [ "$kind" != file ] || set -- "$@" "$staged"
  done <"$work/swap"
  [ $# = 0 ] || sync "$@"
}

# What a run that was killed left beside its targets.
sweep_stages() {
  awk -F '\t' '$1 == "file" || $1 == "link" { sub(/\/[^\/]*$/, "", $2); if (!seen[$2]++) print $2 }' "$work/items" |
    while IFS= read -r folder; do rm -f "$folder"/keelson.*.dpkg-new "$folder"/*.keelson-new; done
}

swap_path() {
  case $1 in
    gone.*)
      # A directory that came there is not touched, and may be large.
      is_directory "$3" || keep_for_undo gone "$3"
      remove_one "${1#gone.}" "$3"
      ;;
    *)
      case $rows in *"$TAB$1$TAB$3${TAB}flags$TAB"*) chattr -ia "$3" 2>/dev/null || : ;; esac
      origin_of_item "$1" "$3"
      keep_for_undo "$item_origin" "$3"
      # What drifted was of the kit, and so were the logs; of what goes nothing is rotated any more.
      case $1/$item_origin in
        file/drift | absent/*) ;;
        *) ! is_rotation_of_others "$3" || keep_rotated_logs "$3" ;;
      esac
      "swap_$1" "$2" "$3"
      ;;
  esac
  touched "$3"
}

# What was there before the kit first wrote a path is kept, and put back when the kit goes.
keep_originals() {
  kept_any=''
  while IFS="$TAB" read -r kind staged path <&3; do
    case $kind in gone.*) ;; *) keep_original "$path" 3<&- ;; esac
  done 3<"$work/swap"
  [ -z "$kept_any" ] || sync -f "$STATE"
}

keep_original() {
  is_there "$1" || return 0
  ! is_there "$STATE/originals$1" || return 0
  [ -n "$owned_paths" ] ||
    owned_paths=$NEWLINE$(stored_items | awk -F '\t' '/^(file|link|absent|directory|tree)\t/ { print $2 }')$NEWLINE
  case $owned_paths in *"$NEWLINE$1$NEWLINE"*) return 0 ;; esac
  # Of ours, from before the host's memory was lost.
  if [ -f "$1" ] && grep -qs "$OURS" "$1"; then return 0; fi
  copy_original "$1"
  kept_any=yes
}

copy_original() {
  make_parent "$STATE/originals$1"
  cp -a "$1" "$STATE/originals$1"
}

restore_original() {
  is_there "$STATE/originals$1" || return 0
  [ -d "${1%/*}" ] || return 0
  [ -z "$armed" ] || keep_way "$STATE/originals$1"
  cp -a "$STATE/originals$1" "$1.keelson-new"
  # Before the only other copy goes.
  sync -f "${1%/*}"
  mv -fT "$1.keelson-new" "$1"
  sync -f "${1%/*}"
  rm -rf "$STATE/originals$1"
  case $1 in /etc/logrotate.d/*) return_rotated_logs "$1" ;; esac
}

# A log that was kept for a year is not deleted by a policy of two weeks. Whose the file is that goes is asked here: a
# look that comes after a package was installed, or after a run that was cut off, tells it no more.
is_rotation_of_others() {
  case $1 in /etc/logrotate.d/*) is_there "$1" || return 1 ;; *) return 1 ;; esac
  case $(whose_are "$1" --) in *"${TAB}somebody") ;; *) return 1 ;; esac
}

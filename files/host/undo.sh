# Undoing: a step that fails after files were swapped puts the old files back and tells the units again. What had
# drifted stays mended, and so does all that is no file: the log has said what was done.

# Usage: keep_for_undo ORIGIN PATH. Before it is swapped.
keep_for_undo() {
  [ "$1" != drift ] || [ -n "$confirm_seconds" ] || return 0
  if is_there "$2"; then
    kept=$((${kept:-0} + 1))
    [ -d "$work/old" ] || mkdir "$work/old"
    cp -a "$2" "$work/old/$kept"
    printf '%s\t%s\n' "$work/old/$kept" "$2" >>"$work/undo"
  else
    printf -- '-\t%s\n' "$2" >>"$work/undo"
  fi
}

# Nothing of this is undone any more; what may have to go back later is kept for that.
finish_undo() {
  mv "$work/undo" "$work/undone"
  : >"$work/undo"
}

undo() {
  undo_files "$work/undo"
  all_units
  tell_after_undo "$work/units"
}

# Usage: undo_files LIST, of which each line is what was there and its path.
undo_files() {
  tac "$1" >"$work/undo.reverse"
  while IFS="$TAB" read -r old path; do
    chattr -ia "$path" 2>/dev/null
    if [ "$old" = - ]; then
      rm -rf "$path"
    elif rm -rf "$path.keelson-new" && cp -a "$old" "$path.keelson-new"; then
      ! is_directory "$path" || rm -rf "$path"
      mv -fT "$path.keelson-new" "$path"
    else
      say change "file $path: stays as it is, it could not be put back"
      continue
    fi
    say change "file $path: put back as it was"
  done <"$work/undo.reverse"
}

# Each unit that may have read what was put back.
# Usage: tell_after_undo UNIT-LINES-FILE
tell_after_undo() {
  cut -f 2 "$work/undo.reverse" >"$work/touched"
  ! touched_units || systemctl daemon-reload
  find_concerned "$1"
  while IFS= read -r line <&4; do
    name=$(item_name "$line") how=$(field @change "$line")
    if [ -z "$how" ] || ! concerns_unit "$name" || ! is_active "$name"; then continue; fi
    if limited "$JOB_LIMIT" systemctl "$how" "$name" 2>/dev/null; then
      say change "unit $name: ${how}ed"
    else
      say change "unit $name: $how failed after its files were put back"
    fi
    note_configs "$line"
  done 4<"$1"
}

# Undoing: a step that fails puts the old files back, leaves no unit enabled or running that was not before, tells
# the units again, and takes back what was made. What had drifted stays mended; so do packages and settings of the
# kernel, as the log has said.

# Usage: keep_for_undo ORIGIN PATH. Before it is swapped.
keep_for_undo() {
  if [ -n "$armed" ]; then
    keep_way "$2"
    return 0
  fi
  [ "$1" != drift ] || return 0
  if is_there "$2"; then
    kept=$((${kept:-0} + 1))
    [ -d "$work/old" ] || mkdir "$work/old"
    cp -a "$2" "$work/old/$kept"
    printf '%s\t%s\n' "$work/old/$kept" "$2" >>"$work/undo"
  else
    printf -- '-\t%s\n' "$2" >>"$work/undo"
  fi
}

# Usage: leave_undo yes|replaced. To the kind itself; but for the files of what gives way, which it knows nothing of.
leave_undo() {
  : >"$work/made"
  units_begun=''
  [ "$1" != replaced ] || [ ! -s "$work/obsolete" ] || awk -F '\t' 'NR == FNR { gives_way[$2]; next } $2 in gives_way' \
    "$work/obsolete" "$work/undo" >"$work/undo.left"
  if [ -f "$work/undo.left" ]; then mv "$work/undo.left" "$work/undo"; else : >"$work/undo"; fi
}

# Nothing of this is undone any more, but for what has to be confirmed.
finish_undo() {
  : >"$work/undo"
  : >"$work/made"
}

# Of all units those that did start, and do not stay up.
keep_restless() {
  set -f
  IFS=$NEWLINE
  restless=''
  for of_unit in $units_begun; do
    of_name=${of_unit#unit"$TAB"}
    case $rows in *"${TAB}unit$TAB${of_name%%"$TAB"*}${TAB}active$TAB"*) restless=$restless$of_unit$NEWLINE ;; esac
  done
  unset IFS
  set +f
  units_begun=$restless
}

undo() {
  [ ! -s "$work/swap" ] || drop_stages
  if [ -n "${armed:-}" ]; then
    put_ways_back "$armed"
    disarm "$manifest"
    take_back
    return 0
  fi
  if [ ! -s "$work/undo" ] && [ ! -s "$work/made" ] && [ -z "$units_begun" ]; then return 0; fi
  each_unit_before stop_again
  undo_files "$work/undo"
  all_units
  tell_after_undo "$work/units"
  each_unit_before start_again
  take_back
}

# Usage: undo_files LIST, of which each line is what was there and its path.
undo_files() {
  tac "$1" >"$work/undo.reverse"
  while IFS="$TAB" read -r old path; do
    chattr -ia "$path" 2>/dev/null
    if [ "$old" = - ]; then
      rm -rf "$path"
    elif [ "${old#"$work"/}" = "$old" ]; then
      # Of one to be confirmed: renamed, so that it needs no room; or it has been, by one that was cut off.
      is_there "$old" || continue
      ! is_directory "$path" || rm -rf "$path"
      mv -fT "$old" "$path"
    elif rm -rf "$path.keelson-new" && cp -a "$old" "$path.keelson-new"; then
      ! is_directory "$path" || rm -rf "$path"
      mv -fT "$path.keelson-new" "$path"
    else
      say change "file $path: stays as it is, it could not be put back"
      continue
    fi
    ! is_rotation_of_others "$path" || return_rotated_logs "$path"
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

# The units that are about to go, which the look did not ask for.
note_gone_units() {
  [ -s "$work/obsolete" ] || return 0
  units_begun=$(grep "^unit$TAB" "$work/obsolete") || return 0
  units_begun=$units_begun$NEWLINE
  seen_first=$seen_first$NEWLINE$(printf '%s' "$units_begun" | observe)
}

# Calls a function with each unit that this run may have changed: its name, how it was before and how it is now, in
# lines of the same keys.
# Usage: each_unit_before FUNCTION
each_unit_before() {
  [ -n "$units_begun" ] || return 0
  printf '%s' "$units_begun" | observe >"$work/units.now"
  while IFS= read -r line <&4; do
    name=$(item_name "$line")
    "$1" "$name" "$(first_seen_of unit "$name")" "$line" 4<&-
  done 4<"$work/units.now"
}

# Usage: first_seen_of KIND NAME. As observed_of, of the look that came before anything was changed.
first_seen_of() {
  (
    observed=$seen_first
    observed_of "$1" "$2"
  )
}

# What a failed start leaves would compete again and again for what it could not have. What had drifted and runs by
# now stays mended.
# Usage: stop_again UNIT BEFORE NOW
stop_again() {
  origin_of_item unit "$1"
  now=$(field active "$3")
  case $item_origin/$now in drift/active) return 0 ;; esac
  case $now/$(field active "$2") in
    */active | */reloading | */activating | inactive/* | /*) ;;
    failed/failed) ;;
    *)
      systemctl ${no_wait:+"$no_wait"} stop "$1" 2>/dev/null
      systemctl reset-failed "$1" 2>/dev/null
      say change "unit $1: stopped, as it was"
      ;;
  esac
  case $(field enabled "$3")/$(field enabled "$2") in
    enabled/enabled* | enabled/generated) ;;
    enabled/masked*) systemctl mask --quiet "$1" 2>/dev/null && say change "unit $1: masked, as it was" ;;
    enabled/*) systemctl disable --quiet "$1" 2>/dev/null && say change "unit $1: disabled, as it was" ;;
  esac
}

# Usage: start_again UNIT BEFORE NOW
start_again() {
  case $(field enabled "$3")/$(field enabled "$2") in
    enabled/enabled) ;;
    masked*/enabled)
      systemctl unmask --quiet "$1" 2>/dev/null
      systemctl enable --quiet "$1" 2>/dev/null && say change "unit $1: enabled, as it was"
      ;;
    */enabled) systemctl enable --quiet "$1" 2>/dev/null && say change "unit $1: enabled, as it was" ;;
  esac
  case $(field active "$3")/$(field active "$2") in
    active/active | activating/active) ;;
    */active)
      if systemctl ${no_wait:+"$no_wait"} start "$1" 2>/dev/null; then
        say change "unit $1: started, as it was"
      else
        say change "unit $1: does not start after its files were put back"
      fi
      ;;
  esac
}

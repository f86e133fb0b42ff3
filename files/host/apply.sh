# Applies one manifest as one transaction: look, stage, check, swap, tell the services, look again.

apply_manifest() {
  cat >"$work/manifest"
  read_manifest
  take_lock
  await_rollouts
  pending=$STATE/pending/$manifest
  if is_unconfirmed "$manifest"; then
    # Where it waits for this very change, of a run that was cut off, this run has only to confirm it.
    look_at_items apply
    ! is_applied || return 0
    await_verdict "$manifest"
  fi
  [ -f "$pending" ] && was_cut=yes || was_cut=''
  log_unfinished
  look_at_items apply
  seen_first=$observed
  drop_arrivals
  ! is_applied || return 0
  refuse_foreign
  own_at_first
  # What is being applied, and why, is noted first, so that a run that dies leaves word of what it may have made.
  { cat "$work/manifest" && printf '%s' "${rows#"$NEWLINE"}"; } >"$work/pending"
  install_durably "$work/pending" "$pending"
  list_obsolete
  keep_directories
  converge
  finish_undo
  look_at_items settled
  refuse_remains
  units_begun=''
  await_confirmation
  install_durably "$work/manifest" "$STATE/manifests/$manifest"
  [ ! -f "$LOG" ] || sync "$LOG"
  rm -f "$pending"
}

is_applied() { [ "$rows" = "$NEWLINE" ] && [ ! -f "$pending" ] && cmp -s "$work/manifest" "$STATE/manifests/$manifest"; }

# Sets observed, what is seen of the items, and rows, what differs, with a line break before and after each.
# Usage: look_at_items apply|settled
look_at_items() {
  observed=$(
    # Whose a port is when all is done, the services themselves have found out.
    printf '%s\n' "$wanted" | if [ "$1" = settled ]; then observe; else observe | with_denied "$wanted"; fi
  )
  differing=$(printf '%s\n' observed "$observed" wanted "manifest$TAB$manifest" "$wanted" | difference "$1") || exit 1
  rows=$NEWLINE${differing:+$differing$NEWLINE}
}

# What a run that died had changed without living to log it: what differed then, and is by now as it wanted it.
log_unfinished() {
  [ -f "$pending" ] || return 0
  (
    run=$(sed -n '2s/^run //p' "$pending")
    wanted=$(item_lines "$pending" | of_known_kinds)
    look_at_items apply
    sed '1,/^end$/d' "$pending" | awk -F '\t' -v open="$rows" '
      !index(open, "\t" $2 "\t" $3 "\t" $4 "\t") && $1 != "gone"' >"$work/done"
    in_words <"$work/done" | while IFS= read -r line; do
      grep -qsF -e " $run $manifest $line" "$LOG" "$LOG.1" || log_line "$line"
    done
  )
}

# The order in which things of different kinds can be made: what is owned comes after its owner.
converge() {
  swapped=no handled=' '
  for step in $KINDS; do
    eval "staged=\${staged_$step:-}"
    [ "$step" != directory ] || arm_confirmation
    if [ -n "$staged" ]; then
      if [ "$swapped" = no ]; then
        stage_files
        note_gone_units
        remove_kinds later
        swap_files
        swapped=yes
      fi
      tell_rows "$step"
    else
      handled="$handled$step "
      apply_kind "$step"
      eval "brings=\${brings_$step:-}"
      [ -z "$brings" ] || [ -z "$differed" ] || look_again
    fi
  done
  remove_kinds earlier
}

# Adds the rows of items of which nothing was said, for what was just made brought things of its own.
look_again() {
  said=${rows#"$NEWLINE"}
  # Those are the package's.
  takeover=yes
  look_at_items apply
  rows=$NEWLINE$(printf '%sagain\n%s' "$said" "${rows#"$NEWLINE"}" | awk -F '\t' '
    $1 == "again" { again = 1; next }
    again { if (!(($2 FS $3) in told)) print; next }
    { told[$2 FS $3]; print }')$NEWLINE
}

# Calls apply_KIND LINE ORIGIN for each item of a kind that differs, or once with the lines of all that differ where
# a kind is applied together; around it begin_KIND and end_KIND where it has them.
apply_kind() {
  eval "together=\${together_$1:-} around=\${around_$1:-} itself=\${itself_$1:-}"
  items_of "$1"
  if [ -n "$around" ] && { [ -n "$of_kind" ] || [ -s "$work/touched" ]; }; then "begin_$1" "$of_kind"; fi
  # A kind that puts back by itself what a failure leaves behind.
  [ -z "$itself" ] || [ -z "$of_kind" ] || leave_undo "$itself"
  different_of "$1"
  if [ -z "$different" ]; then :
  elif [ -n "$together" ]; then "apply_$1" "$different"
  else each_different "$1"
  fi
  differed=$different
  items_of "$1"
  if [ -n "$around" ] && { [ -n "$of_kind" ] || [ -s "$work/touched" ]; }; then "end_$1" "$of_kind"; fi
  [ -n "$itself" ] || tell_rows "$1"
}

# A loop in this shell, so that it can fail. A directory before what lies in it.
each_different() {
  case $different in
    *"$NEWLINE"?*) printf '%s' "$different" | LC_ALL=C sort ;;
    *) printf '%s' "$different" ;;
  esac >"$work/each.$1"
  while IFS= read -r each_line <&3; do
    take_name "$each_line"
    [ "$swapped" = yes ] || note_made "$1" "$name_of_item" "$each_line"
    origin_of_item "$1" "$name_of_item"
    "apply_$1" "$each_line" "$item_origin" 3<&-
  done 3<"$work/each.$1"
}

# Sets item_origin: drift, when any of it drifted.
# Usage: origin_of_item KIND NAME
origin_of_item() {
  for item_origin in drift found new change; do
    case $rows in *"$NEWLINE$item_origin$TAB$1$TAB$2$TAB"*) return 0 ;; esac
  done
}

# Sets of_kind to the item lines of a kind, and different to those of them that differ.
items_of() {
  of_kind='' different=''
  set -f
  IFS=$NEWLINE
  for of_line in $wanted; do
    case $of_line in "$1$TAB"*) of_kind=$of_kind$of_line$NEWLINE ;; esac
  done
  unset IFS
  set +f
}
different_of() {
  items_of "$1"
  set -f
  IFS=$NEWLINE
  for of_line in $of_kind; do
    of_name=${of_line#*"$TAB"}
    ! differs "$1" "${of_name%%"$TAB"*}" || different=$different$of_line$NEWLINE
  done
  unset IFS
  set +f
}

# Takes away what is no longer named: from what is owned to its owner, the reverse of making.

# Writes what this manifest owned and neither it nor any other names any more; but for what stays until all of it goes.
list_obsolete() {
  : >"$work/obsolete"
  removing=''
  case $rows in
    *"${NEWLINE}gone$TAB"*)
      item_lines "$STATE/manifests/$manifest" |
        awk -F '\t' -v rows="$rows" 'index(rows, "\ngone\t" $1 "\t" $2 "\t")' >"$work/obsolete"
      ;;
  esac
  list_replaced
}

# The files of manifests that are about to go and that this one takes the place of: one program reads both, and may
# refuse them together. The rest of those goes when they do.
list_replaced() {
  # What is applied already says it of a run that is over.
  if [ ! -s "$replaced" ] || cmp -s "$work/manifest" "$STATE/manifests/$manifest"; then return 0; fi
  replaced_names=''
  while IFS= read -r name; do
    if [ "$name" != "$manifest" ] && is_mine "$name"; then replaced_names="$replaced_names $name"; fi
  done <"$replaced"
  (items_only_in "$replaced_names") | while IFS= read -r line; do
    eval "staged=\${staged_${line%%"$TAB"*}:-}"
    [ -z "$staged" ] || printf '%s\n' "$line"
  done >>"$work/obsolete"
}

# The kinds that come later than files are taken away before files are swapped, the others at the end.
# Usage: remove_kinds later|staged|earlier
remove_kinds() {
  [ -s "$work/obsolete" ] || return 0
  [ "$1" != earlier ] || put_overridden_back
  reversed='' in_part=later
  for kind in $KINDS; do reversed="$kind $reversed"; done
  for kind in $reversed; do
    eval "staged=\${staged_$kind:-}"
    if [ -n "$staged" ]; then in_part=staged; elif [ "$in_part" = staged ]; then in_part=earlier; fi
    [ "$in_part" != "$1" ] || remove_kind "$kind"
  done
  [ "$1" != earlier ] || of_unknown_kinds <"$work/obsolete" | while IFS= read -r line; do
    say gone "${line%%"$TAB"*} $(item_name "$line"): stays, for this version of the kit does not know its kind"
  done
}

# Calls remove_KIND NAME LINE for each, or once with all their lines where a kind is applied together.
remove_kind() {
  grep "^$1$TAB" "$work/obsolete" >"$work/each.gone" || return 0
  eval "together=\${together_$1:-}"
  if [ -n "$together" ]; then
    "remove_$1" "$(cat "$work/each.gone")"
    return 0
  fi
  # What lies in another goes before it, whichever manifest names which of them.
  case $(head -n 1 "$work/each.gone") in
    "$1$TAB/"*) LC_ALL=C sort -r "$work/each.gone" ;;
    *) tac "$work/each.gone" ;;
  esac >"$work/each.reverse"
  while IFS= read -r gone_line <&3; do
    remove_one "$1" "$(item_name "$gone_line")" "$gone_line" 3<&-
  done 3<"$work/each.reverse"
}

# A kind that leaves something says so in `stays`.
# Usage: remove_one KIND NAME [LINE]
remove_one() {
  stays=''
  "remove_$1" "$2" "${3:-}"
  case $stays in
    '') printf 'gone\t%s\t%s\n' "$1" "$2" | in_words | tell ;;
    silent) ;;
    *) say gone "$1 $2: $stays" ;;
  esac
}

# All that lies in $work/obsolete.
remove_all() {
  removing=whole wanted=''
  rows=$NEWLINE
  remove_kinds later
  # A manifest that took the place of another has taken its files out, and told the services.
  awk -F '\t' '/^(file|link|absent)\t/ { print $2 }' "$work/obsolete" | while IFS= read -r path; do
    if is_there "$path" || is_there "$STATE/originals$path"; then touched "$path"; fi
  done
  remove_kinds staged
  ! touched_units || systemctl daemon-reload
  tell_remaining
  remove_kinds earlier
}

# Services of Debian's go on without our files.
tell_remaining() {
  all_units
  find_concerned "$work/units"
  while IFS= read -r line <&3; do
    how=$(field @change "$line") name=$(item_name "$line")
    if [ -z "$how" ] || ! concerns_unit "$name" || ! is_active "$name"; then continue; fi
    if limited "$JOB_LIMIT" systemctl "$how" "$name" 2>/dev/null; then
      say change "unit $name: ${how}ed"
    else
      say change "unit $name: $how failed after the removal"
    fi
    [ ! -f "$STATE/units/$name" ] || note_configs "$line"
  done 3<"$work/units"
}

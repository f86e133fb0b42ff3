# What differs: the one rule, for the look and for the apply.

# Usage: difference look|apply|settled < OBSERVED-AND-WANTED
#
# Reads, after the line `observed`, what was seen; after `hashes`, sha256sum's lines of the applied manifests; after
# `wanted`, for each manifest a line manifest<TAB>NAME<TAB>SHA256 and its items. What was applied last, and what a run
# that died had begun, it reads in the host's memory itself.
#
# Prints rows, ORIGIN KIND NAME KEY FROM TO with tabs between them; those that only follow from another one end in a
# seventh field, `echo`. For the look, each manifest's rows follow its line manifest<TAB>NAME<TAB>due|applied|gone,
# without echoes, and of what is in another one from now on moves<TAB>KIND<TAB>NAME; and requests for texts come at the end: text<TAB>PATH<TAB>found|applied<TAB>MANIFEST.
# `settled` holds what was just applied against the host alone.
difference() {
  list_traits
  list_owners
  list_manifests manifests
  applied_files=$found
  list_manifests pending
  set -f
  IFS=$NEWLINE
  # shellcheck disable=SC2086 # one word a line
  TRAITS=$traits OWNERS=$owners MOVED=${moved_items:-} awk -F '\t' -v mode="$1" -v server="${server:-}" -v takeover="${takeover:-}" "$RULE" \
    part=stored $applied_files part=begun $found part=given - && differing=0 || differing=1
  unset IFS
  set +f
  return "$differing"
}

# What each kind says of itself to the rule: KIND<TAB>TRAIT<TAB>VALUE, a line each.
#   silent    instructions whose change is not told, with blanks between them
#   own       keys that are somebody's own where the kit finds them otherwise than wanted, with blanks between them
#   stays     `always`, or the instruction with which an item stays when its manifest no longer names it
#   nothing   what its keys show where nothing of it is there yet, with blanks between them
#   lists     keys that hold a list; it drifted only when it holds what neither was nor is wanted
#   follows   FROM=KEYS;…: a state that only shows that these keys were others when it came about; {KEY} stands for
#             the first eight letters of what the key was
#   leaves    what a row of one that goes has as FROM: the value of this instruction, or `ports` of a rollout
#   echoes    KEY FROM CAUSE, blanks between them, a line each: patterns of rows that only follow from another one,
#             whose "KIND NAME" has the pattern CAUSE; {name} stands for the name of the item itself, {stale} for
#             the files that it has not read
list_traits() {
  traits=''
  for kind in $KINDS; do
    for trait in silent stays own nothing lists follows leaves echoes; do
      eval "trait_lines=\${${trait}_$kind:-}"
      IFS=$NEWLINE
      set -f
      # shellcheck disable=SC2154 # just set
      for trait_line in $trait_lines; do traits=$traits$kind$TAB$trait$TAB$trait_line$NEWLINE; done
      set +f
      unset IFS
    done
  done
}

# Whose each manifest is: NAME<TAB>SERVER.
list_owners() {
  owners=''
  for owner_file in "$STATE"/owners/*; do
    [ -f "$owner_file" ] || continue
    IFS= read -r owner <"$owner_file" || :
    owners=$owners${owner_file##*/}$TAB$owner$NEWLINE
  done
}

# Kind `group`: a system group and its supplementary members. What the kit did not make is neither changed nor removed.

order_group=20

# Of a group also that it was about to be made, for nothing marks it as the kit's; but for the user of its name.
observe_group() {
  group_lines=$1
  {
    printf '%s\n' "$remembered" "$was_begun"
    section passwd
    with_names "$group_lines" getent passwd
    section group
    getent group
    section items
    printf '%s\n' "$group_lines"
  } | awk -F '\t' -v ours="$OURS" -v foreign="$(somebody_elses groupdel)" '
    $1 == "section" { section = $2; next }
    section == "" { if ($1 == "group") made[$2] = 1; next }
    section == "passwd" { split($0, part, ":"); if (part[5] == ours) made[part[1]] = 1; next }
    section == "group" { split($0, part, ":"); members[part[1]] = part[4]; next }
    { print "group\t" $2 "\t" ($2 in members ? $2 in made ? "members=" sorted(members[$2]) : replaced($2) : "state=missing") }
    function replaced(name,  text) { text = foreign; sub(/NAME/, name, text); return "foreign=" text }
    '"$SORTED"
}

apply_group() {
  name=$(item_name "$1")
  take_field members "$1"
  members=$field_value
  if ! getent group "$name" >/dev/null; then
    lost_number group group "$name"
    limited "$ACCOUNT_LIMIT" groupadd --system ${number:+-g "$number"} "$name"
    [ -n "$members" ] || return 0
  fi
  limited "$ACCOUNT_LIMIT" gpasswd -M "$members" "$name" >/dev/null
}

remove_group() {
  getent group "$1" >/dev/null || return 0
  if getent passwd | cut -d : -f 4 | grep -qxF "$(getent group "$1" | cut -d : -f 3)"; then
    stays='kept, a user has it'
    return 0
  fi
  limited "$ACCOUNT_LIMIT" groupdel "$1" 2>"$work/complaints" || fail "group $1 cannot be removed: $(cat "$work/complaints")"
}

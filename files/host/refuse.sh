# What ends a run before a file took effect, and how it takes back what it made: users, groups, directories, blobs and
# trees.

# What is somebody else's is told before anything is changed; the kind knows it, and what to do about it.
refuse_foreign() {
  case $rows in *"${NEWLINE}foreign$TAB"* | *"${NEWLINE}own$TAB"*) ;; *) return 0 ;; esac
  fail "refused, nothing was changed: $(printf '%s' "$rows" | awk -F '\t' '
    $1 == "own" { $5 = "is there already, and Keelson did not make it" }
    $1 ~ /^(foreign|own)$/ && !told[$2, $3]++ { printf "%s%s %s %s", (n++ ? "; " : ""), $2, $3, $5 }')"
}

# What of a manifest still differs after all was done is an error, never a silent half success.
refuse_remains() {
  while IFS= read -r excuse <&3; do
    case $rows in *"$NEWLINE$excuse$NEWLINE"*) rows=${rows%%"$excuse$NEWLINE"*}${rows#*"$excuse$NEWLINE"} ;; esac
  done 3<<EXCUSED
$excused
EXCUSED
  excuse_owners
  [ "$rows" != "$NEWLINE" ] || return 0
  keep_restless
  printf '%s' "${rows#"$NEWLINE"}" | awk -F '\t' '{ printf "change %s %s: %s is still %s\n", $2, $3, ($4 == "sha256" ? "content" : $4),
    ($4 == "sha256" ? "another" : $5 == "" ? "none" : $5) }' | tell
  fail "$(printf '%s' "${rows#"$NEWLINE"}" | awk -F '\t' '{ printf "%s%s %s: %s is %s, not %s", (NR > 1 ? "; " : ""), $2, $3, $4,
    ($5 == "" ? "unset" : $5), $6 }'); something on the host sets it back"
}

# What an account may do to its own directory, it may do again at once: that is told, and holds up nothing.
excuse_owners() {
  case $rows in *"${TAB}directory$TAB"*) ;; *) return 0 ;; esac
  printf '%s\n' "$wanted" rows "${rows#"$NEWLINE"}" | awk -F '\t' -v left="$work/left" '
    BEGIN { printf "" >left }
    $0 == "rows" { are_rows = 1; next }
    !are_rows { if ($1 == "directory" && !index($0 "\t", "\towner=root\t")) owned[$2] = 1; next }
    NF < 2 { next }
    $2 == "directory" && $3 in owned && $4 ~ /^(mode|group|acl|xattr)$/ {
      printf "directory %s: %s is %s, not %s: its owner sets it back\n", $3, $4, $5, $6 == "" ? "none" : $6; next }
    { print >left }' >"$work/set-back"
  while IFS= read -r excuse <&3; do say warn "$excuse" 3<&-; done 3<"$work/set-back"
  rows=$NEWLINE$(cat "$work/left")
  [ "$rows" = "$NEWLINE" ] || rows=$rows$NEWLINE
}

# Usage: note_made KIND NAME LINE. Before it is made: what was not there, and was not applied before.
note_made() {
  for made_row in new change found; do
    case $rows in
      *"$NEWLINE$made_row$TAB$1$TAB$2${TAB}state${TAB}missing$TAB"*) printf '%s\n' "$3" >>"$work/made" ;;
    esac
  done
}

# In the reverse order of making. What is not empty, or in use by now, stays.
take_back() {
  [ -s "$work/made" ] || return 0
  tac "$work/made" >"$work/made.reverse"
  : >"$work/made"
  say change "$manifest: what was made for it is taken back"
  while IFS= read -r line <&5; do
    # Without its instructions, with which it would take along what it holds, or stay.
    (
      remove_one "${line%%"$TAB"*}" "$(item_name "$line")" '' 5<&-
      case $stays in '' | silent) ;; *) exit 1 ;; esac
    ) 2>/dev/null || printf '%s\n' "$line" >>"$work/made"
  done 5<"$work/made.reverse"
}

# Ends a run of which no file took effect. Packages stay, as does what was only mended.
# Usage: refuse WORDS
refuse() {
  cp "$work/made" "$work/taken"
  take_back
  left=$(what_stays)
  : >"$work/made"
  # Nothing of it is there: the next look is to see no run that was cut short.
  if [ -z "$left" ] && [ -z "$was_cut" ]; then
    rm -f "$pending"
    [ -f "$STATE/manifests/$manifest" ] || rm -f "$STATE/owners/$manifest"
  fi
  fail "refused, nothing was changed${left:+ but for $left}:
$1"
}

# The items that were made or mended so far, and are not taken back.
what_stays() {
  printf '%s' "$rows" | awk -F '\t' -v handled="$handled" -v work="$work" '
    function read_items(path, into,  line, part) {
      while ((getline line < path) > 0) { split(line, part, "\t"); into[part[1], part[2]] = 1 } }
    BEGIN { read_items(work "/taken", taken); read_items(work "/made", stuck)
      while ((getline line < (work "/swap")) > 0) { split(line, part, "\t"); staged[part[3]] = 1 } }
    NF < 3 || $1 == "gone" || $7 == "echo" { next }
    index(handled, " " $2 " ") ? (($2, $3) in taken) && !(($2, $3) in stuck) : ($2 != "file" || ($3 in staged)) { next }
    !seen[$2, $3]++ { printf "%s%s %s", (n++ ? ", " : ""), $2, $3 }'
}

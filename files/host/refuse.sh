# What ends an apply with an error: what is not the kit's to change, and what is not as wanted in the end.

# What is somebody else's is told before anything is changed; the kind knows it, and what to do about it.
refuse_foreign() {
  case $rows in *"${NEWLINE}foreign$TAB"* | *"${NEWLINE}own$TAB"*) ;; *) return 0 ;; esac
  fail "refused, nothing was changed: $(printf '%s' "$rows" | awk -F '\t' '
    $1 == "own" { $5 = "is there already, and Keelson did not make it" }
    $1 ~ /^(foreign|own)$/ && !told[$2, $3]++ { printf "%s%s %s %s", (n++ ? "; " : ""), $2, $3, $5 }')"
}

# What of a manifest still differs after all was done is an error, never a silent half success.
refuse_remains() {
  [ "$rows" != "$NEWLINE" ] || return 0
  : >"$work/undo"
  printf '%s' "${rows#"$NEWLINE"}" | awk -F '\t' '{ printf "change %s %s: %s is still %s\n", $2, $3, ($4 == "sha256" ? "content" : $4),
    ($4 == "sha256" ? "another" : $5 == "" ? "none" : $5) }' | tell
  fail "$(printf '%s' "${rows#"$NEWLINE"}" | awk -F '\t' '{ printf "%s%s %s: %s is %s, not %s", (NR > 1 ? "; " : ""), $2, $3, $4,
    ($5 == "" ? "unset" : $5), $6 }'); something on the host sets it back"
}

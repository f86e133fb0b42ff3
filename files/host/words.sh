# The words of a row: the same in the preview (components/host/rows.ts), in what `up` prints, and in the log.

# Usage: in_words [KIND] < ROWS. A line each, its origin in front; none for those that only follow from another one.
# With a kind, those of its rows that are not told elsewhere.
in_words() {
  awk -F '\t' -v kind="${1:-}" "$PLAIN"'
    # A release by as many digits as are enough for `release:` in a stack file.
    function short(text,  out) {
      while (match(text, /[0-9A-Za-z_]+/)) {
        word = substr(text, RSTART, RLENGTH)
        if (RLENGTH == 64 && word !~ /[^0-9a-f]/) word = substr(word, 1, 8)
        out = out substr(text, 1, RSTART - 1) word
        text = substr(text, RSTART + RLENGTH)
      }
      return out text
    }
    function change() { return (short($5) == "" ? "none" : short($5)) " → " (short($6) == "" ? "none" : short($6)) }
    function words(  item) {
      item = $2 " " short($3)
      if ($1 == "new" || $1 == "gone") return item
      if ($1 == "foreign") return item " " $5
      if ($4 == "type") return item " " $5 ", not " $2
      if ($4 == "sha256") return item " content"
      return item " " ($4 == "state" ? "" : $4 " ") change()
    }
    NF < 3 || $7 == "echo" || (kind != "" && ($2 != kind || $1 == "gone")) { next }
    { printf "%-6s %s\n", $1, plain(words()) }'
}

# The probe: everything that the program wants to know of a host's items, in one answer.

# Usage: probe < LINES, where "manifest<TAB>NAME<TAB>applied|changed" stands before the items of each.
probe() {
  wanted=$(cat)
  observed=$(printf '%s\n' "$wanted" | observe)
  printf '%s\n' "$observed"
  print_texts
  print_memories
}

# text<TAB>PATH and the lines of each text file whose content is not the wanted one, unless it is secret.
print_texts() {
  printf '%s\n' "$observed" "$wanted" | awk -F '\t' '
    $1 != "file" { next }
    { at = index($0, "\tsha256="); hash = at ? substr($0, at + 8, 64) : "" }
    !($2 in seen) { seen[$2] = hash; next }
    hash != seen[$2] && seen[$2] != "" && !/\t@secret=/ { print $2 }' |
    while IFS= read -r path; do
      printf 'text\t%s\n' "$path"
      head -c 65536 "$path" | tr -d '\000' | sed 's/^/|/' | awk 1
    done
}

# memory<TAB>NAME and what was applied last, of each manifest that is wanted otherwise now; and
# unfinished<TAB>NAME with what a run wanted that was cut short.
print_memories() {
  printf '%s\n' "$wanted" | awk -F '\t' '$1 == "manifest" && $3 == "changed" { print $2 }' |
    while IFS= read -r name; do
      print_memory_of memory "$STATE/manifests/$name"
      print_memory_of unfinished "$STATE/pending/$name"
    done
}

print_memory_of() {
  [ -f "$2" ] || return 0
  printf '%s\t%s\n' "$1" "${2##*/}"
  sed 's/^/|/; /^|end$/q' "$2"
}

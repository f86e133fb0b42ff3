# The look: all that the program wants to know of a host's manifests, in one answer. Read-only.

# Usage: look < LINES. First server<TAB>NAME, and `takeover` where what is somebody's own may be taken over; then for
# each manifest manifest<TAB>NAME<TAB>SHA256 of the text that would mean that it is applied, and its item lines.
# docs/protocol.md has the answer.
look() {
  wanted=$(cat)
  server=${wanted%%"$NEWLINE"*} wanted=${wanted#*"$NEWLINE"}
  server=${server#server"$TAB"} takeover=''
  case $wanted in takeover"$NEWLINE"*) takeover=yes wanted=${wanted#*"$NEWLINE"} ;; esac
  observed=$({ printf '%s\n' "$wanted" && unfinished_items; } | observe | with_denied "$wanted")
  observed=$observed$NEWLINE$(missing_programs "$wanted")
  answer=$(
    {
      printf '%s\n' observed "$observed" hashes
      hash_manifests
      printf '%s\n' wanted "$wanted"
    } | difference look
  )
  set -f
  IFS=$NEWLINE
  for line in $answer; do
    case $line in
      text"$TAB"*) print_text "$line" ;;
      *) printf '%s\n' "$line" ;;
    esac
  done
  unset IFS
  set +f
  shut_sockets "$wanted"
  echo end
}

# The items of manifests that a run had begun, and that nobody asks for any more.
unfinished_items() {
  list_manifests pending
  set --
  set -f
  IFS=$NEWLINE
  for begun_file in $found; do
    case $NEWLINE$wanted in *"${NEWLINE}manifest$TAB${begun_file##*/}$TAB"*) ;; *) set -- "$@" "$begun_file" ;; esac
  done
  unset IFS
  set +f
  [ $# = 0 ] || item_lines "$@" | of_known_kinds
}

hash_manifests() {
  list_manifests manifests
  set -f
  IFS=$NEWLINE
  # shellcheck disable=SC2086 # one word a line
  [ -z "$found" ] || sha256sum $found
  unset IFS
  set +f
}

# Usage: print_text text<TAB>PATH<TAB>found|applied<TAB>MANIFEST. The lines of a text file, of which a text of the
# program's differs, with | before each.
print_text() {
  text=${1#text"$TAB"} path=${text%%"$TAB"*}
  which=${text#*"$TAB"} manifest=${which#*"$TAB"} which=${which%%"$TAB"*}
  printf 'text\t%s\t%s\n' "$path" "$which"
  case $which in
    found) head -c 65536 "$path" | tr -d '\000' | sed 's/^/|/' | awk 1 ;;
    applied) applied_text "$manifest" "$path" ;;
  esac
}

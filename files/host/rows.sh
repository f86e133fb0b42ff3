# The rows of the manifest that is applied, in the hands of the kinds.

# Whether an item differs, in a key of it where one is named; of what is missing every key differs.
# Usage: differs KIND NAME [KEY]
differs() {
  case $rows in
    *"$TAB$1$TAB$2$TAB${3:-}${3:+$TAB}"*) return 0 ;;
    *"$TAB$1$TAB$2${TAB}state$TAB"* | *"$TAB$1$TAB$2${TAB}type$TAB"*) return 0 ;;
    *) return 1 ;;
  esac
}

# Usage: rows_of KIND [NAME]
rows_of() {
  set -f
  IFS=$NEWLINE
  for of_row in $rows; do
    case $of_row in *"$TAB$1$TAB${2:-}${2:+$TAB}"*) printf '%s\n' "$of_row" ;; esac
  done
  unset IFS
  set +f
}

# Logs the rows of a kind in words.
tell_rows() {
  case $rows in *"$TAB$1$TAB"*) ;; *) return 0 ;; esac
  # Here, where the next one has it still.
  take_moment
  # What is gone is told where it goes.
  printf '%s' "$rows" | in_words "$1" | tell
}

# What was seen of an item.
# Usage: observed_of KIND NAME
observed_of() {
  take_observed "$1" "$2"
  [ -z "$observed_item" ] || printf '%s\n' "$observed_item"
}

# Sets observed_item to it, without a process; empty where nothing was asked of it.
# Usage: take_observed KIND NAME
take_observed() {
  observed_item=''
  set -f
  IFS=$NEWLINE
  for of_observed in $observed; do
    case $of_observed in "$1$TAB$2" | "$1$TAB$2$TAB"*) observed_item=$of_observed && break ;; esac
  done
  unset IFS
  set +f
}

touched() { printf '%s\n' "$1" >>"$work/touched"; }

# The rows of keys other than those that are told when they are done: settings, and that nothing was there before.
# Usage: say_rows_but PATTERN KIND
say_rows_but() {
  other_rows=$(rows_of "$2" "$app" | awk -F '\t' -v told="^($1)\$" '$4 !~ told')
  [ -z "$other_rows" ] || printf '%s\n' "$other_rows" | in_words | tell
}

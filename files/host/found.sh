# What was there before the kit: whose it is, and how it comes back when the kit goes.

# whose<TAB>PATH<TAB>WHOSE of what lies at the paths of items that no manifest was applied with: `package`, when a
# package brought it and nobody touched it; `kit`, when it bears the kit's mark; else `somebody`.
# Usage: observe_origins ITEM-LINES
observe_origins() {
  found_files='' found_others='' known_items=$NEWLINE$remembered$NEWLINE$was_begun
  set -f
  IFS=$NEWLINE
  for line in $1; do
    path=${line#*"$TAB"} path=${path%%"$TAB"*}
    if ! is_there "$path"; then continue; fi
    case $known_items in *"$TAB$path$TAB"* | *"$TAB$path$NEWLINE"*) continue ;; esac
    case $line in
      tree"$TAB"*) ;;
      file"$TAB"* | absent"$TAB"* | link"$TAB"*) found_files=$found_files$path$NEWLINE ;;
      *) found_others=$found_others$path$NEWLINE ;;
    esac
  done
  # shellcheck disable=SC2086 # one word a line
  [ -z "$found_files$found_others" ] || whose_are $found_files -- $found_others
  unset IFS
  set +f
}

# Usage: whose_are FILE... -- DIRECTORY...
whose_are() {
  unset IFS
  while [ "$1" != -- ]; do
    real=$(readlink -f -- "$1") || real=$1
    if [ ! -f "$real" ]; then whose=somebody
    elif grep -qsF -e "$OURS" "$real"; then whose=kit
    elif is_of_package "$real"; then whose=package
    else whose=somebody
    fi
    printf 'whose\t%s\t%s\n' "$1" "$whose"
    shift
  done
  shift
  for directory; do printf 'whose\t%s\tsomebody\n' "$directory"; done
}

# Whether dpkg knows a file by its hash: what a package shipped.
is_of_package() {
  md5=$(md5sum <"$1")
  grep -qsxF -e " $1 ${md5%% *}" /var/lib/dpkg/status
}

# What the kit did not make is never deleted with its directory; what that was like before comes back.
keep_directories() {
  case $observed in *"$TAB@whose=somebody"*) ;; *) return 0 ;; esac
  printf '%s\n' "$observed" | awk -F '\t' '$1 == "directory" && /\t@whose=somebody/ { print $2 }' >"$work/found"
  mkdir -p "$STATE/originals/directory"
  while IFS= read -r path; do
    original=$(original_directory "$path")
    [ -f "$original" ] || { tar -c --acls --xattrs --no-recursion -P -f "$work/original" "$path" && install_durably "$work/original" "$original"; }
  done <"$work/found"
}

original_directory() {
  flatten "$1"
  printf '%s/originals/directory/%s' "$STATE" "$flat"
}

# Usage: restore_directory PATH. Owner, modes and ACLs, as they were.
restore_directory() {
  original=$(original_directory "$1")
  tar -x --acls --xattrs --no-recursion -P -f "$original" && rm -f "$original"
}

# Logs that were rotated by a policy of somebody's own are put where the kit's does not delete them.
# Usage: keep_rotated_logs LOGROTATE-FILE
keep_rotated_logs() {
  each_rotated_log "$1" | while IFS= read -r log; do
    kept_logs=${log%/*}/before-keelson
    [ -d "$kept_logs" ] || { mkdir -m 0750 "$kept_logs" && chown --reference="${log%/*}" "$kept_logs"; }
    mv -n "$log" "$kept_logs/"
  done
}

# Usage: return_rotated_logs LOGROTATE-FILE, as it was.
return_rotated_logs() {
  each_log_pattern "$1" | while IFS= read -r pattern; do
    kept_logs=${pattern%/*}/before-keelson
    [ -d "$kept_logs" ] || continue
    mv -n "$kept_logs"/* "${pattern%/*}/" 2>/dev/null || :
    rmdir "$kept_logs" 2>/dev/null || :
  done
}

each_rotated_log() {
  each_log_pattern "$1" | while IFS= read -r pattern; do
    for log in $pattern; do
      for old in "$log".[0-9]* "$log"-[0-9]*; do [ ! -f "$old" ] || printf '%s\n' "$old"; done
    done
  done
}

# The logs that a file of logrotate's names, one pattern a line.
each_log_pattern() {
  awk '{ sub(/#.*/, ""); gsub(/"/, "") }
    { for (i = 1; i <= NF; i++) if ($i == "{") inside = 1; else if ($i == "}") inside = 0
      else if (!inside && $i ~ /^\//) { ends = sub(/\{$/, "", $i); print $i; if (ends) inside = 1 } }' "$1"
}

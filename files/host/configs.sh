# What services have read: by the change times and inodes of the files, noted when the helper last made them read.

# UNIT<TAB>PATH of the files that units read, of which items tell: those below their @config, their own and drop-ins.
# Usage: read_by_units UNIT-LINES < ITEM-LINES
read_by_units() {
  UNITS=$1 awk -F '\t' '
    BEGIN { n = split(ENVIRON["UNITS"], line, "\n")
      for (i = 1; i <= n; i++) if (match(line[i], /\t@config=[^\t]*/)) {
        place[++units] = substr(line[i], RSTART + 9, RLENGTH - 9); split(line[i], part, "\t"); unit[units] = part[2] } }
    function below(path, top) { return path == top || index(path, top "/") == 1 }
    $1 ~ /^(file|link|absent)$/ && !seen[$2]++ { for (i = 1; i <= units; i++) { own = "/etc/systemd/system/" unit[i]
      if (below($2, place[i]) || below($2, own) || below($2, own ".d")) print unit[i] "\t" $2 } }'
}

# CHANGE-TIME INODE PATH of those paths that are there.
# Usage: stamps_of LINES, of which each ends in a path after a tab
stamps_of() { find_names "$1" -maxdepth 0 -printf '%C@ %i %p\n'; }

# UNIT<TAB>PATHS of files that were touched since a service was last made to read them, where it may run something
# else than what is on disk. While its processes are the same, it still runs what it read then.
stale_configs() {
  case $1 in *"$TAB@config="*) ;; *) return 0 ;; esac
  read_files=$({ printf '%s\n' "$items" && stored_items; } | read_by_units "$1")
  {
    printf '%s\n' "$read_files"
    echo stamps
    stamps_of "$read_files"
  } | STATE=$STATE awk -F '\t' '
    function note(unit,  path, line) {
      noted[unit] = "none"; path = ENVIRON["STATE"] "/units/" unit
      if ((getline line < path) < 1) return
      # One that an earlier version wrote tells of all files together, and is taken for true.
      if (line !~ /^process /) { noted[unit] = ""; return }
      noted[unit] = substr(line, 9)
      while ((getline line < path) > 0) has_read[unit, line] = line_path(line)
    }
    function line_path(line) { sub(/^[^ ]+ [^ ]+ /, "", line); return line }
    $0 == "stamps" { stamps = 1; next }
    !stamps { if (NF > 1) { if (!($1 in noted)) { note($1); unit[++units] = $1 }; read[$1] = read[$1] $2 "\n" }; next }
    { stamp[line_path($0)] = $0 }
    END { for (i = 1; i <= units; i++) { u = unit[i]; if (noted[u] == "") continue
      list = ""; split("", was)
      for (k in has_read) { split(k, pair, SUBSEP); if (pair[1] == u) was[has_read[k]] = pair[2] }
      n = split(read[u], path, "\n")
      for (j = 1; j < n; j++) if (stamp[path[j]] != was[path[j]]) list = list (list == "" ? "" : " ") path[j]
      if (list != "") print u "\t" noted[u] "\t" list } }' |
    while IFS="$TAB" read -r unit process paths; do
      now=$(process_stamp "$unit")
      [ "$now" != - ] && [ "$now" = "$process" ] || printf '%s\t%s\n' "$unit" "$paths"
    done
}

# nginx forks new workers at each reload, so their start times tell; of others a reload leaves no trace.
process_stamp() {
  [ "$1" = nginx.service ] || { echo -; return 0; }
  main=$(systemctl show -p MainPID --value "$1")
  [ "${main:-0}" -gt 0 ] || { echo -; return 0; }
  # The kernel ends this list without a newline, which `read` takes for a failure.
  workers=$(cat "/proc/$main/task/$main/children" 2>/dev/null || :)
  set -- /dev/null
  for worker in $workers; do set -- "$@" "/proc/$worker/stat"; done
  # One that ends meanwhile is passed over.
  { cat "$@" 2>/dev/null || :; } | awk -v main="$main" '$22 + 0 > latest + 0 { latest = $22 }
    END { print latest ? main "." latest : "-" }'
}

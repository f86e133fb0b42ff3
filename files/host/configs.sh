# What services have read: by the change times and inodes of the files, noted when the helper last made them read.

# UNIT<TAB>PATH of the files that units read, of which items tell: those below their @config; their own and drop-ins
# where they are told by a restart.
# Usage: read_by_units UNIT-LINES < ITEM-LINES
read_by_units() {
  UNITS=$1 awk -F '\t' '
    BEGIN { n = split(ENVIRON["UNITS"], line, "\n")
      for (i = 1; i <= n; i++) if (match(line[i], /\t@config=[^\t]*/)) {
        place[++units] = substr(line[i], RSTART + 9, RLENGTH - 9); split(line[i], part, "\t"); unit[units] = part[2]
        own[units] = line[i] ~ /\t@change=reload(\t|$)/ ? "" : "/etc/systemd/system/" part[2] } }
    function below(path, top) { return path == top || index(path, top "/") == 1 }
    function below_any(path, tops,  n, top) { n = split(tops, top, " "); while (n) if (below(path, top[n--])) return 1; return 0 }
    $1 ~ /^(file|link|absent)$/ && !seen[$2]++ { for (i = 1; i <= units; i++)
      if (below_any($2, place[i]) || (own[i] != "" && (below($2, own[i]) || below($2, own[i] ".d")))) print unit[i] "\t" $2 }'
}

# CHANGE-TIME INODE PATH of those paths that are there.
# Usage: stamps_of LINES, of which each ends in a path after a tab
stamps_of() { find_names "$1" -maxdepth 0 -printf '%C@ %i %p\n'; }

# UNIT<TAB>PATHS of files that were touched since a service was last made to read them, where it may run something
# else than what is on disk. While its processes are the same, it still runs what it read then.
stale_configs() {
  case $1 in *"$TAB@config="*) ;; *) return 0 ;; esac
  read_files=$(printf '%s\n' "$items" "$remembered" | read_by_units "$1")
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
      stamp_process "$unit"
      [ "$stamp" != - ] && [ "$stamp" = "$process" ] || printf '%s\t%s\n' "$unit" "$paths"
    done
}

# Sets stamp. nginx forks new workers at each reload, so their start times tell; of others a reload leaves no trace.
# Its main process is asked for once, and again when it has ended.
stamp_process() {
  stamp=-
  [ "$1" = nginx.service ] || return 0
  if [ "${stamped_unit:-}" != "$1" ] || [ ! -d "/proc/${stamped_main:-none}" ]; then
    stamped_unit=$1 stamped_main=$(systemctl show -p MainPID --value "$1")
  fi
  [ "${stamped_main:-0}" -gt 0 ] || return 0
  # The kernel ends this list without a line break, which `read` takes for a failure.
  workers='' latest=0
  { IFS= read -r workers <"/proc/$stamped_main/task/$stamped_main/children"; } 2>/dev/null || :
  for worker in $workers; do
    # One that ends meanwhile is passed over. Its name, in brackets, may hold blanks.
    { IFS= read -r worker_stat <"/proc/$worker/stat"; } 2>/dev/null || continue
    worker_stat=${worker_stat##*) }
    # The 22nd field of all is when it began.
    take_word 20 "$worker_stat"
    [ "$word" -le "$latest" ] || latest=$word
  done
  [ "$latest" = 0 ] || stamp=$stamped_main.$latest
}

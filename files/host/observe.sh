# Observes items: reads item lines, prints lines of the same shape that say what is there.
# Read-only: no temporary file, no lock, nothing is asked of a service that would write.
# Every tool runs once for all items, never once per item.

# Usage: observe < ITEMS. Lines "manifest<TAB>NAME" tell which manifest the next items belong to.
observe() {
  items=$(cat)
  {
    observe_paths
    observe_packages
    observe_accounts
    observe_kernel
    observe_blobs
    observe_trees
    observe_units
    observe_monitors
    printf 'items\n%s\n' "$items"
  } | join_observations
  [ -z "$(names rollout)" ] || pick rollout | observe_rollout
  [ -z "$(names instances)" ] || pick instances | observe_instances
}

# The lines of the items of some kinds.
pick() { printf '%s\n' "$items" | awk -F '\t' -v kinds=" $* " 'index(kinds, " " $1 " ")'; }
# Their names. Asked for so often that it forks nothing.
names() {
  kinds=" $* " IFS='
'
  set -f
  for item in $items; do
    case $kinds in
      *" ${item%%"$TAB"*} "*)
        item=${item#*"$TAB"}
        printf '%s\n' "${item%%"$TAB"*}"
        ;;
    esac
  done
  set +f
  unset IFS
}
# What a tool misses, it says by its silence: its exit status and complaints do not count.
lines_to_args() { tr '\n' '\0' | xargs -0 -r "$@" 2>/dev/null || :; }
# Usage: find_lines EXPRESSION < PATHS
# shellcheck disable=SC2185 # find reads its paths from there too
find_lines() { tr '\n' '\0' | find -files0-from - "$@" 2>/dev/null || :; }

# path<TAB>NAME<TAB>TYPE<TAB>OWNER<TAB>GROUP<TAB>MODE<TAB>TARGET, and what a mode does not show.
observe_paths() {
  paths=$(names file directory link absent tree)
  printf '%s' "$paths" | find_lines -maxdepth 0 -printf 'path\t%p\t%y\t%u\t%g\t%m\t%l\0' | tr '\n\0' '?\n'
  # Only what is a file now: reading a fifo, or a link to a device, might never end.
  names file | find_lines -maxdepth 0 -type f -exec sha256sum -- {} + |
    sed 's/^\([0-9a-f]*\)  /hash\t\1\t/'
  printf '%s' "$paths" | observe_attributes -d
  observe_shadows
  { names directory file link absent tree user && stored_names; } | sed 's/^/known\t/'
  pick directory | awk -F '\t' '/\t@whole=yes/ { print $2 }' |
    find_lines -mindepth 1 -maxdepth 1 -printf '%p\0' | tr '\t\n\0' '??\n' | sed 's/^/entry\t/'
}

# foreign<TAB>PATH<TAB>WORDS: a template or target of ours that would take the place of one of a package's.
observe_shadows() {
  names file | sed -n 's,^/etc/systemd/system/\([^/]*@\.[a-z]*\|[^/]*\.target\)$,\1,p' | while read -r unit; do
    [ ! -e "/usr/lib/systemd/system/$unit" ] ||
      printf 'foreign\t%s\t%s\n' "/etc/systemd/system/$unit" \
        "would take the place of /usr/lib/systemd/system/$unit, which a package brought; rename the app"
  done
}

# Names that manifests applied earlier own; a file that is about to be removed is not a stranger.
stored_names() {
  cat "$STATE"/manifests/* 2>/dev/null | awk -F '\t' '/^(file|link|directory|tree)\t/ { print $2 }'
}

# attribute<TAB>PATH<TAB>acl|xattr NAME, and flags<TAB>PATH<TAB>i. Paths on stdin; -d or -R for lsattr.
observe_attributes() {
  attributed=$(cat)
  if command -v getfattr >/dev/null; then
    [ "$1" = -R ] && recurse=-R || recurse=-h
    printf '%s' "$attributed" | lines_to_args getfattr "$recurse" -h -P --absolute-names -d -m - |
      awk '/^# file: / { path = substr($0, 9); next }
        /^system\.posix_acl/ { print "attribute\t" path "\tacl"; next }
        /^security\.selinux/ { next }
        /^[a-z]+\.[^=]+/ { sub(/=.*/, ""); print "attribute\t" path "\t" $0 }'
  fi
  printf '%s' "$attributed" | lines_to_args lsattr "$1" |
    awk '$1 ~ /^[-a-zA-Z]+$/ && $1 ~ /[ia]/ {
      flags = ($1 ~ /i/ ? "immutable" : "") ($1 ~ /a/ ? "append-only" : "")
      sub(/^[^ ]+ /, ""); print "flags\t" $0 "\t" flags }'
}

observe_packages() {
  # shellcheck disable=SC2016 # the format is dpkg's own
  names package | lines_to_args dpkg-query -W \
    -f 'package\t${Package}\t${db:Status-Want}\t${db:Status-Status}\t${Version}\n'
}

observe_accounts() {
  [ -n "$(names user group)" ] || return 0
  # Noted as made; of a group also that it was about to be, for nothing marks it as the kit's.
  cat "$STATE"/manifests/* 2>/dev/null | awk -F '\t' '/^(user|group)\t/ { print "made\t" $1 "\t" $2 }'
  cat "$STATE"/pending/* 2>/dev/null | awk -F '\t' '/^group\t/ { print "made\t" $1 "\t" $2 }'
  getent group | sed 's/:/\t/g; s/^/group\t/'
  names user | lines_to_args getent passwd | sed 's/:/\t/g; s/^/passwd\t/'
  names user | lines_to_args getent shadow |
    awk -F : '{ print "shadow\t" $1 "\t" ($2 ~ /^[!*]/ ? "locked" : $2 == "" ? "empty" : "set") }'
}

observe_kernel() {
  names sysctl | awk '{ path = $0; gsub(/\./, "/", path); value = "unknown to this kernel"
    getline value < ("/proc/sys/" path); gsub(/\t/, " ", value); print "sysctl\t" $0 "\t" value }'
  if [ -n "$(names setting)" ]; then observe_settings; fi
}

observe_settings() {
  zone=$(readlink /etc/localtime | sed 's,^.*/zoneinfo/,,')
  named=$(cat /etc/timezone 2>/dev/null || printf '%s' "$zone")
  [ "$zone" = "$named" ] || zone="$zone, in /etc/timezone $named"
  printf 'setting\ttimezone\t%s\n' "$zone"
  live=$(cat /proc/sys/kernel/hostname) disk=$(cat /etc/hostname 2>/dev/null || echo nothing)
  [ "$live" = "$disk" ] || live="$live, on disk $disk"
  printf 'setting\thostname\t%s\n' "$live"
}

observe_blobs() {
  names blob | while read -r blob; do
    if blob_is_intact "$blob"; then printf 'blob\t%s\tpresent\n' "$blob"; fi
  done
}

# A tree is intact while nothing in it was touched since it was unpacked (inode change times);
# only when something was, its whole content is compared with the list kept from unpacking.
observe_trees() {
  names tree | while read -r tree; do
    is_directory "$tree" || continue
    record=$(tree_record "$tree")
    if [ "$(tree_stamp "$tree")" = "$(cat "$record.stamp" 2>/dev/null)" ]; then
      printf 'tree\t%s\tintact\n' "$tree"
    elif [ -f "$record.list" ]; then
      differing=$(tree_differences "$tree" | cut -f 2 | head -n 6 | paste -s -d ' ')
      printf 'tree\t%s\t%s\n' "$tree" "${differing:-intact}"
    else
      printf 'tree\t%s\tunknown\n' "$tree"
    fi
  done
}

is_directory() { [ -d "$1" ] && [ ! -L "$1" ]; }
is_there() { [ -e "$1" ] || [ -L "$1" ]; }

tree_record() { printf '%s/trees/%s' "$STATE" "$(printf '%s' "$1" | tr / %)"; }

tree_stamp() {
  find "$1" -printf '%P\t%y\t%m\t%U\t%G\t%s\t%C@\t%i\t%l\n' | LC_ALL=C sort | sha256sum | cut -d ' ' -f 1
}

# PATH<TAB>TYPE MODE OWNER GROUP LINK-TARGET-OR-HASH of everything in a tree. No archive has a name with
# control characters, which would not fit into a line.
tree_list() {
  (
    cd "$1" || exit 1
    find . ! -path "$ODD" ! -lname "$ODD" -printf 'stat\t%P\t%y %m %u %g %l\n'
    find . \( -path "$ODD" -o -lname "$ODD" \) -printf '%P\0' | tr '\001-\037\177' '?' | tr '\0' '\n' |
      sed 's/.*/stat\t&\todd/'
    find . ! -path "$ODD" -type f -print0 | xargs -0 -r sha256sum -- | sed 's/^\\\{0,1\}\([0-9a-f]*\)  \.\//hash\t\1\t/'
    printf '.\n' | observe_attributes -R | sed 's,\t\./*,\t,'
  ) | awk -F '\t' '
    $1 == "stat" { seen[$2] = $3 }
    $1 == "hash" { seen[$3] = seen[$3] $2 }
    $1 == "attribute" || $1 == "flags" { seen[$2] = seen[$2] " " $3 }
    END { for (path in seen) print path "\t" seen[path] }' | LC_ALL=C sort
}
ODD='*[[:cntrl:]]*'

# changed|missing|extra<TAB>PATH of a tree against its list.
tree_differences() {
  tree_list "$1" | awk -F '\t' -v list="$(tree_record "$1").list" '
    BEGIN { while ((getline line < list) > 0) { split(line, part, "\t"); want[part[1]] = part[2] } }
    !($1 in want) { print "extra\t" $1; next }
    want[$1] != $2 { print "changed\t" ($1 == "" ? "." : $1) }
    { delete want[$1] }
    END { for (path in want) print "missing\t" path }' | LC_ALL=C sort
}

# unit<TAB>NAME<TAB>KEY=VALUE… from one systemctl call, in the order of the names.
observe_units() {
  [ -n "$(names unit)" ] || return 0
  names unit | lines_to_args systemctl show --no-pager \
    -p LoadState,ActiveState,UnitFileState,NeedDaemonReload,FragmentPath,DropInPaths,MainPID |
    awk -v names="$(names unit)" '
      function flush(  i, n, list, path) {
        if (!any) return
        line = "unit\t" name[++count] "\tactive=" (v["ActiveState"] == "reloading" ? "active" : v["ActiveState"])
        line = line "\tenabled=" (v["LoadState"] == "not-found" ? "not installed" : v["UnitFileState"])
        # The link of a mask is no definition of its own.
        if (v["FragmentPath"] ~ /^\/(etc|run)\// && v["LoadState"] != "masked") line = line "\tfragment=" v["FragmentPath"]
        n = split(v["DropInPaths"], path, " "); list = ""
        for (i = 1; i <= n; i++) if (path[i] ~ /^\/(etc|run)\// && is_own(path[i], name[count])) list = list (list == "" ? "" : " ") path[i]
        if (list != "") line = line "\tdropins=" list
        if (v["NeedDaemonReload"] == "yes") line = line "\treload=needed"
        print line
        split("", v); any = 0
      }
      # Not those for all units of a type: they tell nothing of this one.
      function is_own(path, unit,  template) {
        template = unit; sub(/@.*\./, "@.", template)
        return index(path, "/" unit ".d/") || index(path, "/" template ".d/")
      }
      BEGIN { split(names, name, "\n") }
      /^$/ { flush(); next }
      { at = index($0, "="); v[substr($0, 1, at - 1)] = substr($0, at + 1); any = 1 }
      END { flush() }'
  observe_config
}

# config<TAB>UNIT<TAB>current|stale: whether a service runs what is on disk.
# Known from what was noted when the helper last made it read its files: while those files were not
# touched since, or while its processes are the same, it still runs what it read then.
observe_config() {
  printf '%s\n' "$items" | awk -F '\t' '
    $1 == "manifest" { group++; next }
    $1 ~ /^(file|link|absent)$/ { paths[group] = paths[group] "\t" $2 }
    $1 == "unit" && /\tconfig=current/ { units[++n] = $2; of[n] = group }
    END { for (i = 1; i <= n; i++) print units[i] paths[of[i]] }' |
    while IFS= read -r line; do
      unit=${line%%"$TAB"*}
      read -r noted 2>/dev/null <"$STATE/units/$unit" || noted=
      touched=no restarted=no
      [ "$(config_stamp "${line#*"$TAB"}")" = "${noted%% *}" ] || touched=yes
      process=$(process_stamp "$unit")
      [ "$process" != - ] && [ "$process" = "${noted##* }" ] || restarted=yes
      if [ "$touched" = yes ] && [ "$restarted" = yes ]; then
        printf 'config\t%s\tstale\n' "$unit"
      else
        printf 'config\t%s\tcurrent\n' "$unit"
      fi
    done
}

config_stamp() {
  printf '%s' "$1" | tr '\t' '\n' | find_lines -maxdepth 0 -printf '%p %C@ %i\n' |
    LC_ALL=C sort | sha256sum | cut -d ' ' -f 1
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

observe_monitors() {
  [ -n "$(names monitor)" ] || return 0
  ask_monit -B status | awk -v q="'" '
    $0 ~ "^[A-Z][A-Za-z ]* " q ".*" q "$" { split($0, part, q); name = part[2] }
    /^  monitoring status/ { sub(/^  monitoring status */, ""); status[name] = $0; seen = 1 }
    END { for (name in status)
      print "monitor\t" name "\t" (status[name] ~ /^(Monitored|Waiting|Initializing)/ ? "monitored" : "not monitored")
      if (seen) print "monit\trunning" }'
}

# Brings the raw facts into the shape of the items.
join_observations() {
  awk -F '\t' -v ours="$OURS" '
    function type(letter) {
      return letter == "f" ? "file" : letter == "d" ? "directory" : letter == "l" ? "link" : \
        letter == "s" ? "socket" : letter == "p" ? "fifo" : "device"
    }
    function mode(digits) { while (length(digits) < 4) digits = "0" digits; return digits }
    function sorted(list,  part, n, i, j, t, out) {
      n = split(list, part, ",")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && part[j - 1] > part[j]; j--) {
        t = part[j]; part[j] = part[j - 1]; part[j - 1] = t }
      for (i = 1; i <= n; i++) out = out (i > 1 ? "," : "") part[i]
      return out
    }
    function say(text) { out = out "\t" text }
    function ownership(p) { say("owner=" owner[p]); say("group=" grp[p]) }
    function hidden(p) {
      if (p in acl) say("acl=yes")
      if (p in xattr) say("xattr=" xattr[p])
      if (p in flags) say("flags=" flags[p])
    }
    # A managed directory that became a link leads elsewhere: what is found there is not what is wanted.
    function is_elsewhere(p) {
      while (sub(/\/[^\/]*$/, "", p)) if (kindof[p] == "link") return 1
      return 0
    }
    function path_item(kind, p,  wanted) {
      if (kind == "file" && p in foreign) { say("foreign=" foreign[p]); return }
      wanted = kind == "tree" ? "directory" : kind
      if (!(p in kindof) || is_elsewhere(p)) { if (kind != "absent") say("state=missing"); return }
      if (kind == "absent" || kindof[p] != wanted) { say("type=" kindof[p]); return }
      if (kind == "link") { say("target=" target[p]); return }
      ownership(p)
      if (kind == "tree") { say("content=" (p in tree ? tree[p] : "unknown")); return }
      say("mode=" mode(octal[p]))
      if (kind == "file") say("sha256=" hash[p])
      hidden(p)
      if (p in extra && / *\t@whole=yes/) say("extra=" extra[p])
    }
    # An account that nothing says the kit made is of a person, or of another program.
    function is_ours(kind, u,  part) {
      if (u in passwd) split(passwd[u], part, "\t")
      return (kind "\t" u) in made || part[5] == ours
    }
    function foreign_account(remove) {
      say("foreign=is there already, and Keelson did not make it; choose another name in the stack file, or remove it (" remove " " $2 ") if nobody needs it")
    }
    function group_item(g) {
      if (!(g in members)) say("state=missing")
      else if (!is_ours("group", g)) foreign_account("groupdel")
      else say("members=" sorted(members[g]))
    }
    function user_item(u,  member, i, n, groups, g, name) {
      if (!(u in passwd)) { say("state=missing"); return }
      if (!is_ours("user", u)) { foreign_account("userdel"); return }
      n = split(passwd[u], part, "\t")
      say("group=" (part[2] in gname ? gname[part[2]] : part[2]))
      for (name in members) if (index("," members[name] ",", "," u ",")) groups = groups (groups ? "," : "") name
      say("groups=" sorted(groups)); say("home=" part[3]); say("shell=" part[4]); say("password=" shadow[u])
      if (part[5] != "") say("comment=" part[5])
      if (part[1] == 0) say("uid=0")
    }
    !body && $1 == "items" { body = 1; for (p in entries) strangers(p); next }
    !body && $1 == "path" { kindof[$2] = type($3); owner[$2] = $4; grp[$2] = $5; octal[$2] = $6; target[$2] = NF > 7 ? $7 "?" : $7 }
    !body && $1 == "hash" { hash[$3] = $2 }
    !body && $1 == "attribute" {
      if ($3 == "acl") acl[$2] = 1; else xattr[$2] = xattr[$2] ($2 in xattr && xattr[$2] ? "," : "") $3 }
    !body && $1 == "flags" { flags[$2] = $3 }
    !body && $1 == "known" { known[$2] = 1 }
    !body && $1 == "entry" { entries[$2] = substr($2, 1, match($2, /\/[^\/]*$/) - 1) }
    !body && $1 == "package" { if ($4 == "installed") { package[$2] = $5; if ($3 == "hold") held[$2] = 1 } }
    !body && $1 == "made" { made[$2 "\t" $3] = 1 }
    !body && $1 == "foreign" { foreign[$2] = $3 }
    !body && $1 == "group" { gname[$4] = $2; members[$2] = $5 }
    !body && $1 == "passwd" { passwd[$2] = $4 "\t" $5 "\t" $7 "\t" $8 "\t" $6 }
    !body && $1 == "shadow" { shadow[$2] = $3 }
    !body && $1 == "sysctl" { live[$2] = $3 }
    !body && $1 == "setting" { live[$2] = $3 }
    !body && $1 == "blob" { blob[$2] = 1 }
    !body && $1 == "tree" { tree[$2] = $3 }
    !body && $1 == "unit" { name = $2; sub(/^unit\t[^\t]*\t/, ""); unit[name] = $0 }
    !body && $1 == "config" { config[$2] = $3 }
    !body && $1 == "monitor" { monitor[$2] = $3 }
    !body && $1 == "monit" { monit = 1 }
    !body { next }
    function strangers(p,  base) {
      base = p; sub(/^.*\//, "", base)
      if (p in known) return
      extra[entries[p]] = sorted(extra[entries[p]] (entries[p] in extra && extra[entries[p]] ? "," : "") base)
    }
    function unit_item(u,  part, n, i, at, k) {
      n = split(unit[u], part, "\t")
      for (i = 1; i <= n; i++) {
        at = index(part[i], "=")
        k = substr(part[i], 1, at - 1)
        if (k ~ /^(active|enabled)$/ && index($0, "\t" k "=") == 0) continue
        say(part[i])
      }
      if (u in config) say("config=" config[u])
    }
    { out = $1 "\t" $2 }
    $1 ~ /^(file|directory|link|absent|tree)$/ { path_item($1, $2) }
    $1 == "package" {
      if (!($2 in package)) say("state=missing")
      else { say("state=installed"); if (/\tversion=/) say("version=" package[$2]); if ($2 in held) say("hold=yes") }
    }
    $1 == "group" { group_item($2) }
    $1 == "user" { user_item($2) }
    $1 == "sysctl" || $1 == "setting" { say("value=" live[$2]) }
    $1 == "blob" { say("state=" ($2 in blob ? "present" : "missing")) }
    $1 == "unit" { unit_item($2) }
    $1 == "monitor" { say("state=" (!monit ? "unknown" : $2 in monitor ? monitor[$2] : "not loaded")) }
    $1 ~ /^(file|directory|link|absent|tree|package|group|user|sysctl|setting|blob|unit|monitor)$/ { print out }
    # What ended before its time must not pass for a host on which nothing is there.
    END { if (!body) { print "keelson: the look at this host broke off" >"/dev/stderr"; exit 1 } }'
}

# What the instances of apps run, told by the processes themselves. Read-only: part of every probe.

# Usage: observe_rollout < ITEM-LINES. One systemctl, one find and one grep for all apps together.
observe_rollout() {
  rollouts=$(cat)
  [ -n "$rollouts" ] || return 0
  shown=$(printf '%s\n' "$rollouts" | rollout_units | lines_to_args systemctl show --no-pager \
    -p Id,LoadState,ActiveState,SubState,MainPID,FragmentPath,DropInPaths,NeedDaemonReload,Requires) || :
  {
    printf '%s\n' "$rollouts" | awk -F '\t' '{ print "/srv/" $2 "/current\n/srv/" $2 "/public/current" }' | links
    { processes cwd && processes exe; } | links
    stale_units
    # What systemd set when it started them.
    processes environ | lines_to_args grep -aoszH '^KEELSON_[A-Z]*=[0-9a-f]*$' | tr '\0' '\n'
    printf '%s\n' "$shown"
    printf 'items\n%s\n' "$rollouts"
  } | join_rollouts
}

# The target and the wanted instances of each item, with the sockets that some have.
rollout_units() {
  awk -F '\t' '{ print $2 ".target"
    for (i = 3; i <= NF; i++) if ($i ~ /^[0-9]+=/) {
      name = $2 "@" substr($i, 1, index($i, "=") - 1); print name ".service\n" name ".socket" } }'
}

# stale<TAB>UNIT-FILE<TAB>HASH of unit files that are newer than what systemd has read.
stale_units() {
  printf '%s\n' "$shown" | awk '/^FragmentPath=/ { path = substr($0, 14) } /^NeedDaemonReload=yes/ { stale = 1 }
    /^$/ { if (stale && path != "") print path; path = ""; stale = 0 } END { if (stale && path != "") print path }' |
    sort -u | while read -r path; do
    [ ! -f "$path" ] || [ -L "$path" ] ||
      printf 'stale\t%s\t%s\n' "$path" "$(sed '/^Environment=KEELSON_UNIT=/d' "$path" | sha256sum | cut -d ' ' -f 1)"
  done
}

processes() { printf '%s\n' "$shown" | sed -n "s,^MainPID=\([1-9].*\),/proc/\1/$1,p"; }
# PATH<TAB>TARGET. An app chooses the name of its directory: no tab or line break in it may end a record.
links() { find_lines -maxdepth 0 -type l -printf '%p\n%l\0' | tr '\t\n\0' '?\t\n'; }

join_rollouts() {
  awk -F '\t' '
    body { print observation($2, $0); next }
    $1 == "items" { body = 1; next }
    /^\// && NF > 1 { at = index($0, "\t"); own = substr($0, at + 1); gsub(/\t/, "?", own); link[$1] = own; next }
    $1 == "stale" { stale[$2] = $3; next }
    /^\/proc\// { at = index($0, ":KEELSON_"); own = substr($0, at + 1); cut = index(own, "=")
      told[substr($0, 7, at - 15) substr(own, 9, cut - 9)] = substr(own, cut + 1); next }
    /^[A-Za-z]+=/ { cut = index($0, "="); pending[substr($0, 1, cut - 1)] = substr($0, cut + 1) }
    /^$/ { store() }
    # systemctl prints the properties of a unit in an order of its own, units apart by an empty line.
    function store(  key) { if (!("Id" in pending)) return
      for (key in pending) unit[pending["Id"] " " key] = pending[key]
      split("", pending) }
    function observation(app, line,  part, n, i, at, key, out, wanted, instruction) {
      store()
      n = split(line, part, "\t")
      for (i = 3; i <= n; i++) { at = index(part[i], "="); instruction[substr(part[i], 1, at - 1)] = substr(part[i], at + 1) }
      out = "rollout\t" app
      for (i = 3; i <= n; i++) {
        key = substr(part[i], 1, index(part[i], "=") - 1)
        if (key ~ /^[0-9]+$/) out = out "\t" key "=" state(app, key, instruction["current"], instruction["@unit"], instruction["@environment"])
        if (key == "target") out = out "\ttarget=" unit[app ".target ActiveState"]
        if (key == "public" && ("/srv/" app "/public/current") in link) out = out "\tpublic=" copy(link["/srv/" app "/public/current"], app)
        if (key == "current" && ("/srv/" app "/current") in link) out = out "\tcurrent=" release(link["/srv/" app "/current"], app)
      }
      return out
    }
    function state(app, port, wanted, wanted_unit, wanted_environment,  name, socket, pid, active, cwd, runs, own) {
      name = app "@" port ".service"; socket = app "@" port ".socket"
      if (unit[name " LoadState"] == "masked" || unit[socket " LoadState"] == "masked") return "masked"
      own = override(app, name); if (own == "") own = override(app, socket)
      if (own != "") return "overridden by " own
      active = unit[name " ActiveState"]; pid = unit[name " MainPID"]
      if (active == "failed") return "failed"
      if (active == "activating") return unit[name " SubState"] == "auto-restart" ? "restarting" : "starting"
      if (active !~ /^(active|reloading)$/ || pid + 0 == 0) return "stopped"
      cwd = link["/proc/" pid "/cwd"]; runs = release(cwd, app)
      if (runs != wanted) return runs ~ /^[0-9a-f]+$/ ? "release " substr(runs, 1, 8) : "directory " runs
      # A directory that was removed is not the one that lies at its path now.
      if (cwd ~ / \(deleted\)$/) return "directory " cwd
      if (told[pid "UNIT"] != wanted_unit)
        return told[pid "ENVIRONMENT"] != wanted_environment ? "older unit and environment" : "older unit"
      if (told[pid "ENVIRONMENT"] != wanted_environment) return "older environment"
      if (link["/proc/" pid "/exe"] ~ / \(deleted\)$/) return "older program"
      # Without its socket the next start of the instance would find no port.
      if (index(" " unit[name " Requires"] " ", " " socket " ") && unit[socket " ActiveState"] != "active") return "without its socket"
      # What only follows from a unit file that is not the wanted one is not told.
      return stale["/etc/systemd/system/" app "@.service"] == wanted_unit ? "reload needed" : "current"
    }
    # The release that a path lies in; else the path.
    function release(path, app,  base) {
      base = "/srv/" app "/releases/"
      if (index(path, base) != 1) return path == "" ? "unknown" : path
      path = substr(path, length(base) + 1)
      sub(/ \(deleted\)$/, "", path); sub(/\/.*$/, "", path)
      return path
    }
    function copy(path, app,  base) {
      base = "/srv/" app "/public/"
      return index(path, base) == 1 ? substr(path, length(base) + 1) : path
    }
    # What takes the place of our unit file for this app: a copy for one instance, or a drop-in.
    function override(app, name,  path, n, i, fragment, kind) {
      kind = name; sub(/^.*\./, "", kind)
      fragment = unit[name " FragmentPath"]
      if (fragment ~ /^\/(etc|run)\// && fragment != "/etc/systemd/system/" app "@." kind) return fragment
      n = split(unit[name " DropInPaths"], path, " ")
      for (i = 1; i <= n; i++)
        if (index(path[i], "/" app "@." kind ".d/") || index(path[i], "/" name ".d/")) return path[i]
      return ""
    }'
}

# Usage: observe_instances < ITEM-LINES. The ports that are wanted, and those of all other instances that
# run. Whether what is wanted runs is told by the rollout item.
observe_instances() {
  instances=$(cat)
  [ -n "$instances" ] || return 0
  {
    printf '%s\n' "$instances" | awk -F '\t' '{ print $2 "@*.service" }' |
      lines_to_args systemctl list-units --no-pager --no-legend --plain --full --type=service \
        --state=active,activating,reloading || :
    printf 'items\n%s\n' "$instances"
  } | awk '
    body { match($0, /\tports=[^\t]*/); wanted = substr($0, RSTART + 7, RLENGTH - 7); gsub(/,/, " ", wanted)
      print "instances\t" $2 "\tports=" sorted(wanted ports[$2]); next }
    $1 == "items" { body = 1; next }
    { at = match($1, /@[^@]*\.service$/); app = substr($1, 1, at - 1)
      ports[app] = ports[app] " " substr($1, at + 1, length($1) - at - 8) }
    function sorted(list,  part, n, i, j, t, out) {
      n = split(list, part, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && part[j - 1] > part[j]; j--) {
        t = part[j]; part[j] = part[j - 1]; part[j - 1] = t }
      for (i = 1; i <= n; i++) if (part[i] != part[i - 1]) out = out (out == "" ? "" : ",") part[i]
      return out
    }'
}

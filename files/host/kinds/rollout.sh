# Kind `rollout`: what the instances of an app run, and how they get there without losing a request.
# docs/rollout.md tells the steps and the reasons; files/host/rollout/ has what carries them out.

order_rollout=88 waits_rollout=yes itself_rollout=replaced leaves_rollout=ports
# They follow from another instruction, or say more of a secret than they may.
silent_rollout='@unit @environment @type @listen @stop @single @health @job @program'
nothing_rollout='stopped inactive'
# A unit file that was written makes systemd ask for a reload.
echoes_rollout='([a-z][a-z0-9-]*@)?[0-9]+ reload.needed file /etc/systemd/system/{name}(-[a-z0-9-]+)?@.service$'
own_rollout='current public'
# Who runs what was applied last did not drift.
follows_rollout='release {current}=current;older unit=@unit;older environment=@environment;older unit and environment=@unit @environment'

# Usage: observe_rollout < ITEM-LINES. What instances run, told by their processes. Read-only: part of
# every look. One systemctl, one find and one grep for all apps together.
# shellcheck disable=SC2086 # units and paths of the kit's own
observe_rollout() {
  rollouts=$(cat)
  [ -n "$rollouts" ] || return 0
  units=$(printf '%s\n' "$rollouts" | rollout_units)
  shown=$(systemctl show --no-pager \
    -p Id,LoadState,ActiveState,SubState,NRestarts,MainPID,FragmentPath,DropInPaths,NeedDaemonReload,Requires $units 2>/dev/null) || :
  list_processes
  {
    printf '%s' "$elsewhere" "$stale"
    # An app chooses the name of its directory: no tab or line break in it may end a record.
    find $links -maxdepth 0 \( -type l -o -path '*/current' \) -printf '%p\n%l\0' 2>/dev/null | tr '\t\n\0' '?\t\n'
    # What systemd set when it started them.
    [ -z "$environs" ] || grep -aoszH '^KEELSON_[A-Z]*=[0-9a-f]*$' $environs | tr '\0' '\n'
    printf '%s\n' "$shown" items "$rollouts"
  } | join_rollouts
}

# The target and the wanted instances of each item, with the sockets that some have.
rollout_units() {
  awk -F '\t' '{ print $2 ".target"
    for (i = 3; i <= NF; i++) if ($i ~ /^([a-z][a-z0-9-]*@)?[0-9]+=/) {
      name = substr($i, 1, index($i, "=") - 1); name = $2 (name ~ /@/ ? "-" : "@") name; print name ".service\n" name ".socket" } }'
}

# Sets links and environs, what tells of each instance, stale, a line for each unit file that is newer than what systemd
# has read, and elsewhere, the homes that a link leads to. Without a process of its own: it is asked for again and again
# while instances move.
list_processes() {
  links='' environs='' stale='' elsewhere='' fragment='' is_stale=no
  for unit in $units; do
    case $unit in *.target) ;; *) continue ;; esac
    find_home "${unit%.target}"
    links="$links $home/current $home/public/current"
    [ "$real" = "$home" ] || elsewhere="${elsewhere}home$TAB${unit%.target}$TAB$real$NEWLINE"
  done
  while IFS= read -r property; do
    case $property in
      MainPID=[1-9]*)
        process=/proc/${property#MainPID=}
        links="$links $process/cwd $process/exe" environs="$environs $process/environ"
        ;;
      FragmentPath=*) fragment=${property#FragmentPath=} ;;
      NeedDaemonReload=yes) is_stale=yes ;;
      '')
        [ "$is_stale" = no ] || [ ! -f "$fragment" ] || [ -L "$fragment" ] || stale="${stale}stale$TAB$fragment$NEWLINE"
        fragment='' is_stale=no
        ;;
    esac
  done <<SHOWN
$shown

SHOWN
}

join_rollouts() {
  awk -F '\t' '
    body { out = observation($2, $0); if (!unknown) print out; next }
    $1 == "items" { body = 1; next }
    /^\// && NF > 1 { at = index($0, "\t"); own = substr($0, at + 1); gsub(/\t/, "?", own); link[$1] = own; next }
    $1 == "home" { real[$2] = $3; next }
    $1 == "stale" { stale[$2]; next }
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
      out = "rollout\t" app; unknown = 0
      for (i = 3; i <= n; i++) {
        key = substr(part[i], 1, index(part[i], "=") - 1)
        if (key ~ /^[0-9]+$/) out = out "\t" key "=" state(app, app "@" key, instruction["current"], instruction["@unit"], instruction["@environment"])
        if (key ~ /^[a-z][a-z0-9-]*@[0-9]+$/)
          out = out "\t" key "=" state(app, app "-" key, instruction["current"], instruction["@" substr(key, 1, index(key, "@") - 1) ".unit"], instruction["@environment"])
        # Without an answer of systemd nothing is known, and nothing is said.
        if (key == "target" && !((app ".target ActiveState") in unit)) unknown = 1
        if (key == "target") out = out "\ttarget=" unit[app ".target ActiveState"]
        if (key == "public" && ("/srv/" app "/public/current") in link) out = out "\tpublic=" copy(link["/srv/" app "/public/current"], app)
        if (key == "current" && ("/srv/" app "/current") in link) out = out "\tcurrent=" release(link["/srv/" app "/current"], app)
      }
      return out (is_ours(app) ? "" : "\t@whose=somebody")
    }
    # Another tool has its links there as well.
    function is_ours(app,  current, public) {
      current = "/srv/" app "/current"; public = "/srv/" app "/public/current"
      return (!(current in link) || length(release(link[current], app)) == 64) && \
        (!(public in link) || copy(link[public], app) ~ /^[0-9a-f]+-[0-9a-f]+$/)
    }
    function state(app, instance, wanted, wanted_unit, wanted_environment,  name, socket, pid, active, cwd, runs, own, base) {
      name = instance ".service"; socket = instance ".socket"; base = substr(instance, 1, index(instance, "@") - 1)
      if (unit[name " LoadState"] == "masked" || unit[socket " LoadState"] == "masked") return "masked"
      own = override(base, name); if (own == "") own = override(base, socket)
      if (own != "") return "overridden by " own
      if (!((name " ActiveState") in unit)) unknown = 1
      active = unit[name " ActiveState"]; pid = unit[name " MainPID"]
      if (active == "failed") return "failed"
      # It pauses before it starts again.
      if (active == "activating") return unit[name " SubState"] == "auto-restart" || unit[name " NRestarts"] + 0 > 0 ? "restarting" : "starting"
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
      return ("/etc/systemd/system/" base "@.service") in stale ? "reload needed" : "current"
    }
    # The release that a path lies in; else the path.
    function release(path, app,  base) {
      base = "/srv/" app "/releases/"
      if (app in real && index(path, real[app] "/releases/") == 1) base = real[app] "/releases/"
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
    function override(base, name,  path, n, i, fragment, kind) {
      kind = name; sub(/^.*\./, "", kind)
      fragment = unit[name " FragmentPath"]
      if (fragment ~ /^\/(etc|run)\// && fragment != "/etc/systemd/system/" base "@." kind) return fragment
      n = split(unit[name " DropInPaths"], path, " ")
      for (i = 1; i <= n; i++)
        if (index(path[i], "/" base "@." kind ".d/") || index(path[i], "/" name ".d/")) return path[i]
      return ""
    }'
}

# Usage: apply_rollout LINE ORIGIN. Orders the rollout, follows it and reports what came of it.
apply_rollout() {
  rollout_of "$(item_name "$1")"
  await_rollout
  case $(observed_of rollout "$app") in *"$TAB@whose=somebody"*) keep_links ;; esac
  # Another run may have brought it about meanwhile; and a setting alone moves nothing.
  if ! was_cut_still "$1" && [ "$(printf '%s\n' "$1" | observe_rollout)" = "$(state_of "$1")" ]; then
    note_settings "$1"
  else
    order_the_rollout "$1" "$2"
    report_rollout
  fi
  say_rows_but '([a-z][a-z0-9-]*@)?[0-9]+|current|public|target' rollout
}

# An item line without what is only told to the helper.
state_of() {
  state=''
  set -f
  IFS=$TAB
  for part in $1; do case $part in @*) ;; *) state=$state${state:+$TAB}$part ;; esac done
  unset IFS
  set +f
  printf '%s\n' "$state"
}

# Usage: remove_rollout APP LINE. Ends all of the app that runs, and forgets what its rollouts noted.
remove_rollout() {
  rollout_of "$1"
  limited "$JOB_LIMIT" systemctl stop "keelson-rollout-$app.service" 2>/dev/null || :
  end_units "$app" "$app.target"
  ! is_job "$2" || end_job
  read_line "$2"
  for of in $members; do end_units "$app-$of"; done
  for of in $jobs; do (app=$app-$of && end_job); done
  open_ports
  rm -f "$LEAVING.$app"
  list_releases | while read -r _ hash; do remove_release "$hash"; done
  rm -rf "$home/current" "$home/previous" "$home/public/current" "$home/public/previous" "$place"
  restore_original "$home/current"
  restore_original "$home/public/current"
  say change "rollout $app: all instances stopped"
}

# Kind `unit`: a systemd unit. Instructions: @change=reload|restart (what it is told when something that it reads was
# written), @config (the directories or files that it reads, beside its own files), @port (which nobody else may hold).

order_unit=85 waits_unit=yes around_unit=yes silent_unit='@change @config @port'
own_unit='fragment dropins'
# A file that was touched makes what a service has read stale, and systemd ask for a reload.
echoes_unit='config .* (file|link|absent) ({stale})$
reload .* (file|link|absent) /etc/systemd/system/{name}'

# One call for all, in the order of the names.
observe_unit() {
  unit_lines=$1
  take_names "$unit_lines"
  {
    stale_configs "$unit_lines"
    list_dropins
    printf 'shown\n'
    with_names "$unit_lines" systemctl show --no-pager \
      -p LoadState,ActiveState,UnitFileState,NeedDaemonReload,FragmentPath,DropInPaths
    printf '\n'
  } | NAMES=$names WANTED=$unit_lines awk -F '\t' '
      BEGIN { split(ENVIRON["NAMES"], name, "\n")
        n = split(ENVIRON["WANTED"], line, "\n")
        for (i = 1; i <= n; i++) { split(line[i], part, "\t"); wanted[part[2]] = line[i] } }
      !shown { if ($0 == "shown") shown = 1; else if ($1 == "dropin") there[$2] = there[$2] " " $3; else stale[$1] = $2; next }
      /^$/ { flush(); next }
      { at = index($0, "="); v[substr($0, 1, at - 1)] = substr($0, at + 1); any = 1 }
      function say(key, value) { out = out "\t" key "=" value }
      function flush(  u, n, i, list, path) {
        if (!any) return
        u = name[++count]; out = "unit\t" u
        if (v["LoadState"] == "not-found") say("state", "missing")
        # A unit of somebody else, of which nothing else counts.
        else if (wanted[u] ~ /\tfailed=/) say("failed", v["ActiveState"] == "failed" ? "yes" : "no")
        else {
          if (wanted[u] ~ /\tenabled=/) say("enabled", v["UnitFileState"])
          if (wanted[u] ~ /\tactive=/) say("active", v["ActiveState"] == "reloading" ? "active" : v["ActiveState"])
          # The link of a mask is no definition of its own.
          if (v["FragmentPath"] ~ /^\/(etc|run)\// && v["LoadState"] != "masked") say("fragment", v["FragmentPath"])
          n = split(v["DropInPaths"], path, " "); list = ""
          for (i = 1; i <= n; i++) if (path[i] ~ /^\/(etc|run)\// && is_own(path[i], u)) list = list (list == "" ? "" : " ") path[i]
          if (list != "") say("dropins", list)
          # What a generator made goes by itself.
          if ((list " " v["FragmentPath"]) ~ /\/etc\//) say("@whose", "somebody")
          if (v["NeedDaemonReload"] == "yes" || is_unread(there[u], v["DropInPaths"])) say("reload", "needed")
        }
        if (v["LoadState"] != "not-found" && stale[u] != "") say("@stale", stale[u])
        print out
        split("", v); any = 0
      }
      # Of a directory of drop-ins that was not there when it read its units, systemd itself knows nothing.
      function is_unread(files, known,  path, n, i) {
        n = split(files, path, " ")
        for (i = 1; i <= n; i++) if (!index(" " known " ", " " path[i] " ")) return 1
        return 0
      }
      # Not those for all units of a type: they tell nothing of this one.
      function is_own(path, unit,  template) {
        template = unit; sub(/@.*\./, "@.", template)
        return index(path, "/" unit ".d/") || index(path, "/" template ".d/")
      }'
}

# dropin<TAB>UNIT<TAB>PATH of those in /etc.
list_dropins() {
  for name in $names; do
    for dropin in "/etc/systemd/system/$name.d"/*.conf; do
      [ ! -f "$dropin" ] || printf 'dropin\t%s\t%s\n' "$name" "$dropin"
    done
  done
}

# Before systemd reads its units, lest it has to do so once more for each that is enabled.
begin_unit() {
  started='' told_units='' enabled=no
  units_begun=$units_begun$1
  different_of unit
  printf '%s' "$different" >"$work/each.begin"
  while IFS= read -r line <&3; do
    take_name "$line"
    name=$name_of_item
    keep_unit "$line" "$name"
    take_field active "$line"
    # A unit that is masked while it runs ends as failed.
    ! differs unit "$name" active || [ "$field_value" != inactive ] || set_activity "$name" inactive
    take_field enabled "$line"
    ! differs unit "$name" enabled || set_enablement "$name" "$field_value"
  done 3<"$work/each.begin"
  case $rows in
    *"${TAB}reload${TAB}needed"*)
      systemctl daemon-reload
      # Only now systemd shows what it reads.
      observed=$(printf '%s\n' "$wanted" | observe)
      ;;
    *) if [ "$enabled" = yes ] || touched_units; then systemctl daemon-reload; fi ;;
  esac
}

apply_unit() {
  take_name "$1"
  name=$name_of_item
  take_observed unit "$name"
  remove_overrides "$1" "$name"
  # One that was not there has not failed.
  case $observed_item in *"${TAB}failed=yes"*) run_again "$name" ;; esac
  take_field active "$1"
  ! differs unit "$name" active || [ "$field_value" != active ] || set_activity "$name" active
}

# What failed is tried once more, and told when it fails again: the cause may be somebody else's, and holds up nothing.
run_again() {
  systemctl reset-failed "$1" 2>/dev/null || :
  ! limited "$JOB_LIMIT" systemctl start "$1" 2>/dev/null || return 0
  say warn "unit $1 fails still: $(journalctl -u "$1" -n 12 --no-pager -o cat | grep -i error | head -n 3 | paste -s -d ' ')"
  excused=$excused"drift${TAB}unit$TAB$1${TAB}failed${TAB}yes${TAB}no$NEWLINE"
}

end_unit() { tell_units "$1"; }

# A copy in /etc or a drop-in that the kit did not write overrides the unit that it wants.
# Usage: remove_overrides LINE UNIT. Of observed_item, what was seen of it.
remove_overrides() {
  overridden=no
  take_field dropins "$1"
  own_dropins=$field_value
  take_field dropins "$observed_item"
  for override in $field_value; do
    case " $own_dropins " in *" $override "*) continue ;; esac
    put_aside "$override" && overridden=yes
    rmdir "${override%/*}" 2>/dev/null || :
  done
  take_field fragment "$1"
  own_fragment=$field_value
  take_field fragment "$observed_item"
  fragment=$field_value
  if [ -n "$fragment" ] && [ "$fragment" != "$own_fragment" ]; then
    # What an init script generated gives way by itself.
    case $fragment in /etc/*) put_aside "$fragment" ;; esac
    overridden=yes
  fi
  [ "$overridden" = no ] || { systemctl daemon-reload && touched "$2"; }
}

set_enablement() {
  take_observed unit "$1"
  case $observed_item in
    *"${TAB}enabled=masked"*)
      systemctl unmask --quiet "$1" 2>/dev/null || :
      systemctl unmask --runtime --quiet "$1" 2>/dev/null || :
      ;;
  esac
  enabled=yes
  case $2 in
    enabled) systemctl enable --no-reload --quiet "$1" ;;
    disabled) systemctl disable --no-reload --quiet "$1" ;;
    masked) systemctl mask --quiet "$1" ;;
  esac 2>"$work/complaints" || fail "systemctl cannot make $1 $2: $(cat "$work/complaints")"
}

set_activity() {
  if [ "$2" = inactive ]; then
    limited "$JOB_LIMIT" systemctl stop "$1" 2>"$work/complaints" || fail "$1 does not stop: $(cat "$work/complaints")"
    systemctl reset-failed "$1" 2>/dev/null || :
    return 0
  fi
  # What a package has just started has not read our files.
  ! systemctl is-active --quiet "$1" || return 0
  systemctl reset-failed "$1" 2>/dev/null || :
  limited "$JOB_LIMIT" systemctl start "$1" 2>"$work/complaints" || fail "$1 does not start: $(cat "$work/complaints")
$(journalctl -u "$1" -n 12 --no-pager -o cat)"
  started="$started $1"
}

# Its file may have gone before, with another manifest: then systemd only stops it.
end_fileless() {
  limited "$JOB_LIMIT" systemctl stop "$1" 2>/dev/null || :
  find /etc/systemd/system -type l -path "*.wants/$1" -delete
}

# A unit of ours ends before its files go; another is as it was before the kit.
remove_unit() {
  rm -f "$STATE/units/$1"
  if has_field fragment "$2"; then
    case $1 in *@.*) return 0 ;; esac
    limited "$JOB_LIMIT" systemctl disable --quiet --now "$1" 2>/dev/null || end_fileless "$1"
    systemctl reset-failed "$1" 2>/dev/null || :
    forget_runs "$1"
    # Debian's own comes into force when our file is gone.
    [ ! -f "$STATE/originals/unit/$1" ] || printf '%s\n' "$1" >>"$work/overridden"
    return 0
  fi
  put_unit_back "$1"
}

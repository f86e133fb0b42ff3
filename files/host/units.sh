# What services are told, whatever manifest changed what they read.

# Whether a file that systemd itself reads was written.
touched_units() { grep -qE '^/etc/systemd/(system|system\.conf\.d)/' "$work/touched"; }

# The item lines of all units: of this manifest first, then of those that it no longer names, then of the others.
all_units() {
  { printf '%s\n' "$wanted" && cat "$work/obsolete" && stored_items "$manifest"; } 2>/dev/null |
    awk -F '\t' '$1 == "unit" && !seen[$2]++' >"$work/units"
}

# Reloads or restarts each service once that reads something which was written, or that was not told of it before.
tell_units() {
  if [ -s "$work/touched" ]; then all_units; else printf '%s' "$1" >"$work/units"; fi
  find_concerned "$work/units"
  unnoted=''
  while IFS= read -r line <&3; do
    take_name "$line"
    tell_unit "$line" "$name_of_item" 3<&-
  done 3<"$work/units"
  note_configs "$unnoted"
}

tell_unit() {
  is_told=no
  case " $started " in
    *" $2 "*) is_told=yes ;;
    *)
      if concerns_unit "$2" || { owns_unit "$2" && differs unit "$2" config; }; then reload_unit "$1" "$2"; fi
      ;;
  esac
  # At once, lest the next one that fails makes it be told again.
  if [ "$is_told" = yes ]; then note_configs "$1"; else is_noted "$1" "$2" || unnoted=$unnoted$1$NEWLINE; fi
}

# Whether this manifest names it.
owns_unit() { case $NEWLINE$wanted in *"${NEWLINE}unit$TAB$1$TAB"*) ;; *) return 1 ;; esac; }

reload_unit() {
  take_field @change "$1"
  how=$field_value
  if [ -z "$how" ] || ! is_active "$2"; then return 0; fi
  # What a package of this run has started serves nobody yet, and not as the kit says that it is to run.
  case $NEWLINE${seen_first:-} in *"${NEWLINE}unit$TAB$2${TAB}state=missing"*) how=restart ;; esac
  stamp_process "$2"
  limited "$JOB_LIMIT" systemctl "$how" "$2" 2>"$work/complaints" || fail "systemctl $how $2: $(cat "$work/complaints")
$(journalctl -u "$2" -n 12 --no-pager -o cat)"
  wait_for_workers "$2" "$stamp"
  is_told=yes told_units="$told_units $2"
  say change "unit $2: ${how}ed"
}

# As `systemctl is-active` has it. Sets its main process as well, for stamp_process.
is_active() {
  active_state=''
  while IFS='=' read -r property value; do
    case $property in
      ActiveState) active_state=$value ;;
      MainPID) stamped_unit=$1 stamped_main=$value ;;
    esac
  done <<SHOWN
$(systemctl show --no-pager -p ActiveState,MainPID "$1" 2>/dev/null)
SHOWN
  case $active_state in active | reloading | refreshing) ;; *) return 1 ;; esac
}

# Sets concerned: the units, one a line, that read something which was written, or that it makes what they are. What
# a reload does not change, such as its sandbox, a service has from its next start on, for which nobody waits.
# Usage: find_concerned UNIT-LINES-FILE
find_concerned() {
  concerned=$NEWLINE
  [ -s "$work/touched" ] || return 0
  concerned=$NEWLINE$(awk -F '\t' '
    function below(path, top) { return top != "" && (path == top || index(path, top "/") == 1) }
    function reads(path, place, own,  n, top) {
      n = split(place, top, " ")
      while (n) { if (below(path, top[n]) || below(path, top[n] ".d")) return 1; n-- }
      return below(path, own) || below(path, own ".d") }
    NR == FNR { touched[$0]; next }
    { place = ""; own = "/etc/systemd/system/" $2
      for (i = 3; i <= NF; i++) {
        if (index($i, "@config=") == 1) place = substr($i, 9)
        if ($i == "@change=reload") own = "" }
      for (path in touched) if (path == $2 || reads(path, place, own)) { print $2; break } }
    ' "$work/touched" "$1")$NEWLINE
}

concerns_unit() { case $concerned in *"$NEWLINE$1$NEWLINE"*) ;; *) return 1 ;; esac; }

# nginx answers a reload before its new workers run, of which one starts after another.
# Usage: wait_for_workers UNIT STAMP, that of before
wait_for_workers() {
  [ "$2" != - ] || return 0
  tries=0 seen=$2
  while stamp_process "$1" && { [ "$stamp" = "$2" ] || [ "$stamp" != "$seen" ]; } && [ "$tries" -lt 250 ]; do
    tries=$((tries + 1)) seen=$stamp
    sleep 0.02
  done
}

# Whether there is a note of what it has read, with what belongs to it now.
is_noted() {
  has_field @config "$1" || return 0
  [ -f "$STATE/units/$2" ] || return 1
  # What one of another manifest's has not read is found there.
  owns_unit "$2" || return 0
  # So is what its own has to tell.
  take_observed unit "$2"
  case $observed_item in *"${TAB}@stale="*) return 0 ;; esac
  IFS= read -r noted_process <"$STATE/units/$2" || :
  case $noted_process in 'process '*) ;; *) return 1 ;; esac
  [ "$rows" = "$NEWLINE" ] || [ ! -s "$work/touched" ]
}

# What services have read: of each its process, and of each file its change time and inode; also of those that no
# manifest tells of yet, on a host that has lost its memory.
# Usage: note_configs UNIT-LINES
note_configs() {
  set -f
  IFS=$NEWLINE
  for noting in $1; do
    unset IFS
    # One that nothing names any more is nobody's to watch.
    if has_field @config "$noting" && ! is_obsolete "$noting"; then
      take_name "$noting"
      note_config "$noting" "$name_of_item"
    fi
  done
  unset IFS
  set +f
}

# Usage: note_config UNIT-LINE NAME
note_config() {
  stamp_process "$2"
  own_files=''
  take_field @change "$1"
  [ "$field_value" = reload ] || own_files="/etc/systemd/system/$2 /etc/systemd/system/$2.d"
  take_field @config "$1"
  {
    printf 'process %s\n' "$stamp"
    # shellcheck disable=SC2086 # paths with blanks between
    find $field_value $own_files ! -type d -printf '%C@ %i %p\n' 2>/dev/null || :
  } >"$work/noted"
  cmp -s "$work/noted" "$STATE/units/$2" || install_durably "$work/noted" "$STATE/units/$2"
}

is_obsolete() {
  item_rest=${1#*"$TAB"}
  [ -s "$work/obsolete" ] && grep -qs "^unit$TAB${item_rest%%"$TAB"*}$TAB" "$work/obsolete"
}

# When a timer ran last, which one that comes back would take for missed runs.
# Usage: forget_runs UNIT
forget_runs() { case $1 in *.timer) rm -f "/var/lib/systemd/timers/stamp-$1" ;; esac; }

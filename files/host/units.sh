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
  while IFS= read -r line <&3; do
    tell_unit "$line" "$(item_name "$line")" 3<&-
  done 3<"$work/units"
}

tell_unit() {
  is_told=no
  case " $started " in
    *" $2 "*) is_told=yes ;;
    *)
      if concerns_unit "$1" "$2" || { owns_unit "$2" && differs unit "$2" config; }; then reload_unit "$1" "$2"; fi
      ;;
  esac
  [ "$is_told" = yes ] || is_noted "$1" "$2" || is_told=yes
  [ "$is_told" = no ] || [ -z "$(field @config "$1")" ] || note_config "$1" "$2"
}

# Whether this manifest names it.
owns_unit() { case $NEWLINE$wanted in *"${NEWLINE}unit$TAB$1$TAB"*) ;; *) return 1 ;; esac; }

reload_unit() {
  how=$(field @change "$1")
  if [ -z "$how" ] || ! systemctl is-active --quiet "$2"; then return 0; fi
  process=$(process_stamp "$2")
  systemctl "$how" "$2" 2>"$work/complaints" || fail "systemctl $how $2: $(cat "$work/complaints")
$(journalctl -u "$2" -n 12 --no-pager -o cat)"
  wait_for_workers "$2" "$process"
  is_told=yes told_units="$told_units $2"
  say change "unit $2: ${how}ed"
}

# Whether something was written that the service reads, or that makes the unit what it is.
concerns_unit() {
  [ -s "$work/touched" ] || return 1
  reads=$(field @config "$1")
  grep -qxE -e "(${reads:+$reads|}/etc/systemd/system/$2)(\.d)?(/.*)?|$2" "$work/touched"
}

# nginx answers a reload before its new workers run, of which one starts after another.
wait_for_workers() {
  [ "$2" != - ] || return 0
  tries=0 seen=
  until [ "$seen" != "$2" ] && [ "$seen" = "$(process_stamp "$1")" ] || [ "$tries" = 100 ]; do
    tries=$((tries + 1)) seen=$(process_stamp "$1")
    sleep 0.05
  done
}

# Whether there is a note of what it has read, with what belongs to it now.
is_noted() {
  [ -n "$(field @config "$1")" ] || return 0
  [ -f "$STATE/units/$2" ] && owns_unit "$2" || return 1
  IFS= read -r noted_process <"$STATE/units/$2" || :
  case $noted_process in 'process '*) ;; *) return 1 ;; esac
  [ "$rows" = "$NEWLINE" ] || [ ! -s "$work/touched" ]
}

# What a service has read: its process, and of each file its change time and inode; also of those that no manifest
# tells of yet, on a host that has lost its memory.
note_config() {
  # One that nothing names any more is nobody's to watch.
  ! grep -qs "^unit$TAB$2$TAB" "$work/obsolete" || return 0
  {
    printf 'process %s\n' "$(process_stamp "$2")"
    find "$(field @config "$1")" "/etc/systemd/system/$2" "/etc/systemd/system/$2.d" ! -type d \
      -printf '%C@ %i %p\n' 2>/dev/null || :
  } >"$work/noted"
  cmp -s "$work/noted" "$STATE/units/$2" || install_durably "$work/noted" "$STATE/units/$2"
}

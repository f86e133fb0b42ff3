# systemd units, Monit's checks, kernel settings: what is told to running services.

apply_sysctl() {
  name=$(item_name "$1")
  setting=/proc/sys/$(printf '%s' "$name" | tr . /)
  [ -e "$setting" ] || fail "sysctl $name is unknown to this kernel; take it out of the stack file"
  original=$STATE/originals/sysctl/$name
  [ -f "$original" ] || { mkdir -p "${original%/*}" && cat "$setting" >"$original"; }
  field value "$1" >"$setting" || fail "sysctl $name: the kernel refused $(field value "$1")"
}

apply_setting() {
  keep_setting "$(item_name "$1")"
  set_setting "$(item_name "$1")" "$(field value "$1")"
}

# What was set before the kit is put back when the kit goes.
keep_setting() {
  [ ! -f "$STATE/originals/setting/$1" ] || return 0
  mkdir -p "$STATE/originals/setting"
  observe_settings | awk -F '\t' -v name="$1" '$2 == name { sub(/,.*/, "", $3); print $3 }' >"$STATE/originals/setting/$1"
}

set_setting() {
  name=$1 value=$2
  case $name in
    timezone)
      [ -f "/usr/share/zoneinfo/$value" ] || fail "time zone $value is not in Debian's tzdata"
      ln -sfnT "/usr/share/zoneinfo/$value" /etc/localtime.keelson-new
      mv -fT /etc/localtime.keelson-new /etc/localtime
      # Debian 12 keeps the name in a file of its own as well.
      if [ -f /etc/timezone ]; then
        printf '%s\n' "$value" >"$work/timezone"
        install_durably "$work/timezone" /etc/timezone 0644
      fi
      ;;
    hostname)
      printf '%s\n' "$value" >"$work/hostname"
      install_durably "$work/hostname" /etc/hostname 0644
      hostname "$value"
      ;;
  esac
}

# Whether a file under systemd's directories, or anything else of this manifest, was written.
touched_units() { grep -q '^/etc/systemd/' "$work/touched"; }

apply_units() {
  if touched_units; then systemctl daemon-reload; fi
  if grep -q "${TAB}reload${TAB}needed" "$work/differences"; then
    systemctl daemon-reload
    # Only now systemd shows what it reads.
    observe_items >"$work/observed"
  fi
  grep "^unit$TAB" "$work/items" >"$work/units" || return 0
  while IFS= read -r line <&3; do
    apply_unit "$line" "$(item_name "$line")"
  done 3<"$work/units"
  tell_differences unit
}

apply_unit() {
  started=no
  keep_unit "$1" "$2"
  remove_overrides "$1" "$2"
  # A unit that is masked while it runs ends as failed.
  ! differs unit "$2" active || [ "$(field active "$1")" != inactive ] || set_activity "$2" inactive
  ! differs unit "$2" enabled || set_enablement "$2" "$(field enabled "$1")"
  ! differs unit "$2" active || [ "$(field active "$1")" = inactive ] || set_activity "$2" "$(field active "$1")"
  [ "$started" = yes ] || tell_unit "$1" "$2"
  [ -z "$(field @config "$1")" ] || note_config "$2"
}

# How a unit of somebody else's was before the kit first changed it is put back when the kit goes.
keep_unit() {
  [ -z "$(field fragment "$1")" ] || return 0
  differs unit "$2" enabled || differs unit "$2" active || return 0
  [ ! -f "$STATE/originals/unit/$2" ] && ! grep -q "^unit$TAB$2$TAB" "$work/before" || return 0
  mkdir -p "$STATE/originals/unit"
  observed_of unit "$2" >"$STATE/originals/unit/$2"
}

restore_unit() {
  original=$STATE/originals/unit/$1
  [ -f "$original" ] || return 0
  systemctl unmask --quiet "$1" 2>/dev/null || :
  case $(field enabled "$(cat "$original")") in
    enabled) systemctl enable --quiet "$1" ;;
    disabled) systemctl disable --quiet "$1" ;;
    masked) systemctl mask --quiet "$1" ;;
  esac 2>/dev/null || :
  case $(field active "$(cat "$original")") in
    active) systemctl start "$1" ;;
    inactive) systemctl stop "$1" ;;
  esac 2>/dev/null || say change "unit $1: cannot be put back to $(cut -f 3- "$original" | tr '\t' ' ')"
  rm -f "$original"
}

# A copy in /etc or a drop-in that the kit did not write overrides the unit that it wants.
remove_overrides() {
  overridden=no
  for override in $(observed_of unit "$2" | tr '\t' '\n' | sed -n 's/^dropins=//p'); do
    case " $(field dropins "$1") " in *" $override "*) continue ;; esac
    put_aside "$override" && overridden=yes
  done
  fragment=$(observed_of unit "$2" | tr '\t' '\n' | sed -n 's/^fragment=//p')
  if [ -n "$fragment" ] && [ "$fragment" != "$(field fragment "$1")" ]; then
    # What an init script generated gives way by itself.
    case $fragment in /etc/*) put_aside "$fragment" ;; esac
    overridden=yes
  fi
  [ "$overridden" = no ] || { systemctl daemon-reload && touched "$2"; }
}

set_enablement() {
  systemctl unmask --quiet "$1" 2>/dev/null || :
  systemctl unmask --runtime --quiet "$1" 2>/dev/null || :
  case $2 in
    enabled) systemctl enable --quiet "$1" ;;
    disabled) systemctl disable --quiet "$1" ;;
    masked) systemctl mask --quiet "$1" ;;
  esac 2>"$work/complaints" || fail "systemctl cannot make $1 $2: $(cat "$work/complaints")"
}

set_activity() {
  if [ "$2" = inactive ]; then
    systemctl stop "$1" 2>"$work/complaints" || fail "$1 does not stop: $(cat "$work/complaints")"
    systemctl reset-failed "$1" 2>/dev/null || :
    return 0
  fi
  systemctl reset-failed "$1" 2>/dev/null || :
  systemctl start "$1" 2>"$work/complaints" || fail "$1 does not start: $(cat "$work/complaints")
$(journalctl -u "$1" -n 12 --no-pager -o cat)"
  started=yes
}

# Reloads or restarts a service once when something else of its manifest changed.
tell_unit() {
  how=$(field @change "$1")
  [ -n "$how" ] || return 0
  concerns_unit "$1" "$2" || differs unit "$2" config || return 0
  systemctl is-active --quiet "$2" || return 0
  before=$(process_stamp "$2")
  systemctl "$how" "$2" 2>"$work/complaints" || fail "systemctl $how $2: $(cat "$work/complaints")
$(journalctl -u "$2" -n 12 --no-pager -o cat)"
  wait_for_workers "$2" "$before"
  say change "unit $2: ${how}ed"
}

# Whether something was written that the service reads, or that makes the unit what it is.
concerns_unit() {
  reads=$(field @config "$1")
  grep -qxE -e "(${reads:+$reads|}/etc/systemd/system/$2)(\.d)?(/.*)?|$2" "$work/touched"
}

# nginx answers a reload before its new workers run, of which one starts after another.
wait_for_workers() {
  [ "$2" != - ] || return 0
  tries=0 seen=
  until [ "$seen" != "$2" ] && [ "$seen" = "$(process_stamp "$1")" ] || [ "$tries" = 50 ]; do
    tries=$((tries + 1)) seen=$(process_stamp "$1")
    sleep 0.1
  done
}

note_config() {
  files=$(awk -F '\t' '/^(file|link|absent)\t/ { printf "%s%s", (n++ ? "\t" : ""), $2 }' "$work/items")
  printf '%s %s\n' "$(config_stamp "$files")" "$(process_stamp "$1")" >"$work/noted"
  cmp -s "$work/noted" "$STATE/units/$1" || install_durably "$work/noted" "$STATE/units/$1"
}

# After a reload Monit needs a moment until it knows its checks.
wait_for_monitors() {
  grep -q "^monitor$TAB" "$work/items" || return 0
  tries=0
  while [ "$tries" -lt 60 ]; do
    grep "^monitor$TAB" "$work/items" | observe >"$work/monitors"
    unwatched=$(awk -F '\t' '$3 != "state=monitored" { print $2 }' "$work/monitors")
    [ -n "$unwatched" ] || return 0
    for check in $unwatched; do ask_monit monitor "$check" >/dev/null || :; done
    tries=$((tries + 1))
    sleep 0.5
  done
}

# Units of ours that are not wanted any more end before their files go.
stop_obsolete_units() {
  awk -F '\t' '$1 == "unit" && /\tfragment=/ { print $2 }' "$work/obsolete" | while read -r name; do
    stop_unit "$name"
  done
}

stop_unit() {
  case $1 in *@.*) return 0 ;; esac
  systemctl disable --quiet --now "$1" 2>/dev/null || :
  systemctl reset-failed "$1" 2>/dev/null || :
  rm -f "$STATE/units/$1"
  say change "unit $1: stopped and disabled"
}

# Kind `setting`: time zone and host name, live and on disk.

order_setting=81

observe_setting() {
  while IFS="$TAB" read -r _ setting _; do printf 'setting\t%s\tvalue=%s\n' "$setting" "$("observe_$setting")"; done
}

observe_timezone() {
  zone=$(readlink /etc/localtime || :) zone=${zone#*/zoneinfo/} named=$zone
  [ ! -f /etc/timezone ] || { IFS= read -r named </etc/timezone || :; }
  [ "$zone" = "$named" ] || zone="$zone, in /etc/timezone $named"
  printf '%s' "$zone"
}

observe_hostname() {
  IFS= read -r live </proc/sys/kernel/hostname || :
  disk=nothing
  [ ! -f /etc/hostname ] || { IFS= read -r disk </etc/hostname || :; }
  [ "$live" = "$disk" ] || live="$live, on disk $disk"
  printf '%s' "$live"
}

apply_setting() {
  keep_setting "$(item_name "$1")"
  set_setting "$(item_name "$1")" "$(field value "$1")"
}

# What was set before the kit is put back when the kit goes.
keep_setting() {
  [ ! -f "$STATE/originals/setting/$1" ] || return 0
  mkdir -p "$STATE/originals/setting"
  field value "$(observed_of setting "$1")" | sed 's/,.*//' >"$STATE/originals/setting/$1"
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

remove_setting() {
  original=$STATE/originals/setting/$1
  [ -f "$original" ] || return 0
  set_setting "$1" "$(cat "$original")"
  rm -f "$original"
}

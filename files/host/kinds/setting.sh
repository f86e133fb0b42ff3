# Kind `setting`: time zone and host name, live and on disk; lines of /etc/login.defs, which has no drop-ins.

order_setting=81

observe_setting() {
  login_keys=''
  while IFS="$TAB" read -r _ setting _; do
    case $setting in
      login.*) login_keys="$login_keys ${setting#login.}" ;;
      *) printf 'setting\t%s\tvalue=%s\n' "$setting" "$("observe_$setting")" ;;
    esac
  done
  [ -z "$login_keys" ] || observe_login "$login_keys"
}

LOGIN_DEFS=/etc/login.defs

# Of lines that say it twice the last one holds for login, the first for PAM: both are told.
# Usage: observe_login KEYS
observe_login() {
  login_file=$LOGIN_DEFS unsaid=nothing
  [ -f "$login_file" ] || login_file=/dev/null unsaid=''
  awk -v keys="$1" -v unsaid="$unsaid" '
    BEGIN { n = split(keys, key, " "); for (i = 1; i <= n; i++) told[key[i]] = "" }
    $1 in told && !index(told[$1] ",", "," $2 ",") { told[$1] = told[$1] "," $2 }
    END { for (i = 1; i <= n; i++)
      print "setting\tlogin." key[i] "\tvalue=" (told[key[i]] == "" ? unsaid : substr(told[key[i]], 2)) }' "$login_file"
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
    login.*) set_login "${name#login.}" "$value" ;;
  esac
}

# In the line that says it, else at the end; `nothing` takes the line out.
# Usage: set_login KEY VALUE
set_login() {
  [ -f "$LOGIN_DEFS" ] || fail 'there is no /etc/login.defs; install Debian package login.defs, or login in Debian 12'
  awk -v key="$1" -v value="$2" '$1 != key { print; next }
    value != "nothing" { match($0, /^[ \t]*[^ \t]+[ \t]+/); print substr($0, 1, RLENGTH) value; told = 1 }
    END { if (!told && value != "nothing") print key " " value }' "$LOGIN_DEFS" >"$work/login.defs"
  install_durably "$work/login.defs" "$LOGIN_DEFS" 0644
}

remove_setting() {
  original=$STATE/originals/setting/$1
  [ -f "$original" ] || return 0
  set_setting "$1" "$(cat "$original")"
  rm -f "$original"
}

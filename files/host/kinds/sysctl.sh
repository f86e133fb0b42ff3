# Kind `sysctl`: a live kernel setting; the file that keeps it over a reboot is an item of its own. Instruction:
# @optional (a kernel that does not have it is as wanted).

order_sysctl=80 silent_sysctl=@optional

SYSCTLS=/proc/sys/

observe_sysctl() {
  awk -F '\t' -v root="$SYSCTLS" '{ path = $2; gsub(/\./, "/", path); value = "unknown to this kernel"
    if ((getline value < (root path)) < 0 && /\t@optional=yes/) { sub(/^value=/, "", $3); value = $3 }
    gsub(/\t/, " ", value); print "sysctl\t" $2 "\tvalue=" value }'
}

# Usage: find_setting KEY. Sets setting: where the kernel shows it.
find_setting() {
  IFS=.
  # shellcheck disable=SC2086 # its parts
  set -- $1
  IFS=/
  setting=$SYSCTLS$*
  unset IFS
}

apply_sysctl() {
  take_name "$1"
  name=$name_of_item
  find_setting "$name"
  [ -e "$setting" ] || fail "sysctl $name is unknown to this kernel; take it out of the stack file"
  original=$STATE/originals/sysctl/$name
  [ -f "$original" ] || { make_parent "$original" && cat "$setting" >"$original"; }
  field value "$1" >"$setting" || fail "sysctl $name: the kernel refused $(field value "$1")"
}

remove_sysctl() {
  [ -f "$STATE/originals/sysctl/$1" ] || return 0
  [ -z "$armed" ] || keep_way "$STATE/originals/sysctl/$1"
  find_setting "$1"
  cat "$STATE/originals/sysctl/$1" >"$setting" 2>/dev/null || :
  rm -f "$STATE/originals/sysctl/$1"
}

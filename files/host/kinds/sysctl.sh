# Kind `sysctl`: a live kernel setting; the file that keeps it over a reboot is an item of its own.

order_sysctl=80

observe_sysctl() {
  awk -F '\t' '{ path = $2; gsub(/\./, "/", path); value = "unknown to this kernel"
    getline value < ("/proc/sys/" path); gsub(/\t/, " ", value); print "sysctl\t" $2 "\tvalue=" value }'
}

apply_sysctl() {
  take_name "$1"
  name=$name_of_item
  setting=/proc/sys/$(printf '%s' "$name" | tr . /)
  [ -e "$setting" ] || fail "sysctl $name is unknown to this kernel; take it out of the stack file"
  original=$STATE/originals/sysctl/$name
  [ -f "$original" ] || { make_parent "$original" && cat "$setting" >"$original"; }
  field value "$1" >"$setting" || fail "sysctl $name: the kernel refused $(field value "$1")"
}

remove_sysctl() {
  [ -f "$STATE/originals/sysctl/$1" ] || return 0
  [ -z "$armed" ] || keep_way "$STATE/originals/sysctl/$1"
  cat "$STATE/originals/sysctl/$1" >"/proc/sys/$(printf '%s' "$1" | tr . /)" 2>/dev/null || :
  rm -f "$STATE/originals/sysctl/$1"
}

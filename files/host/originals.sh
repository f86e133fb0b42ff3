# Units as they were before the kit: kept when it first changes one, and put back when it goes.

# How a unit of somebody else's was before the kit first changed it, or took its place, is put back when the kit goes.
keep_unit() {
  differs unit "$2" enabled || differs unit "$2" active || differs unit "$2" fragment || return 0
  seen_unit=$(first_seen_of unit "$2") own=$(field fragment "$1")
  case $seen_unit in *"${TAB}state=missing"*) return 0 ;; esac
  [ ! -f "$STATE/originals/unit/$2" ] && ! stored_items | grep -q "^unit$TAB$2$TAB" || return 0
  # Of ours, from before the host's memory was lost.
  [ -z "$own" ] || [ "$own" != "$(field fragment "$seen_unit")" ] || return 0
  mkdir -p "$STATE/originals/unit"
  printf '%s\n' "$seen_unit" >"$STATE/originals/unit/$2"
}

# Usage: put_unit_back UNIT
put_unit_back() {
  original=$STATE/originals/unit/$1
  [ -f "$original" ] || return 0
  [ -z "$armed" ] || keep_way "$original"
  systemctl unmask --quiet "$1" 2>/dev/null || :
  case $(field enabled "$(cat "$original")") in
    enabled | generated) systemctl enable --quiet "$1" ;;
    disabled) systemctl disable --quiet "$1" ;;
    masked) systemctl mask --quiet "$1" ;;
  esac 2>/dev/null || :
  case $(field active "$(cat "$original")") in
    active | activating) limited "$JOB_LIMIT" systemctl start "$1" ;;
    inactive | failed) limited "$JOB_LIMIT" systemctl stop "$1" ;;
  esac 2>/dev/null || stays="cannot be put back to $(cut -f 3- "$original" | tr '\t' ' ')"
  rm -f "$original"
}

put_overridden_back() {
  [ -s "$work/overridden" ] || return 0
  while IFS= read -r name <&3; do
    stays=''
    put_unit_back "$name" 3<&-
    [ -z "$stays" ] || say gone "unit $name: $stays"
  done 3<"$work/overridden"
}

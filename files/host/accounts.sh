# What users and groups have in common.

# What is somebody else's, and what to do about it.
somebody_elses() {
  printf 'is there already, and Keelson did not make it; choose another name in the stack file, or remove it (%s NAME) if nobody needs it' "$1"
}

# Sets number to that of an account that was lost, as what it owned has it still, where nobody else has got it: so all
# of it follows, wherever it lies.
# Usage: lost_number passwd|group owner|group NAME
lost_number() {
  number=''
  set -f
  IFS=$NEWLINE
  for of_row in $rows; do
    case $of_row in *"$TAB$2$TAB"[1-9]*"$TAB$3") number=${of_row%"$TAB$3"} number=${number##*"$TAB"} ;; esac
  done
  unset IFS
  set +f
  case $number in *[!0-9]*) number='' ;; esac
  if [ -n "$number" ] && getent "$1" "$number" >/dev/null; then number=''; fi
}

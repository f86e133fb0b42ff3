# Programs of the host that apps run, such as /usr/bin/python3.

# The lines of those rollouts whose program is not there, and no package comes that may bring it:
# rollout NAME foreign=WORDS. What is missing when the unit is written is told there, see checks/systemd.sh.
# Usage: missing_programs ITEM-LINES. Of observed, what was seen of them.
missing_programs() {
  case $1 in *"$TAB@program="*) ;; *) return 0 ;; esac
  ! printf '%s\n' "$observed" | grep -q "^package$TAB.*${TAB}state=missing" || return 0
  set -f
  IFS=$NEWLINE
  for running in $1; do
    case $running in rollout"$TAB"*"$TAB@program="*) ;; *) continue ;; esac
    program=${running#*"$TAB@program="} program=${program%%"$TAB"*}
    running=${running#*"$TAB"}
    [ -x "$program" ] ||
      printf 'rollout\t%s\tforeign=cannot run %s, which is not on this server; %s\n' "${running%%"$TAB"*}" "$program" "$(how_to_bring)"
  done
  unset IFS
  set +f
}

how_to_bring() { printf "name the package that brings it in \`packages\`, or put it there"; }

# What puts right a rollout that was ended in whatever way, or whose host died. `moving` in its place says
# what was on its way: where `current` belongs, the instances that were not proven yet, and whether their
# generation was still on trial.

note_moving() {
  unproven=$1
  printf '%s\n%s\n%s\n' "$current" "$1" "$stage" >"$work/moving"
  install_durably "$work/moving" "$place/moving"
}

note_arrived() { if [ "$stage" = trial ]; then note_moving ''; else unproven='' && rm -f "$place/moving"; fi; }

# Its hook ends, load balancers are told no more that the server leaves, an instance that was not proven yet goes back
# to where `current` pointed, connections are let through again, Monit watches again; before the first instance was
# proven, also the old unit file and environment come back.
# Usage: recover [again], `again` when a rollout begins.
recover() {
  end_hooks
  rm -f "$LEAVING.$app"
  if [ -f "$place/moving" ]; then
    back='' unproven='' stage=''
    { IFS= read -r back && IFS= read -r unproven && IFS= read -r stage; } <"$place/moving" || :
    [ -z "$back" ] || point "$home/current" "$home/releases/$back"
    read_settings "$(sed -n 4p "$place/order" 2>/dev/null)"
    # A rollout that begins finds the files of its own generation, just written.
    [ "${1:-}" = again ] || [ "$stage" != trial ] || { put_generation_back && read_good_settings; }
    given_back='' served_again=''
    give_back "$unproven"
    for key in $unproven; do
      case "$served_again " in *" $key "*) continue ;; esac
      [ -z "$back" ] || runs_before "$key" || restart_instance "$key"
      say change "rollout $app $key was being moved when the rollout was ended"
    done
    monit_each monitor "$unproven"
    rm -f "$place/moving"
  fi
  open_ports
}

# What runs on the new generation already, since the rollout that moved it was ended: it goes back with the others.
find_moved_earlier() {
  moved_earlier=''
  if [ "$changed" = no ] || [ ! -s "$place/good/identity" ]; then return 0; fi
  arrived=$(without "$down $up" "$keys")
  [ -n "$arrived" ] || return 0
  IFS=$TAB read -r of_release of_unit of_environment _ <"$place/good/identity"
  runs=$(goal_line "$of_release" "$of_unit" "$of_environment" "$arrived" | observe_rollout)
  for key in $arrived; do
    [ "$(field "$key" "$runs")" = current ] || moved_earlier="${moved_earlier:+$moved_earlier }$key"
  done
}

# Whether an instance runs what `recover` brings back.
runs_before() {
  if [ "$stage" = trial ] && [ -s "$place/good/identity" ]; then
    IFS=$TAB read -r of_release of_unit of_environment _ <"$place/good/identity"
    [ "$(field "$1" "$(goal_line "$of_release" "$of_unit" "$of_environment" "$1" | observe_rollout)")" = current ]
  else
    [ "$(readlink "/proc/$(main_process "$1")/cwd")" = "$real/releases/$back" ]
  fi
}

main_process() { name_unit "$1" && systemctl show --no-pager -p MainPID --value "$unit"; }

# The socket of another generation would start it at once; and a member that came with the one on trial has no other.
restart_instance() {
  case $1 in *@*) [ "$stage" != trial ] || knows_member "${1%@*}" || { systemctl_each stop service "$1" && return 0; } ;; esac
  [ "$listen" = socket ] || systemctl_each stop socket "$1"
  systemctl_each restart service "$1"
}

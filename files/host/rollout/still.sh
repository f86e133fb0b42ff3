# The rollout of what has no instances: a static site, which nginx reads where `current` leads, and a job, whose next run
# begins there. The switch is one rename. What is wrong is found before it, or else it is taken back.

is_still() { case $type in static | job) ;; *) return 1 ;; esac; }

# Usage: was_cut_still LINE. Whether its host died in the middle: what `current` names was not proven then.
was_cut_still() { case $1 in *"$TAB@type=static$TAB"* | *"$TAB@type=job$TAB"*) [ -f "$place/moving" ] ;; *) return 1 ;; esac; }

roll_still() {
  stage=trial evidence='' found_down='' was_current=$current was_previous=$(readlink "$home/previous" || :)
  hold_runs
  if [ "$changed" = yes ]; then
    note_moving ''
    { has_needed_files && prepare_release; } || go_back_still
    note_next
    answered=$(answer_of_site)
  fi
  point_still "$release"
  [ "$changed" = no ] || answers_still || go_back_still
  rm -f "$place/moving" "$place/taken"
  say_links
  settle "$(short "$release") is current"
}

# No run of a job begins while its release moves: each waits for this lock, see files/app/job.mustache. It is let go
# of with this process, however that ends.
hold_runs() {
  [ "$type" = job ] || [ -n "$jobs" ] || return 0
  exec 7>>"$place/runs"
  flock 7
}

# A release that is gone back to was packed for other settings, maybe.
has_needed_files() {
  for needed in $needed_files; do
    [ -f "$home/releases/$release/$needed" ] || { reason="has no file $needed" && return 1; }
  done
}

# Usage: point_still RELEASE. Of a site also the release before this one is read: pages that are open ask for its files.
point_still() {
  current=$1 served=$(readlink "$home/current" || :)
  case $type/$served in
    "static/$home/releases/$1") ;;
    "static/$home/releases/"*) point "$home/previous" "$served" ;;
  esac
  point "$home/current" "$home/releases/$1"
}

# What nginx answers for the site. Its name may be new, it may be closed or behind a password: only what it answered well
# before must go on.
site_file() { printf "/etc/nginx/keelson.d/%s.conf" "$app"; }
answer_of_site() {
  [ "$type" = static ] && [ -f "$(site_file)" ] || return 0
  # Its certificate is no affair of a release.
  curl -sS --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' --insecure --resolve "$host:443:127.0.0.1" \
    -H "Host: $host" "$(site_url)" 2>/dev/null || :
}

# Who comes without TLS to a site that has it is only sent there.
site_url() {
  served_by=$(site_file)
  if [ -f "${served_by%.conf}.tls" ]; then echo "https://$host$path"; else echo "http://127.0.0.1$path"; fi
}

answers_still() {
  case $answered in 2?? | 3??) ;; *) return 0 ;; esac
  answers_now=$(answer_of_site)
  case $answers_now in
    2?? | 3??) return 0 ;;
    000) reason="got no answer of nginx" ;;
    *) reason="is answered with $answers_now by nginx, and $answered before" ;;
  esac
  reason="$reason, to $(site_url) (Host: $host)"
  return 1
}

# All as it was; then fails with the reason.
go_back_still() {
  failure="rollout $app: $(short "$release") $reason"
  case $reason in 'the hook'*) failure="rollout $app: $reason" ;; esac
  put_generation_back
  note_failed
  rm -rf "$place/next"
  if [ -n "$was_current" ]; then point "$home/current" "$home/releases/$was_current"; else rm -f "$home/current"; fi
  if [ -n "$was_previous" ]; then point "$home/previous" "$was_previous"; else rm -f "$home/previous"; fi
  rm -f "$place/moving"
  fail "$failure; $(if [ -n "$was_current" ]; then echo "$(short "$was_current") is current as before"; else echo 'nothing of it is current'; fi)
$evidence"
}

# Usage: is_job LINE
is_job() { case $1 in *"$TAB@type=job$TAB"*) ;; *) return 1 ;; esac; }

# Its timer first, lest it starts it again.
end_job() {
  limited "$JOB_LIMIT" systemctl stop "$app.timer" 2>/dev/null || :
  limited "$JOB_LIMIT" systemctl stop "$app.service" 2>/dev/null || :
  systemctl reset-failed "$app.service" 2>/dev/null || :
  forget_runs "$app.timer"
}

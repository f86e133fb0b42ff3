# When a CA may be asked again that said no: CAs count what fails, and shut out who goes on.

# Let's Encrypt lets five checks of a name fail in an hour, of which one is left to whoever looks for the reason:
# https://letsencrypt.org/docs/rate-limits/
TRIES_IN_AN_HOUR=4
# Longest pause of the timer.
LONGEST_PAUSE=43200

# Whether it may be asked now; else sets turn_words. An `up` may ask some times in an hour, for somebody is there who
# mends what is wrong; the timer waits longer each time. A CA that was never reached (`missed`) has counted nothing.
# Usage: await_turn up|timer
await_turn() {
  failed_of=''
  [ ! -f "$ACME/failed/$cert_app" ] || { IFS= read -r failed_of <"$ACME/failed/$cert_app" || :; }
  [ "$failed_of" = "$cert_domains $cert_from" ] || return 0
  turn=$(sed 1d "$ACME/failed/$cert_app" | awk -v how="$1" -v now="$(date +%s)" -v tries="$TRIES_IN_AN_HOUR" -v longest="$LONGEST_PAUSE" '
    # A clock that went back makes nobody wait.
    ($1 == "at" || $1 == "missed" && how == "timer") && $2 <= now { n++; at[n] = $2 }
    END {
      if (how == "up") until = n >= tries ? at[n - tries + 1] + 3600 : 0
      else if (n) { pause = 3600; for (i = 1; i < n && pause < longest; i++) pause *= 2
        until = at[n] + (pause > longest ? longest : pause) }
      print (until > now ? until : 0) }')
  [ "$turn" != 0 ] || return 0
  turn_words="the CA is not asked again before $(date -u -d "@$turn" '+%F %H:%M') UTC: CAs count what fails. Mend what came of it last:
$(sed -n 's/^said //p' "$ACME/failed/$cert_app")"
  return 1
}

# Usage: note_failure WORDS
note_failure() {
  # The first line is the kit's own, whatever a CA says below it.
  case ${1%%"$NEWLINE"*} in *' cannot be reached: '*) failed_as=missed ;; *) failed_as='at' ;; esac
  {
    printf '%s\n' "$cert_domains $cert_from"
    [ "${failed_of:-}" != "$cert_domains $cert_from" ] || grep -E '^(at|missed) ' "$ACME/failed/$cert_app" | tail -n 20
    printf '%s %s\n' "$failed_as" "$(date +%s)"
    printf '%s\n' "$1" | head -c 4000 | sed 's/^/said /'
  } >"$work/failed"
  mkdir -p "$ACME/failed"
  install_durably "$work/failed" "$ACME/failed/$cert_app"
}

# A CA fetches a file from each name: where this host itself does not find its own there, it is said before. It may be
# right all the same, as behind a router that leads nobody back, so the CA is asked.
warn_unreached() {
  reach_token=keelson-$(od -An -N 12 -tx1 /dev/urandom | tr -d ' \n')
  # Readable from the first moment on: the directory is the client's, who could put a link in the way of a chmod.
  (umask 022 && printf '%s\n' "$reach_token" >"$ACME/challenges/$reach_token")
  set -f
  IFS=,
  for reach_name in $cert_domains; do
    unset IFS
    reach_found=$(curl -q -sS -L --max-redirs 5 --insecure -m 5 --max-filesize 1000 \
      "http://$reach_name/.well-known/acme-challenge/$reach_token" 2>&1 | head -c 300) || :
    [ "$reach_found" = "$reach_token" ] || say warn "certificate $cert_app: http://$reach_name does not lead to this server, as it sees it${reach_found:+ ($(reach_reason))}"
    IFS=,
  done
  unset IFS
  set +f
  rm -f "$ACME/challenges/$reach_token"
}

reach_reason() {
  case $reach_found in curl:*) printf '%s' "${reach_found%%"$NEWLINE"*}" ;; *) printf 'another server answers' ;; esac
}

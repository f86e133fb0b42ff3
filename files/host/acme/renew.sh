# Renewal: keelson-acme.timer calls it some times a day, and somebody for one site, now.

# Usage: renew_certificates [SITE]
renew_certificates() {
  run=renew manifest=-
  renew_failed=''
  stored_items | awk -F '\t' -v app="${1:-}" '$1 == "certificate" && (app == "" || app == $2)' >"$work/certificates"
  [ -z "${1:-}" ] || [ -s "$work/certificates" ] || fail "$1 has no certificate by ACME here"
  while IFS= read -r renew_line <&3; do
    take_name "$renew_line"
    renew_app=$name_of_item
    if [ -n "${1:-}" ]; then renew_how=up; elif is_due "$renew_app"; then renew_how=timer; else continue; fi
    renew_one 3<&-
  done 3<"$work/certificates"
  serve_renewed
  [ -z "$renew_failed" ] || fail "not renewed:$renew_failed"
}

# With a third of its time left, as CAs advise; with half of it, where that is ten days or less:
# https://letsencrypt.org/docs/integration-guide/
is_due() {
  see_certificate "$ACME/live/$1"
  [ "$certificate_shown" != state=missing ] || return 0
  due_time=$((certificate_ends - certificate_begins)) due_left=$((certificate_ends - $(date +%s)))
  if [ "$due_time" -le 864000 ]; then [ $((due_left * 2)) -le "$due_time" ]; else [ $((due_left * 3)) -le "$due_time" ]; fi
}

# One that cannot be renewed keeps none of the others. One whose turn has not come is left for later without a word.
renew_one() {
  cert_app=$renew_app
  take_field domains "$renew_line" && cert_domains=$field_value
  take_field from "$renew_line" && cert_from=$field_value
  [ "$renew_how" = up ] || await_turn timer || return 0
  [ ! -f "$ACME/failed/$renew_app" ] || renew_late=yes
  # A new process, so that its first failure ends it.
  if "$HELPER" renew-one "$renew_app" "$renew_how" 2>"$work/renewal"; then
    [ -z "${renew_late:-}" ] || alert recovered "$renew_app" 'has a new certificate' </dev/null
  else
    renew_failed="$renew_failed $renew_app"
    cat "$work/renewal" >&2
    alert certificate "$renew_app" "$(sed '1s/^keelson: certificate [^:]*/cannot be renewed/' "$work/renewal")" </dev/null
  fi
  renew_late=''
}

# Usage: renew_this SITE up|timer
renew_this() {
  run=renew manifest=tls-$1
  take_lock
  renew_line=$(stored_items | awk -F '\t' -v app="$1" '$1 == "certificate" && $2 == app' | head -n 1)
  [ -n "$renew_line" ] || return 0
  get_certificate "$1" "$renew_line" "$2"
  see_certificate "$ACME/live/$1"
  say change "certificate $1: renewed, it ends $(date -u -d "@$certificate_ends" '+%F %H:%M') UTC"
}

# nginx reads them when it is told; also those of a run that died before it told.
serve_renewed() {
  [ -f "$ACME/reload" ] || return 0
  told_at=$(systemctl show nginx.service --timestamp=unix -p StateChangeTimestamp --value)
  case ${told_at#@} in '' | *[!0-9]*) told_at=@0 ;; esac
  [ "${told_at#@}" -le "$(stat -c %Y "$ACME/reload")" ] || { rm -f "$ACME/reload" && return 0; }
  if nginx -t 2>"$work/complaints" && limited "$JOB_LIMIT" systemctl reload nginx.service 2>"$work/complaints"; then
    rm -f "$ACME/reload"
    say change 'unit nginx.service: reloaded'
  else
    alert certificate nginx "does not take up new certificates: $(tail -n 3 "$work/complaints")" </dev/null
    fail "nginx does not take up new certificates: $(cat "$work/complaints")"
  fi
}

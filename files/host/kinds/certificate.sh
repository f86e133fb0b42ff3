# Kind `certificate`: that of a site, which a CA gives by ACME. files/host/acme/ asks for it; docs/acme.md says why so.

# Before files: a site is told to nginx when what it names is there.
order_certificate=65 waits_certificate=yes silent_certificate='@challenge @contact'

ACME=/var/lib/keelson-acme

observe_certificate() {
  while IFS="$TAB" read -r _ seen_app _; do
    see_certificate "$ACME/live/$seen_app"
    printf 'certificate\t%s\t%s\n' "$seen_app" "$certificate_shown"
  done
}

# Sets certificate_shown, what is seen of the one in a directory; and where there is one, certificate_begins and
# certificate_ends.
see_certificate() {
  certificate_shown=state=missing
  if [ ! -f "$1/fullchain.pem" ] || [ ! -x /usr/bin/openssl ]; then return 0; fi
  read_certificate "$1/fullchain.pem" || return 0
  certificate_from=unknown certificate_key=unknown certificate_profile=unknown
  # shellcheck disable=SC2162 # neither has a backslash
  [ ! -f "$1/note" ] || { read certificate_from && read certificate_key && read certificate_profile; } <"$1/note" || :
  judge_certificate "$1"
  certificate_shown="domains=$certificate_domains${TAB}from=$certificate_from${TAB}key=$certificate_key${TAB}profile=$certificate_profile${TAB}valid=$certificate_valid"
}

# Sets certificate_domains, sorted, certificate_public, its key, certificate_begins and certificate_ends.
# Usage: read_certificate FILE
read_certificate() {
  certificate_text=$(openssl x509 -in "$1" -noout -dates -ext subjectAltName 2>/dev/null) || return 1
  certificate_public=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) || return 1
  certificate_domains=$(printf '%s\n' "$certificate_text" | awk '/^ *(DNS|IP Address):/ { gsub(/ |DNS:|IP Address:/, ""); print }' |
    tr , '\n' | sort | tr '\n' ,)
  certificate_domains=${certificate_domains%,}
  certificate_begins=${certificate_text#*notBefore=} certificate_begins=$(date -d "${certificate_begins%%"$NEWLINE"*}" +%s) || return 1
  certificate_ends=${certificate_text#*notAfter=} certificate_ends=$(date -d "${certificate_ends%%"$NEWLINE"*}" +%s) || return 1
}

# Sets certificate_valid. One that ends in less than a sixth of its time should have been renewed long before: the
# timer has tried in vain, so that an `up` is to try it, and to say why it cannot.
judge_certificate() {
  certificate_valid=yes certificate_left=$((certificate_ends - $(date +%s)))
  if [ "$(openssl pkey -in "$1/privkey.pem" -pubout 2>/dev/null)" != "$certificate_public" ]; then
    certificate_valid='no, its key is another'
  elif [ "$certificate_left" -le 0 ]; then
    certificate_valid="ended $(date -d "@$certificate_ends" +%F)"
  elif [ $((certificate_left * 6)) -lt $((certificate_ends - certificate_begins)) ]; then
    certificate_valid="ends $(date -d "@$certificate_ends" +%F)"
  fi
}

apply_certificate() {
  take_name "$1"
  get_certificate "$name_of_item" "$1" up
  get_lost
  touched nginx.service
}

# nginx takes up all certificates or none. Those of other sites that are gone, as where a disk was lost, come back at
# once; of one that does not, its own manifest says why.
get_lost() {
  stored_items | awk -F '\t' '$1 == "certificate"' >"$work/certificates"
  while IFS= read -r lost_line <&3; do
    take_name "$lost_line"
    [ -f "$ACME/live/$name_of_item/privkey.pem" ] ||
      (is_late_run='' && get_certificate "$name_of_item" "$lost_line" up) >/dev/null 2>&1 3<&- || :
  done 3<"$work/certificates"
}

# Where a run fails after the CA gave one it stays: the next run would ask for another, and CAs count.
remove_certificate() {
  [ -n "$2" ] || { stays=silent && return 0; }
  rm -rf "$ACME/live/$1" "$ACME/live/.$1".[0-9]* "$ACME/requests/$1" "$ACME/results/$1".[a-z]* "$ACME/failed/$1"
}

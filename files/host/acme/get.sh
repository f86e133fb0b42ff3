# Gets a certificate from a CA. What asks the CA, and reads what it answers, is the unprivileged keelson-acme@.service:
# the key of a site is made here, and never seen there.

# Seconds for a CA to check all names of a certificate, and to give it.
ORDER_LIMIT=600

# Usage: get_certificate SITE ITEM-LINE up|timer. Whoever calls it has the lock, and tells nginx.
get_certificate() {
  cert_app=$1
  take_field domains "$2" && cert_domains=$field_value
  take_field from "$2" && cert_from=$field_value
  take_field key "$2" && cert_key=$field_value
  take_field profile "$2" && cert_profile=$field_value
  take_field @challenge "$2" && cert_challenge=$field_value
  take_field @contact "$2" && cert_contact=$field_value
  await_turn "$3" || fail "certificate $cert_app: $turn_words"
  [ "$cert_profile" = default ] || knows_profiles ||
    fail "certificate $cert_app: the client of this Debian cannot ask for the profile $cert_profile; take acme.profile out, or bring Debian 13"
  [ "$cert_challenge" != http-01 ] || warn_unreached
  make_request
  ask_ca || refused "$(ca_words)"
  install_certificate || refused "what the CA at $cert_from gave is no certificate of this key for $cert_domains"
  rm -f "$ACME/failed/$cert_app"
}

# Since dehydrated 0.7.2.
knows_profiles() { grep -qs ACME_PROFILE /usr/bin/dehydrated; }

# The key of the site, and what a CA is asked for: never the same key twice.
make_request() {
  case $cert_key in
    rsa) set -- -algorithm RSA -pkeyopt rsa_keygen_bits:2048 ;;
    *) set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-256 ;;
  esac
  mkdir -p "$work/certificate" "$ACME/requests" "$ACME/results" "$ACME/live" "$ACME/failed"
  sign_request "$@" 2>"$work/complaints" ||
    fail "certificate $cert_app: openssl makes no key for it: $(cat "$work/complaints")"
  {
    printf '%s\n' "$cert_from" "$cert_contact" "$cert_challenge" "$cert_profile"
    cat "$work/certificate/csr"
  } >"$ACME/requests/$cert_app"
}

# Usage: sign_request OPTIONS of openssl genpkey
sign_request() {
  openssl genpkey "$@" -out "$work/certificate/privkey.pem" &&
    openssl req -new -key "$work/certificate/privkey.pem" -subj / -out "$work/certificate/csr" \
      -addext "subjectAltName=DNS:$(printf "%s" "$cert_domains" | sed "s/,/,DNS:/g")"
}

# What it prints is in results/SITE.pem and results/SITE.log, which systemd opens: no path there is the client's.
ask_ca() {
  : >"$ACME/results/$cert_app.log"
  limited "$ORDER_LIMIT" systemctl start "keelson-acme@$cert_app.service" 2>"$work/complaints" && return 0
  systemctl reset-failed "keelson-acme@$cert_app.service" 2>/dev/null || :
  return 1
}

# Of all that the client says, what the CA says: the problem's own words (RFC 8555, 6.7), as they came or as the client
# has taken them apart. Where it said none, as when it cannot be reached, the client's last lines, with the commonest of
# what curl says there by a number (curl(1), EXIT CODES) in words.
ca_words() {
  head -c 65536 "$ACME/results/$cert_app.log" | awk -v from="$cert_from" '
    BEGIN {
      why[6] = "its name is not known on this server"; why[7] = "nobody answers there"; why[28] = "no answer in time"
      why[60] = "its certificate is of none that this server trusts; acme.ca names the root of a private CA"
    }
    /^[[:space:]]*$|^# INFO: / { next }
    match($0, /curl returned with [0-9]+/) { code = substr($0, RSTART + 19, RLENGTH - 19) + 0 }
    { line[++lines] = $0; rest = $0 }
    match($0, /urn:ietf:params:acme:error:[A-Za-z]+/) { type = substr($0, RSTART + 27, RLENGTH - 27) }
    { while (match(rest, /"detail"(\]\t|:) *"/)) {
        rest = substr(rest, RSTART + RLENGTH); match(rest, /^([^"\\]|\\.)*/)
        text = substr(rest, 1, RLENGTH); rest = substr(rest, RLENGTH + 1); gsub(/\\"/, "\"", text)
        if (text != "" && !seen[text]++ && n < 5) said[++n] = substr(text, 1, 1000) } }
    END {
      if (n) print "the CA at " from " says" (type == "" ? "" : " (" substr(type, 1, 60) ")") ":"
      else if (code in why) print "the CA at " from " cannot be reached: " why[code] ":"
      else print "the CA at " from " gave none:"
      for (i = 1; i <= n; i++) print said[i]
      for (i = lines > 4 ? lines - 3 : 1; !n && i <= lines; i++) print substr(line[i], 1, 300) }'
}

# Usage: refused WORDS
refused() {
  note_failure "$1"
  fail "certificate $cert_app: $1"
}

# The new one takes the place of the old in one step, key and all: a reload at any moment finds two that fit.
install_certificate() {
  install_from=$work/certificate
  awk '/^-----BEGIN CERTIFICATE-----$/ { inside = 1 } inside { print } /^-----END CERTIFICATE-----$/ { inside = 0 }' \
    "$ACME/results/$cert_app.pem" >"$install_from/fullchain.pem"
  printf '%s\n' "$cert_from" "$cert_key" "$cert_profile" >"$install_from/note"
  see_certificate "$install_from"
  [ "$certificate_shown" = "domains=$cert_domains${TAB}from=$cert_from${TAB}key=$cert_key${TAB}profile=$cert_profile${TAB}valid=yes" ] || return 1
  install_to=.$cert_app.$(date +%s%N)
  mkdir "$ACME/live/$install_to"
  for install_name in privkey.pem fullchain.pem note; do
    install -m 0600 "$install_from/$install_name" "$ACME/live/$install_to/$install_name" || return 1
  done
  : >"$ACME/reload"
  sync "$ACME/live/$install_to"/* "$ACME/live"
  ln -sfnT "$install_to" "$ACME/live/.next" && mv -fT "$ACME/live/.next" "$ACME/live/$cert_app"
  find "$ACME/live" -maxdepth 1 -name ".$cert_app.[0-9]*" ! -name "$install_to" -exec rm -rf {} +
  rm -rf "$install_from" "$ACME/requests/$cert_app" "$ACME/results/$cert_app".[a-z]*
}

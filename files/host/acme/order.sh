# What runs as the user keelson-acme, in the sandbox of keelson-acme@.service, and speaks with a CA.

# How often an order is begun anew where the CA rejects a nonce: dehydrated of Debian 12 does not try again itself.
NONCE_TRIES=5

# Reads a request: the URL of the CA, the contact, the kind of challenge, the profile, then a certificate signing
# request. Prints the certificate with its chain; what the client says goes to standard error.
order_from_ca() {
  IFS= read -r ACME_FROM && IFS= read -r ACME_CONTACT && IFS= read -r ACME_CHALLENGE && IFS= read -r ACME_PROFILE_ASKED
  [ "$ACME_PROFILE_ASKED" != default ] || ACME_PROFILE_ASKED=''
  [ "$ACME_CHALLENGE" != dns-01 ] || ACME_HOOK=/usr/local/lib/keelson/acme-hook
  export ACME_FROM ACME_CONTACT ACME_CHALLENGE ACME_PROFILE_ASKED ACME_HOOK="${ACME_HOOK:-}" ACME_CHALLENGES="$ACME/challenges"
  order_work=$(mktemp -d)
  cat >"$order_work/csr"
  order_config
  take_account_key
  be_registered
  with_nonces ask_with --signcsr "$order_work/csr"
  cat "$order_work/answer"
}

# bash reads it, so that what was given stands in no text that a shell reads.
order_config() {
  # shellcheck disable=SC2016 # of bash
  printf '%s\n' 'CA=$ACME_FROM' 'CONTACT_EMAIL=$ACME_CONTACT' 'CHALLENGETYPE=$ACME_CHALLENGE' 'HOOK=$ACME_HOOK' \
    'ACME_PROFILE=$ACME_PROFILE_ASKED' 'WELLKNOWN=$ACME_CHALLENGES' 'ORDER_TIMEOUT=300' >"$order_work/config"
}

# Usage: ask_with ARGUMENTS of dehydrated
ask_with() { dehydrated "$@" --config "$order_work/config" --privkey "$order_key" >"$order_work/answer" 2>"$order_work/said"; }

# Usage: with_nonces COMMAND...
with_nonces() {
  nonce_try=0
  until "$@"; do
    nonce_try=$((nonce_try + 1))
    if [ "$nonce_try" -ge "$NONCE_TRIES" ] || ! grep -q error:badNonce "$order_work/said"; then
      cat "$order_work/answer" "$order_work/said" >&2
      exit 1
    fi
  done
}

# One for each CA. That of an account which is kept over rebuilds comes as a credential.
take_account_key() {
  order_account=$ACME/account/$(printf '%s' "$ACME_FROM" | sha256sum | cut -c 1-16)
  order_key=$order_account/key.pem
  kept_key=${CREDENTIALS_DIRECTORY:-/nonexistent}/account
  mkdir -p "$order_account"
  if [ -f "$kept_key" ]; then
    cmp -s "$kept_key" "$order_key" || { rm -f "$order_account"/* && cat "$kept_key" >"$order_key"; }
  elif [ ! -f "$order_key" ]; then
    # Of a kind that the client of both releases takes.
    openssl genrsa -out "$order_account/new" 2048 2>/dev/null
    mv "$order_account/new" "$order_key"
  fi
}

# A CA that knows the account says so and changes nothing; one that has forgotten it, as those for trials do, makes it
# anew. The contact is told where it is another one than it was told last.
be_registered() {
  rm -f "$order_key.json" "${order_key}_id.json"
  with_nonces ask_with --register --accept-terms
  told_contact=$ACME_CONTACT
  [ ! -f "$order_account/contact" ] || { IFS= read -r told_contact <"$order_account/contact" || :; }
  [ "$told_contact" = "$ACME_CONTACT" ] || with_nonces ask_with --account
  printf '%s\n' "$ACME_CONTACT" >"$order_account/contact"
}

# The hook of the client, for challenges by DNS: a program of the host changes the zone, and has its secret on standard
# input. What else the client tells is no matter.
# Usage: answer_challenge deploy_challenge|clean_challenge NAME TOKEN VALUE
answer_challenge() {
  case $1 in
    deploy_challenge) dns_what='set' ;;
    clean_challenge) dns_what='clear' ;;
    *) return 0 ;;
  esac
  dns_secret=$CREDENTIALS_DIRECTORY/dns
  [ -f "$dns_secret" ] || dns_secret=/dev/null
  timeout -k 5 120 "$KEELSON_DNS" "$dns_what" "_acme-challenge.$2" "$4" <"$dns_secret" >&2 && return 0
  printf 'keelson: %s %s _acme-challenge.%s failed with %s\n' "$KEELSON_DNS" "$dns_what" "$2" "$?" >&2
  exit 1
}

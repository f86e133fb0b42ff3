# What runs as the user keelson-acme, in the sandbox of keelson-acme@.service, and speaks with a CA.

# Reads a request: the URL of the CA, the contact, the kind of challenge, then a certificate signing request. Prints
# the certificate with its chain; what the client says goes to standard error.
order_from_ca() {
  IFS= read -r order_directory && IFS= read -r order_contact && IFS= read -r KEELSON_CHALLENGE
  export KEELSON_CHALLENGE
  order_work=$(mktemp -d)
  cat >"$order_work/order.csr"
  order_account=$ACME/account/$(printf '%s' "$order_directory" | sha256sum | cut -c 1-16)
  mkdir -p "$order_account/private"
  take_account_key
  be_registered
  ask_with issue "$order_work/order.csr"
  cat "$order_work/order-cert.pem"
}

# The client needs a verbose mode to tell what it does; no secret is in it.
ask_with() { uacme -v -c "$order_account" -a "$order_directory" -h /usr/local/lib/keelson/acme-hook -t EC -y -o -f "$@" >&2; }

# The key of an account that is kept over rebuilds comes as a credential.
take_account_key() {
  kept_key=${CREDENTIALS_DIRECTORY:-/nonexistent}/account
  if [ ! -f "$kept_key" ] || cmp -s "$kept_key" "$order_account/private/key.pem"; then return 0; fi
  rm -f "$order_account/contact"
  cat "$kept_key" >"$order_account/private/key.pem"
}

# A CA that knows the account says so and changes nothing; one that has forgotten it, as those for trials do, makes it
# anew. The contact is told where it is another one than it was told last.
be_registered() {
  ask_with new "$order_contact"
  told_contact=$order_contact
  [ ! -f "$order_account/contact" ] || { IFS= read -r told_contact <"$order_account/contact" || :; }
  [ "$told_contact" = "$order_contact" ] || ask_with update "$order_contact"
  printf "%s\n" "$order_contact" >"$order_account/contact"
}

# The hook of the client: puts the answer to a challenge where the CA looks for it, and takes it away again. A kind of
# challenge that is not wanted is declined, and the CA's next one comes.
# Usage: answer_challenge begin|done|failed TYPE NAME TOKEN ANSWER
answer_challenge() {
  [ "$2" = "${KEELSON_CHALLENGE:-}" ] || exit 1
  case $2 in
    http-01) answer_http "$1" "$4" "$5" ;;
    dns-01) answer_dns "$1" "_acme-challenge.$3" "$5" ;;
    *) exit 1 ;;
  esac
}

answer_http() {
  case $2 in '' | *[!A-Za-z0-9_-]*) exit 1 ;; esac
  rm -f "$ACME/challenges/$2"
  [ "$1" = begin ] || return 0
  printf '%s' "$3" >"$ACME/challenges/$2"
  chmod 0644 "$ACME/challenges/$2"
}

# A program of the host changes the zone. Its secret comes on standard input.
# Usage: answer_dns begin|done|failed NAME VALUE
answer_dns() {
  dns_secret=$CREDENTIALS_DIRECTORY/dns
  [ -f "$dns_secret" ] || dns_secret=/dev/null
  dns_what=clear
  [ "$1" != begin ] || dns_what='set'
  timeout -k 5 120 "$KEELSON_DNS" "$dns_what" "$2" "$3" <"$dns_secret" >&2 && return 0
  printf 'keelson: %s %s %s failed with %s\n' "$KEELSON_DNS" "$dns_what" "$2" "$?" >&2
  exit 1
}

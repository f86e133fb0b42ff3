# What of a host stands in the way of TLS for a site: told before anything is changed, and only until the site has it.

# The lines of those files for TLS that nginx would refuse, or browsers: file PATH foreign=WORDS.
# Usage: unfit_tls ITEM-LINES
unfit_tls() {
  case $1 in *"$TAB/etc/nginx/keelson.d/"*".tls$TAB"*) ;; *) return 0 ;; esac
  tls_known=$NEWLINE$(stored_items)
  set -f
  IFS=$NEWLINE
  for tls_line in $1; do
    unset IFS
    case $tls_line in file"$TAB/etc/nginx/keelson.d/"*".tls$TAB"*) ;; *) continue ;; esac
    tls_path=${tls_line#*"$TAB"} tls_path=${tls_path%%"$TAB"*}
    case $tls_known in *"${NEWLINE}file$TAB$tls_path$TAB"*) continue ;; esac
    tls_words=$(own_tls "${tls_path%.tls}")
    [ -n "$tls_words" ] || tls_words=$(unfit_pair "$tls_line")
    [ -z "$tls_words" ] || printf 'file\t%s\tforeign=%s\n' "$tls_path" "$tls_words"
  done
  unset IFS
  set +f
}

# People's own lines for TLS, such as those that certbot's names stand in.
# Usage: own_tls DIRECTORY
own_tls() {
  set +f
  own_file=$(grep -D skip -lsE '^[[:blank:]]*(listen[[:blank:]]+([^;#]*:)?443[[:blank:];]|ssl_certificate[[:blank:]])' "$1"/*.conf | head -n 1)
  [ -n "$own_file" ] || return 0
  own_pair=$(sed -nE 's/^[[:blank:]]*ssl_certificate[[:blank:]]+(\/[^;[:blank:]]*)\/fullchain\.pem;.*/\1/p' "$own_file" | head -n 1)
  printf 'would say what %s says already; take listen 443 and all that begins with ssl_ out of that%s, or set tls: off' "$own_file" \
    "${own_pair:+, and to go on with its certificate write tls: { certificate: { onHost: $own_pair/fullchain.pem \}, key: { onHost: $own_pair/privkey.pem \} \}}"
}

# A certificate that somebody else brings, and its key.
# Usage: unfit_pair LINE
unfit_pair() {
  case $1 in *"$TAB@pair="*) ;; *) return 0 ;; esac
  take_field @pair "$1"
  pair_certificate=${field_value%% *} pair_key=${field_value#* }
  take_field @names "$1"
  for pair_file in "$pair_certificate" "$pair_key"; do
    [ -f "$pair_file" ] || { printf 'needs %s, which is not there; let it be made first' "$pair_file" && return; }
  done
  command -v openssl >/dev/null || return 0
  openssl x509 -noout -in "$pair_certificate" -checkend 0 >/dev/null 2>&1 ||
    { printf 'needs %s, which has ended, or holds no certificate; renew it first' "$pair_certificate" && return; }
  pair_public=$(openssl pkey -in "$pair_key" -pubout -passin pass: </dev/null 2>/dev/null)
  [ "$pair_public" = "$(openssl x509 -noout -in "$pair_certificate" -pubkey)" ] ||
    { printf 'needs %s, which is not the key of %s, or has a password' "$pair_key" "$pair_certificate" && return; }
  for pair_name in $field_value; do
    case $pair_name in '*.'*) pair_asked=any-name-below.${pair_name#??} ;; *) pair_asked=$pair_name ;; esac
    openssl x509 -noout -in "$pair_certificate" -checkhost "$pair_asked" | grep -q 'does match' ||
      { printf 'needs %s, which is not for %s; renew it with that name first' "$pair_certificate" "$pair_name" && return; }
  done
}

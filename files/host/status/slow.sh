# What is slow to find out, and kept until what it was read from changes.

# Pending updates, as apt reckons them from the lists that it has: nothing is fetched. Counted are packages that would
# be renewed, those that need new ones beside them included, such as kernels.
refresh_updates() {
  known=$(find "$HOST_ROOT/var/lib/apt/lists" "$HOST_ROOT/var/lib/dpkg/status" "$HOST_ROOT/etc/apt" -maxdepth 1 -printf '%T@ ' 2>/dev/null || :)
  noted=''
  IFS= read -r noted 2>/dev/null <"$STATUS_CACHE/updates" || :
  [ -z "$noted" ] || [ "$noted" != "$known" ] || return 0
  simulated=$(timeout 60 nice -n 19 apt-get -s -qq -o Debug::NoLocking=1 dist-upgrade 2>/dev/null) || return 0
  lists=$(find "$HOST_ROOT/var/lib/apt/lists" -maxdepth 1 -name '*Release' -printf '%T@\n' 2>/dev/null | sort -rn | head -n 1)
  {
    printf '%s\n' "$known"
    printf '%s\n' "$simulated" | awk -v lists="${lists%.*}" '
      /^Inst [^ ]+ \[/ { pending++; if (/[Dd]ebian-[Ss]ecurity/) security++ }
      END { print pending + 0 "\t" security + 0 "\t" lists }'
  } >"$STATUS_CACHE/updates.$$"
  mv -f "$STATUS_CACHE/updates.$$" "$STATUS_CACHE/updates"
}

# Days before its end. What renews a certificate of 90 days does so at 30; so at 14 it has failed for long.
CERTIFICATE_DAYS=14

# When each certificate ends that nginx is told of, or that certbot keeps. Looked for anew where nginx was told
# something else, and each hour, in which certbot may have renewed one.
refresh_certificates() {
  if [ -f "$STATUS_CACHE/certificates" ]; then
    told_anew=$(find -L "$STATUS_CACHE/certificates" "$HOST_ROOT/etc/nginx" -maxdepth 3 \
      \( -newer "$STATUS_CACHE/certificates" -o -path "$STATUS_CACHE/certificates" -mmin +60 \) -print -quit 2>/dev/null || :)
    [ -n "$told_anew" ] || return 0
  fi
  certificates=$(list_certificates | sort -u)
  set -f
  IFS=$NEWLINE
  # shellcheck disable=SC2086 # a path a line
  set -- $certificates
  unset IFS
  set +f
  : >"$STATUS_CACHE/certificates.$$"
  for path; do
    ends=$(openssl x509 -noout -dates -in "$path" 2>/dev/null) || continue
    begins=$(date -d "$(printf '%s\n' "$ends" | sed -n 's/^notBefore=//p')" +%s)
    ends=$(date -d "$(printf '%s\n' "$ends" | sed -n 's/^notAfter=//p')" +%s)
    # Of one that is short, such as of six days, a sixth of its time: it is renewed later.
    soon=$(((ends - begins) / 86400 / 6))
    [ "$soon" -lt "$CERTIFICATE_DAYS" ] || soon=$CERTIFICATE_DAYS
    printf '%s\t%s\t%s\n' "$ends" "$path" "$soon" >>"$STATUS_CACHE/certificates.$$"
  done
  mv -f "$STATUS_CACHE/certificates.$$" "$STATUS_CACHE/certificates"
}

# A path each, a line each, of files that nginx reads.
list_certificates() {
  find "$HOST_ROOT/etc/letsencrypt/live" -mindepth 2 -maxdepth 2 -name fullchain.pem 2>/dev/null || :
  # What became a pipe would be waited for.
  grep -D skip -hs '^[[:space:]]*ssl_certificate[[:space:]]' "$HOST_ROOT/etc/nginx/nginx.conf" "$HOST_ROOT"/etc/nginx/keelson.d/*.conf "$HOST_ROOT"/etc/nginx/keelson.d/*.tls "$HOST_ROOT"/etc/nginx/keelson.d/*/*.conf \
    "$HOST_ROOT"/etc/nginx/conf.d/*.conf "$HOST_ROOT"/etc/nginx/sites-enabled/* |
    sed -n 's/^[[:space:]]*ssl_certificate[[:space:]][[:space:]]*"\{0,1\}\(\/[^;"$]*\)"\{0,1\};.*/\1/p' || :
}

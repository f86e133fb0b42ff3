# Certificates that end soon, of sites and of certbot: once a day, by keelson-certificates.timer.

tell_certificates() {
  [ -d "$STATUS_CACHE" ] || mkdir -p "$STATUS_CACHE"
  rm -f "$STATUS_CACHE/certificates"
  refresh_certificates
  today=$(date +%s)
  while IFS=$TAB read -r ends path soon; do
    days=$(((ends - today) / 86400)) day=$(date -u -d "@$ends" +%F)
    if [ "$ends" -le "$today" ]; then alert certificate "$path" "has ended on $day" </dev/null
    elif [ "$days" -lt "${soon:-$CERTIFICATE_DAYS}" ]; then alert certificate "$path" "ends in $days days, on $day" </dev/null
    fi
  done <"$STATUS_CACHE/certificates"
}

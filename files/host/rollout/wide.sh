# An app that listens on all addresses, as app.listen(PORT) does, would be asked past nginx if the packet filter did not
# close its ports. It is told so once, and again when that has changed.

# Usage: say_wide PORT. Of the instance that was asked last; listeners has what ss said of its port.
say_wide() {
  case $type/$listen in web/port | tcp/port) ;; *) return 0 ;; esac
  told_wide=''
  case ${listeners:-} in
    *" *:$1 "* | *" 0.0.0.0:$1 "* | *" [::]:$1 "*)
      told_wide="rollout $app: it listens on all addresses; the packet filter closes its ports to the network, but let it listen at HOST, as in listen(PORT, HOST)"
      ;;
  esac
  others=''
  [ -z "${main:-}" ] || for elsewhere in $(addresses_of "$main"); do
    case $elsewhere in *":$1" | 127.* | '[::1]:'*) ;; *) others="${others:+$others, }$elsewhere" ;; esac
  done
  [ -z "$others" ] ||
    told_wide="${told_wide:+$told_wide$NEWLINE}rollout $app: it listens on $others too, which is open to the network but for a firewall; let it listen on 127.0.0.1 there, or close the port"
  if [ -z "$told_wide" ]; then
    rm -f "$place/wide"
  elif [ "$told_wide" != "$(cat "$place/wide" 2>/dev/null)" ]; then
    printf '%s\n' "$told_wide" >"$place/wide"
    while IFS= read -r told_line; do say warn "$told_line"; done <"$place/wide"
  fi
}

# Asks an instance for its health; over HTTP as the world does: by a name of its site, and as over https, which ends in
# front of nginx. An app that sends everybody else there would answer with a redirect to any other question.

# Bytes: what is read of an answer.
ANSWER_LIMIT=1048576

# Usage: ask INSTANCE. As root, who passes the drain. Sets answer, what was asked and what came, and got, empty where
# nothing came, and silent where it has not even begun to answer, and may hang. An answer that is longer than ANSWER_LIMIT
# is judged by its beginning: what is written lies in memory.
ask() {
  location='' silent=no
  case $health in
    tcp) converse "$(port_of "$1")" ;;
    *) ask_http "$1" ;;
  esac
}

# Instances that are numbered listen at a port each, from that of the first on; others are named by theirs.
port_of() { if [ -n "$first_port" ]; then echo $((first_port - 1 + ${1#*@})); else echo "$1"; fi; }

# Usage: ask_http PORT
ask_http() {
  : >"$work/answer"
  url=http://127.0.0.1:$1$path
  # Who waits for a redirect may wait for the one to https.
  case $status in 3??) scheme='' ;; *) scheme=' https' ;; esac
  asked="$url (Host: $host${scheme:+, X-Forwarded-Proto:$scheme})"
  got=$(
    trap '' XFSZ
    ulimit -f "$((ANSWER_LIMIT / 512))"
    curl -sS --noproxy '*' --max-time "$((start < patience ? start : patience))" -o "$work/answer" \
      -w '%{http_code} %header{location}\n%header{server-timing}' \
      -H "Host: $host" -H "X-Forwarded-Proto:$scheme" "$url" 2>/dev/null
  ) && result=0 || result=$?
  timing=${got#*"$NEWLINE"} got=${got%%"$NEWLINE"*}
  location=${got#"${got%% *}"} location=${location# } got=${got%% *}
  [ "$result/$got" != 28/000 ] || silent=yes
  case $result/$got in
    0/"$status" | 23/"$status")
      if [ -z "$text" ] || grep -aqF -e "$text" "$work/answer"; then return 0; fi
      answer="answered $status to $asked, but without \"$text\""
      ;;
    0/* | 23/*) answer="answered $got, not $status, to $asked" ;;
    7/*) answer="did not listen on 127.0.0.1:$1" got='' ;;
    28/*) answer="gave no answer to $asked" got='' ;;
    *) answer="broke the connection that asked for $asked" got='' ;;
  esac
  return 1
}

# Where the answer is the reason, what it said: where it leads, and the first line that it shows.
answer_said() {
  [ -n "${got:-}" ] && [ -n "$answer" ] || return 0
  case $reason in *"$answer"*) ;; *) return 0 ;; esac
  {
    [ -z "$location" ] || printf 'Location: %s\n' "$location"
    head -c 4096 "$work/answer" | tr -d '\000' | sed -n '/[^[:space:]]/ { p; q; }'
  } | cut_secrets "${app:-}" | cut -c 1-300 | sed 's/^/    /'
}

# Asks an instance in a conversation over TCP: what is sent to it, and what its answer must hold; and one that nobody can
# ask, by the file that it touches.

# Usage: converse PORT. Sets answer, and got, as ask_http does. bash, which every Debian has, opens the connection: curl's
# telnet takes some bytes for commands, and there is no other program for it without a package more.
converse() {
  : >"$work/answer"
  asked="127.0.0.1:$1${send:+ that was sent \"$send\"}" got=''
  # shellcheck disable=SC2016 # bash expands it
  timeout "$((start < patience ? start : patience))" bash -c '
    trap "" PIPE XFSZ
    ulimit -f "$5"
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 7
    printf %b "$2" >&3
    [ -n "$3" ] || exit 0
    cat <&3 >"$4" &
    trap "kill $! 2>/dev/null" EXIT
    until grep -aqF -e "$3" "$4"; do
      # What came between the last look and the end is looked at, too.
      kill -0 $! || exec grep -aqF -e "$3" "$4"
      sleep 0.05
    done' converse "$1" "$send" "$expect" "$work/answer" "$((ANSWER_LIMIT / 1024))" >/dev/null 2>&1 && return 0 || result=$?
  [ ! -s "$work/answer" ] || got=some
  [ "$result$got" != 124 ] || silent=yes
  case $result in
    7) answer="did not listen on 127.0.0.1:$1" ;;
    124) answer="gave no answer with \"$expect\" on $asked" ;;
    *) answer="ended the connection to $asked without \"$expect\"" ;;
  esac
  return 1
}

# Usage: beats SECONDS. Whether its process, $main, has touched its file since then. The file lies where that process sees
# it: each instance has a /tmp of its own. Sets answer, and got.
beats() {
  got=''
  touched=$(stat -c %Y "/proc/$main/root$path" 2>/dev/null) || touched=''
  [ -n "$touched" ] || { answer="has not touched $path" && return 1; }
  [ "$touched" -lt "$1" ] || return 0
  answer="has not touched $path for $(($(date +%s) - touched)) s"
  return 1
}

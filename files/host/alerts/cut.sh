# Secrets are cut out of what is told: an app may say them as it ends.

APPS_CONFIG=/etc/keelson

# Usage: cut_secrets APP < TEXT. Puts [secret NAME] for the values of secrets that the host knows: those of the app's
# environment and its credentials, and those of the server. Each as it is, each of its lines, the password in a URL, and all as a URL has
# them; those of fewer than six characters stand in too much else.
cut_secrets() {
  environment=$APPS_CONFIG/$1/environment named=$APPS_CONFIG/$1/secrets
  if [ -z "$1" ] || [ ! -r "$environment" ] || [ ! -r "$named" ]; then environment='' named=''; fi
  loaded=$APPS_CONFIG/credentials.d/${1:-.}
  set -- "$CHANNELS"/*
  [ -r "$1" ] || set --
  set -- part=server "$@"
  for of_loaded in "$loaded"/*; do
    [ ! -f "$of_loaded" ] || set -- part=credential "$of_loaded" "$@"
  done
  awk '
    BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
    part == "names" { secret[$0]; next }
    part == "environment" { read_assignment($0 "\n"); next }
    part == "credential" { name = FILENAME; sub(/.*\//, "", name); add(name, $0); next }
    part == "server" { if (match($0, /^secret\.[A-Za-z]+=/)) add(substr($0, 8, RLENGTH - 8), substr($0, RLENGTH + 1)); next }
    { print cut($0) }
    function read_assignment(line,  i, c) {
      if (variable == "") {
        if (!match(line, /^[A-Za-z_][A-Za-z0-9_]*="/)) return
        variable = substr(line, 1, RLENGTH - 2); value = ""; line = substr(line, RLENGTH + 1)
      }
      for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\\") { i++; value = value substr(line, i, 1) }
        else if (c == "\"") { if (variable in secret) add(variable, value); variable = ""; return }
        else value = value c
      }
    }
    function add(name, value,  line, n, i, rest) {
      n = split(value, line, "\n")
      for (i = 1; i <= n; i++) { know(name, line[i]); know(name, in_url(line[i])) }
      if (match(value, /:\/\/[^\/@:]*:[^\/@]+@/)) {
        rest = substr(value, RSTART + 3, RLENGTH - 4); know(name, substr(rest, index(rest, ":") + 1))
      }
    }
    # The longest first: one may be a part of another.
    function know(name, value,  i) {
      if (length(value) < 6) return
      for (i = ++count; i > 1 && length(known[i - 1]) < length(value); i--) { known[i] = known[i - 1]; called[i] = called[i - 1] }
      known[i] = value; called[i] = name
    }
    function in_url(value,  i, c, out) {
      for (i = 1; i <= length(value); i++) { c = substr(value, i, 1)
        out = out (c ~ /[A-Za-z0-9._~-]/ ? c : sprintf("%%%02X", code[c])) }
      return out
    }
    function cut(text,  i, at, done) {
      for (i = 1; i <= count; i++) {
        done = ""
        while (at = index(text, known[i])) { done = done substr(text, 1, at - 1) "[secret " called[i] "]"; text = substr(text, at + length(known[i])) }
        text = done text
      }
      return text
    }' part=names ${named:+"$named"} part=environment ${environment:+"$environment"} \
    "$@" part=text -
}

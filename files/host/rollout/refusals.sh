# What the sandbox refuses comes to an app as an error of its own: a number, a path. The setting that would allow it is
# named where the last words of a release that failed have the mark of one. So is what was built for another machine.

# Adds to $reason what $evidence has the mark of. No process where there is none.
name_refusal() {
  case $reason$evidence in
    *'system error 97'* | *EAFNOSUPPORT* | *'ddress family not supported'*) ;;
    *EROFS* | *ead-only\ file\ system* | *EPERM* | *EACCES* | *ENOENT*) ;;
    *'signal 31'* | *SYS* | *'WebAssembly is not defined'* | *'No usable sandbox'*) ;;
    *'invalid ELF header'* | *NODE_MODULE_VERSION* | *'.node: cannot open shared object'*) ;;
    *EXDEV* | *SQLITE_* | *'readonly database'* | *'unable to open database'*) ;;
    *) return 0 ;;
  esac
  allowed_by=$(
    {
      cat "$(unit_file)" 2>/dev/null || :
      printf '%s\n' 'last words' "$reason" "$evidence"
    } | read_refusal
  )
  [ -z "$allowed_by" ] || reason="$reason; $allowed_by"
}

# What an app says may be anything: of it a path of plain letters is told, and nothing else.
# Usage: read_refusal < UNIT-FILE, "last words" AND LINES
read_refusal() {
  awk -v app="$app" -v home="$home" -v real="$real" -v q="'" '
    !words && $0 == "last words" { words = 1; next }
    !words { if (/^RestrictAddressFamilies=/) families = $0
      else if (/^IPAddressDeny=/) confined = 1
      else if (/^MemoryDenyWriteExecute=yes/) jitless = 1
      next }
    /system error 97|EAFNOSUPPORT|[Aa]ddress family not supported/ {
      if (families !~ /AF_NETLINK/) say(2, setting("sandbox.netlink: true") " lets it list the network interfaces")
      else if (families !~ /AF_INET/) say(2, setting("sandbox.network: any") " lets it reach others")
      next }
    /(connect|send[a-z]*|write) (EPERM|EACCES)/ {
      if (confined) say(2, setting("sandbox.network: any") " lets it reach others")
      next }
    /listen EACCES/ { say(2, "it may not listen at a port below 1024; let it listen at PORT, where nginx asks"); next }
    /WebAssembly is not defined/ { if (jitless) say(2, setting("sandbox.jit: true") " lets it run WebAssembly"); next }
    # Most of what people install on a Mac, or with the Node.js of their desk.
    /[.]node: (invalid ELF header|cannot open shared object)/ { say(2, "a module of it was built for another system or processor; " \
      "install its dependencies on Linux of the kind of the server"); next }
    /different Node.js version/ || (/NODE_MODULE_VERSION/ && /compiled/) { say(2, "a module of it was built for another version of Node.js; " \
      "install its dependencies with the one that runs it, or name theirs as " setting("node")); next }
    # A browser starts each page in namespaces of its own.
    /No usable sandbox/ { say(2, "its browser may make no sandbox within this one; start it with --no-sandbox"); next }
    /EXDEV/ { say(2, "it moves a file from one of its directories to another, which are mounts of their own; copy it, or let " \
      setting("env.TMPDIR") " lie in that one"); next }
    /SQLITE_(READONLY|CANTOPEN)|readonly database|unable to open database/ { say(1, "it may not write a database there; " \
      setting("data") " gives it directories, " setting("linked") " keeps paths of the release outside of it"); next }
    /EPERM.* l?f?chown/ { say(2, setting("sandbox.calls: [\"@chown\"]") " lets it change owners"); next }
    /(EROFS|EACCES|EPERM|ENOENT): [^,]*, [a-z]+ / && path_of($0) { refused_path(); next }
    /etpriority.*(EPERM|EACCES)/ { say(2, setting("sandbox.calls: [\"@resources\"]") " lets it change priorities"); next }
    /EROFS|[Rr]ead-only file system/ { say(1, "it may write no files but its own; " setting("linked") " keeps paths of the release outside of it, " \
      setting("sandbox.writable") " allows others") }
    /signal 31|status=31\/SYS/ { say(1, "it used a system call that its sandbox refuses; " setting("sandbox.calls") " allows more of them") }
    END { print told }

    function setting(name) { return "apps." app "." name }
    # The last of the surest marks counts.
    function say(weight, text) { if (weight >= weight_told) { told = text; weight_told = weight } }

    # Sets mark, call and path as Node.js words them: EROFS: read-only file system, open (path in quotes)
    function path_of(line,  rest) {
      match(line, /(EROFS|EACCES|EPERM|ENOENT): /)
      rest = substr(line, RSTART)
      mark = substr(rest, 1, index(rest, ":") - 1)
      rest = substr(rest, index(rest, ", ") + 2)
      call = substr(rest, 1, index(rest, " ") - 1)
      # Of two paths the second one is written to.
      if (call ~ /^(rename|link|symlink|copyfile)$/ && index(rest, q " -> " q)) rest = substr(rest, index(rest, q " -> " q) + 5)
      if (!index(rest, q)) return 0
      rest = substr(rest, index(rest, q) + 1)
      path = substr(rest, 1, index(rest, q) - 1)
      return path ~ /^[A-Za-z0-9._@+\/ -]+$/ && length(path) <= 255
    }
    function refused_path(  inner, kept) {
      # A file that is missing is missing; a directory that cannot be made is refused.
      if (mark == "ENOENT" && call != "mkdir") return
      inner = inner_path(path)
      # Beside what was built, which a link would stand for.
      if (match(inner, /(^|\/)\.next\/server\/route-cache/))
        say(2, setting("scratch: [" substr(inner, 1, RSTART + RLENGTH - 1) "]") " lets Next.js keep the pages there that it renews")
      else if (inner ~ /(^|\/)\.next\/server\//)
        say(2, "Next.js may not write pages that it renews in its release; with experimental.isrFlushToDisk: false it keeps them in memory")
      else if (inner != "") {
        kept = call == "mkdir" ? inner : above(inner)
        say(2, "it may not write " inner " in its release; " \
          (kept == "" ? setting("data") " gives it directories for its files" : setting("linked: [" kept "]") " keeps that outside of it"))
      } else if (path ~ /^\/(home|root|nonexistent)(\/|$)/)
        say(2, "it may not use " path "; its own home is HOME, and " setting("data") " gives it directories")
      else if (path ~ /^\// && path !~ /^\/(var\/)?tmp\// && mark != "EPERM" && index(path "/", home "/") != 1)
        say(2, "it may not write " path "; " setting("sandbox.writable: [" (call == "mkdir" || above(path) == "" ? path : above(path)) "]") " allows it, where its mode does")
    }
    function above(of) { return sub(/\/[^\/]*$/, "", of) ? of : "" }
    # Of a path in the release; a relative one is.
    function inner_path(of,  rest) {
      if (of !~ /^\//) { sub(/^(\.\/)+/, "", of); return of ~ /(^|\/)\.\.(\/|$)/ ? "" : of }
      rest = of
      if (index(of, real "/releases/") == 1) rest = substr(of, length(real "/releases/") + 1)
      else if (index(of, home "/releases/") == 1) rest = substr(of, length(home "/releases/") + 1)
      else if (index(of, home "/current/") == 1) return substr(of, length(home "/current/") + 1)
      if (rest == of) return ""
      return sub(/^[^\/]*\//, "", rest) ? rest : ""
    }'
}

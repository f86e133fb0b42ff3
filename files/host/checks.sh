# Runs each service's own check on /etc as it will be, before any of it takes effect: in a mount namespace of its
# own a copy with the staged files lies over /etc. The checks are in files/host/checks/.

check_files() {
  list_checks
  [ -s "$work/checks" ] || return 0
  cp -a /etc "$work/etc"
  while IFS="$TAB" read -r kind staged path <&3; do
    case $path in /etc/*) ;; *) continue ;; esac
    rm -rf "$work$path"
    case $kind in
      # It is in the copy already, beside its place, where a program that reads all of a directory would find it too.
      file) mv -T "$work$staged" "$work$path" ;;
      link) mkdir -p "$work${path%/*}" && ln -s "$staged" "$work$path" ;;
    esac
  done 3<"$work/swap"
  if ! (run_checks) >"$work/complaints" 2>&1; then
    drop_stages
    fail "refused, nothing was changed:
$(tail -n 20 "$work/complaints")"
  fi
  rm -rf "${work:?}/etc"
}

# CHECK<TAB>PATH of the files that are about to be swapped, and CHECK<TAB>- of those that go.
list_checks() {
  awk -F '\t' -v swap="$work/swap" -v obsolete="$work/obsolete" '
    function check(line) { return match(line, /\t@check=[a-z]+/) ? substr(line, RSTART + 8, RLENGTH - 8) : "" }
    BEGIN { while ((getline line < swap) > 0) { split(line, part, "\t"); if (part[3] ~ /^\/etc\//) swapped[part[3]] = 1 }
      while ((getline line < obsolete) > 0) if (check(line) != "") print check(line) "\t-" }
    $1 == "file" && $2 in swapped && check($0) != "" { print check($0) "\t" $2 }' "$work/items" >"$work/checks"
}

run_checks() {
  awk -F '\t' '!seen[$1]++ { print $1 }' "$work/checks" | while read -r check; do
    unshare -m "$HELPER" check "$check" "$work" || exit 1
  done
}

drop_stages() {
  while IFS="$TAB" read -r kind staged path; do
    [ "$kind" != file ] || rm -f "$staged"
  done <"$work/swap"
}

# Runs inside the namespace of its own.
# Usage: check_staged NAME WORK
check_staged() {
  work=$2
  command -v "check_$1" >/dev/null || fail "there is no check $1 in this helper"
  if command -v "before_$1" >/dev/null; then "before_$1" >"$2/complaints.before"; fi
  mount --bind "$2/etc" /etc
  "check_$1" "$2"
}

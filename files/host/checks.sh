# Runs each service's own check on /etc as it will be, before any of it takes effect: in a mount namespace of its
# own a copy with the staged files lies over /etc. The checks are in files/host/checks/.

check_files() {
  list_checks
  [ -s "$work/checks" ] || return 0
  cp -a /etc "$work/etc"
  while IFS="$TAB" read -r kind staged path <&3; do
    case $path in /etc/*) ;; *) continue ;; esac
    ! is_there "$work$path" || rm -rf "$work$path"
    case $kind in
      # It is in the copy already, beside its place, where a program that reads all of a directory would find it too.
      file) mv -T "$work$staged" "$work$path" ;;
      link) mkdir -p "$work${path%/*}" && ln -s "$staged" "$work$path" ;;
    esac
  done 3<"$work/swap"
  if ! (run_checks) >"$work/complaints" 2>&1; then
    drop_stages
    refuse "$(tail -n 20 "$work/complaints")"
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
  unshare -m "$HELPER" check "$(awk -F '\t' '!seen[$1]++ { printf "%s%s", (n++ ? "," : ""), $1 }' "$work/checks")" "$work"
}

drop_stages() {
  while IFS="$TAB" read -r kind staged path; do
    [ "$kind" != file ] || rm -f "$staged"
  done <"$work/swap"
}

# Runs inside the namespace of its own.
# Usage: check_staged NAME,NAME... WORK
check_staged() {
  work=$2
  IFS=,
  # shellcheck disable=SC2086 # names with commas between them
  set -- $1
  unset IFS
  for check; do
    command -v "check_$check" >/dev/null || fail "there is no check $check in this helper"
    if command -v "before_$check" >/dev/null; then "before_$check" >"$work/complaints.$check"; fi
  done
  mount --bind "$work/etc" /etc
  for check; do "check_$check" "$work" || exit 1; done
}

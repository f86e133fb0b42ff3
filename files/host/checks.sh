# Runs each service's own check on /etc as it will be, before any of it takes effect: in a mount namespace of its
# own the staged files lie over /etc. The checks are in files/host/checks/, and read nothing else of /etc.

check_files() {
  list_checks
  checks=''
  [ ! -s "$work/checks" ] || checks=$(awk -F '\t' '!seen[$1]++ { print $1 }' "$work/checks")
  find_blinded
  mend_others "$checks$blinded"
  see_again
  [ -n "$checks" ] || return 0
  find_odd
  if ! (run_checks) >"$work/complaints" 2>&1; then
    drop_stages
    refuse "$(tail -n 20 "$work/complaints")"
  fi
  clear_odd
  for check in $checks; do
    ! command -v "after_$check" >/dev/null || "after_$check"
  done
}

# Whoever reads a pipe waits for a writer that may never come, so that what is checked holds none, and no socket or
# device. Where a service of this manifest would read it in the real /etc, it is told before anything is changed; but
# one in the place of a file of ours goes: it drifted there.
find_odd() {
  odd=$(odd_of -printf '%p\n')
  odd_ours=''
  [ -n "$odd" ] || return 0
  ours=$NEWLINE$(printf '%s\n' "$observed" "$(stored_items)" | cut -f 2)$NEWLINE
  while IFS= read -r path <&3; do
    case $ours in *"$NEWLINE$path$NEWLINE"*) odd_ours=$odd_ours$path$NEWLINE && continue ;; esac
    reader=$(reader_of "$path")
    [ -z "$reader" ] || {
      (drop_stages)
      fail "refused, nothing was changed: $path is neither file nor directory, and $reader would wait for what comes out of it; remove it"
    }
  done 3<<ODD
$odd
ODD
}

# Usage: odd_of ACTION, of find's own
odd_of() { find /etc ! -type f ! -type d ! -type l "$@"; }

# The unit of this manifest that reads a path.
reader_of() {
  printf '%s\n' "$wanted" | awk -F '\t' -v path="$1" '$1 == "unit" { for (i = 3; i <= NF; i++)
    if (index($i, "@config=") == 1) { n = split(substr($i, 9), place, " ")
      while (n) if (index(path, place[n--] "/") == 1) { print $2; exit } } }'
}

# Those that another manifest will replace; until then a service that is told of this one would read them.
clear_odd() {
  while IFS= read -r path <&3; do
    if [ -z "$path" ] || ! is_there "$path" || [ -f "$path" ]; then continue; fi
    case $NEWLINE$(cut -f 3 "$work/swap")$NEWLINE in *"$NEWLINE$path$NEWLINE"*) ;; *) put_aside "$path" ;; esac
  done 3<<ODD
$odd_ours
ODD
}

# CHECK<TAB>PATH of the files that are about to be swapped, and CHECK<TAB>- of those that go, and of what has no check
# itself where a service of this manifest reads it from the same place as files that have one: it reads them all.
list_checks() {
  awk -F '\t' -v swap="$work/swap" -v obsolete="$work/obsolete" '
    function below(path, top) { return path == top || index(path, top "/") == 1 }
    function check(line) { return match(line, /\t@check=[a-z]+/) ? substr(line, RSTART + 8, RLENGTH - 8) : "" }
    BEGIN { while ((getline line < swap) > 0) { split(line, part, "\t"); if (part[3] ~ /^\/etc\//) swapped[part[3]] = 1 }
      while ((getline line < obsolete) > 0) if (check(line) != "") print check(line) "\t-" }
    NR == FNR {
      if ($1 == "file" && check($0) != "") checked[$2] = check($0)
      if ($1 == "unit") for (i = 3; i <= NF; i++) if (sub(/^@config=/, "", $i)) {
        n = split($i, part, " ")
        while (n) place[++places] = part[n--] }
      next }
    !($2 in swapped) { next }
    $2 in checked { print checked[$2] "\t" $2; next }
    { for (i = 1; i <= places; i++) if (below($2, place[i])) for (path in checked)
      if (below(path, place[i])) print checked[path] "\t-" }' "$work/items" "$work/items" >"$work/checks"
}

# Sets blinded: the checks of what reads the files of other manifests as well, and of which an item differs: it may see
# nothing for one of those; and blind, those kinds.
find_blinded() {
  blinded='' blind=' '
  for kind in $KINDS; do
    eval "reader=\${reader_$kind:-}"
    [ -z "$reader" ] ||
      case $rows in *"$TAB$kind$TAB"*) blinded=$blinded$NEWLINE$reader blind="$blind$kind " ;; esac
  done
}

# What differed only since it was not seen differs no more when the file of another manifest is mended.
see_again() {
  if [ "$blind" = ' ' ] || [ ! -s "$work/others" ]; then return 0; fi
  again=$(look_at_items apply && printf '%s' "$rows") || exit 1
  differing=$({
    printf '%s' "$rows" | awk -F '\t' -v blind="$blind" '!index(blind, " " $2 " ")'
    printf '%s' "$again" | awk -F '\t' -v blind="$blind" 'index(blind, " " $2 " ")'
  } | grep . || :)
  rows=$NEWLINE${differing:+$differing$NEWLINE}
}

run_checks() {
  # shellcheck disable=SC2086 # words
  limited "$CHECK_LIMIT" unshare -m "$HELPER" check "$work" $checks && return 0
  [ "$limit_passed" = no ] || echo "the check $(cat "$work/checking") had no end"
  return 1
}

drop_stages() {
  while IFS="$TAB" read -r kind staged path; do
    [ "$kind" != file ] || rm -f "$staged"
  done <"$work/swap"
}

# Runs inside the namespace of its own.
# Usage: check_staged WORK NAME...
check_staged() {
  work=$1
  shift
  for check; do
    command -v "check_$check" >/dev/null || fail "there is no check $check in this helper"
  done
  cover_etc
  for check; do
    if command -v "before_$check" >/dev/null; then begin_check "$check" && "before_$check" >"$work/complaints.$check"; fi
  done
  # What is immutable stays so in a layer.
  [ "$layered" = no ] || swap_in_cover 2>/dev/null || cover_with_copy
  [ "$layered" = yes ] || swap_in_cover
  for check; do
    begin_check "$check"
    "check_$check" "$work" || exit 1
  done
}

# Which one is asked, should it have no end.
begin_check() { printf '%s\n' "$1" >"$work/checking"; }

# From here on what is written to /etc is written beside it: to a layer over it, which costs nothing, or else to a copy.
cover_etc() {
  mkdir "$work/layer" "$work/layer/etc" "$work/layer/work"
  layers="lowerdir=/etc,upperdir=$work/layer/etc,workdir=$work/layer/work"
  layered=no
  # It hides what is mounted below /etc, and not every kernel has one.
  if ! grep -q ' /etc/' /proc/self/mounts && mount -t overlay -o "$layers" overlay /etc 2>/dev/null; then
    layered=yes
    odd_of -delete 2>/dev/null || cover_with_copy
  else
    cover_with_copy
  fi
}

cover_with_copy() {
  [ "$layered" = no ] || umount /etc
  layered=no
  cp -a /etc "$work/layer/copy"
  mount --bind "$work/layer/copy" /etc || fail 'nothing can be laid over /etc for the checks'
  odd_of -delete
}

# Fails where something is in the way that nobody may take away.
swap_in_cover() {
  while IFS="$TAB" read -r kind staged path <&3; do
    case $path in /etc/*) ;; *) continue ;; esac
    ! is_there "$path" || rm -rf "$path" || return 1
    case $kind in
      # It is there already, beside its place, where a program that reads all of a directory would find it too.
      file) mv -T "$staged" "$path" || return 1 ;;
      link) mkdir -p "${path%/*}" && ln -s "$staged" "$path" || return 1 ;;
    esac
  done 3<"$work/swap"
}

# Applies one manifest as one transaction: look, stage, check, swap, tell the services, look again.

apply_manifest() {
  cat >"$work/manifest"
  read_manifest
  take_lock
  await_rollouts
  stored=$STATE/manifests/$manifest
  pending=$STATE/pending/$manifest
  [ -f "$stored" ] || { touch "$work/none" && stored=$work/none; }
  log_unfinished
  look
  drop_arrivals
  if cmp -s "$work/manifest" "$stored" && [ ! -s "$work/differences" ] && [ ! -f "$pending" ]; then return 0; fi
  refuse_foreign
  # What is being applied, and why, is noted first, so that a run that dies leaves word of what it may
  # have made.
  cat "$work/manifest" "$work/differences" >"$work/pending"
  install_durably "$work/pending" "$pending"
  collect_obsolete
  converge
  look
  refuse_remains
  install_durably "$work/manifest" "$STATE/manifests/$manifest"
  [ ! -f "$LOG" ] || sync "$LOG"
  rm -f "$pending"
}

# What a run that died had changed without living to log it: what differed then, and is by now as it wanted it.
log_unfinished() {
  [ -f "$pending" ] || return 0
  (
    mkdir "$work/unfinished" && work=$work/unfinished
    run=$(sed -n '2s/^run //p' "$pending")
    item_lines "$pending" >"$work/items"
    sed '1,/^end$/d' "$pending" >"$work/planned"
    look
    awk -F '\t' 'NR == FNR { open[$2 FS $3 FS $4] = 1; next } !(($2 FS $3 FS $4) in open)' \
      "$work/differences" "$work/planned" >"$work/done"
    in_words "$work/planned" "$work/done" | while IFS= read -r line; do
      grep -qsF -e " $run $manifest $line" "$LOG" "$LOG.1" || log_line "$line"
    done
  )
}

# The item lines of a manifest, without content.
item_lines() { sed '1,/^$/d; /^end$/,$d; /^|/d' "$1"; }

# What was sent once more though it is here, as after the loss of Pulumi's state.
drop_arrivals() {
  awk -F '\t' '$1 == "blob" { print $2 }' "$work/items" | while read -r hash; do
    differs blob "$hash" state || rm -f "$STATE/incoming/$hash"
  done
}

# Splits the text into item lines and the content of the n-th item.
read_manifest() {
  [ "$(tail -n 1 "$work/manifest")" = end ] || fail "the manifest was cut on its way; run up again"
  manifest=$(sed -n '1s/^keelson 1 //p' "$work/manifest")
  [ -n "$manifest" ] || fail "this is not a manifest of version 1"
  run=$(sed -n '2s/^run //p' "$work/manifest")
  mkdir "$work/content"
  sed '1,/^$/d' "$work/manifest" | awk -v dir="$work/content" -v items="$work/items" '
    BEGIN { printf "" >items }
    /^\|/ { print substr($0, 2) >(dir "/" n); next }
    /^end$/ { exit }
    { if (n) close(dir "/" n); n++; print >items }'
}

observe_items() { sed "1i manifest\t$manifest" "$work/items" | observe; }

# Writes differences: KIND NAME KEY FROM TO, with ORIGIN (drift or change) in front.
look() {
  observe_items >"$work/observed"
  item_lines "$stored" >"$work/before"
  : >"$work/left"
  [ ! -f "$pending" ] || item_lines "$pending" >"$work/left"
  awk -F '\t' -v observed="$work/observed" -v before="$work/before" -v unfinished="$work/left" '
    function read_lines(path, into,  line, part) {
      while ((getline line < path) > 0) if (split(line, part, "\t") > 1) into[part[1] "\t" part[2]] = line
    }
    function read_state(line, into,  part, n, i) {
      n = split(line, part, "\t")
      for (i = 3; i <= n; i++) if (part[i] !~ /^@/) {
        at = index(part[i], "="); into[substr(part[i], 1, at - 1)] = substr(part[i], at + 1) }
    }
    function row(origin, k, from, to) { print origin "\t" $1 "\t" $2 "\t" k "\t" from "\t" to }
    # Drift is what differs from what was applied last, unless a run that died, or a release that failed,
    # left it so, or wrote what a service was not told any more; what drifted may have to change as well.
    function tell(k, from, to) {
      if (k == "state" || k == "type") row(known ? "drift" : "change", k, from, to)
      else if (!known || (k in left && left[k] == from) || (k == "config" && begun[id] != "")) row("change", k, from, to)
      else if (!(k in was)) row(k in want ? "change" : "drift", k, from, to)
      else if (was[k] == from) row("change", k, from, to)
      else { row("drift", k, from, was[k]); if (was[k] != to) row("change", k, was[k], to) }
    }
    BEGIN { read_lines(observed, seen); read_lines(before, old); read_lines(unfinished, begun) }
    {
      id = $1 "\t" $2; known = id in old
      if (!(id in seen)) { print "keelson: nothing could be found out about " $1 " " $2 >"/dev/stderr"; exit 1 }
      split("", want); split("", have); split("", was); split("", left)
      read_state($0, want); read_state(seen[id], have); read_state(old[id], was); read_state(begun[id], left)
      # Of a thing that is missing, or is something else, that is the one difference worth telling.
      if ("state" in have && have["state"] == "missing" && !("state" in want)) { split("", want); want["state"] = "present" }
      if ("type" in have) { type = have["type"]; split("", want); split("", have); have["type"] = type; want["type"] = $1 }
      for (k in want) if (!(k in have) || want[k] != have[k]) tell(k, have[k], want[k])
      for (k in have) if (!(k in want)) tell(k, have[k], "")
    }' "$work/items" | LC_ALL=C sort -t "$TAB" -k 2,4 -k 1,1r >"$work/differences"
}

# KIND NAME of what this manifest owned and no longer names.
collect_obsolete() {
  awk -F '\t' -v items="$work/items" '
    BEGIN { while ((getline line < items) > 0) { split(line, part, "\t"); wanted[part[1] "\t" part[2]] = 1 } }
    NF < 2 || ($1 "\t" $2) in wanted { next }
    { print }' "$work/before" >"$work/obsolete"
}

# The order in which things of different kinds can be made: what is owned comes after its owner.
converge() {
  : >"$work/touched"
  apply_packages
  each_different group apply_group
  each_different user apply_user
  each_different directory apply_directory
  each_different blob apply_blob
  each_different tree apply_tree
  stop_obsolete_units
  apply_files
  each_different sysctl apply_sysctl
  each_different setting apply_setting
  apply_units
  wait_for_monitors
  tell_differences monitor
  each_different rollout apply_rollout
  each_different instances apply_instances
  remove_obsolete
}

# What of a manifest still differs after all was done is an error, never a silent half success.
refuse_remains() {
  [ -s "$work/differences" ] || return 0
  tell_remains
  fail "$(awk -F '\t' '{ printf "%s%s %s: %s is %s, not %s", (NR > 1 ? "; " : ""), $2, $3, $4, ($5 == "" ? "unset" : $5), $6 }' \
    "$work/differences"); something on the host sets it back"
}

# The log has just said of each that it was repaired, or changed.
tell_remains() {
  awk -F '\t' '{ printf "change %s %s: %s is still %s\n", $2, $3, ($4 == "sha256" ? "content" : $4), ($4 == "sha256" ? "another" : $5 == "" ? "none" : $5) }' \
    "$work/differences" | tell
}

# Calls FUNCTION LINE ORIGIN for each item of a kind that differs, a directory before what lies in it.
# A loop in this shell, so that it can fail.
each_different() {
  awk -F '\t' -v kind="$1" -v differences="$work/differences" '
    BEGIN { while ((getline line < differences) > 0) { split(line, part, "\t"); id = part[2] "\t" part[3]
      if (origin[id] != "drift") origin[id] = part[1] } }
    $1 == kind && ($1 "\t" $2) in origin { print origin[$1 "\t" $2] "\t" $0 }' "$work/items" |
    LC_ALL=C sort -t "$TAB" -k 3,3 >"$work/each.$1"
  while IFS= read -r each_line <&3; do
    "$2" "${each_line#*"$TAB"}" "${each_line%%"$TAB"*}" 3<&-
  done 3<"$work/each.$1"
  tell_differences "$1"
}

# Logs the differences of a kind in words.
tell_differences() {
  awk -F '\t' -v kind="$1" '$2 == kind' "$work/differences" >"$work/of-kind"
  in_words "$work/differences" "$work/of-kind" | tell
}

# Usage: in_words ALL SOME. Differences, some of all, as they are logged: "mode 0666 → 0644".
# Not what only follows from another difference: a file that was touched makes its service's config
# stale, a unit's file makes systemd ask for a reload, a Monit that is down or cannot read its
# configuration tells nothing.
# `withoutEchoes` in components/host/drift.ts has the same rules.
in_words() {
  gone=$(grep -cE "^(file|link)$TAB" "$work/obsolete" 2>/dev/null || :)
  awk -F '\t' -v items="$work/items" -v files="${gone#0}" '
    BEGIN { while ((getline line < items) > 0) if (line ~ /\t@secret=/) { split(line, part, "\t"); secret[part[2]] = 1 } }
    function change() { return ($5 == "" ? "none" : $5) " → " ($6 == "" ? "none" : $6) }
    function content() { return $3 in secret || $5 == "" ? "content" : "content " substr($5, 1, 8) " → " substr($6, 1, 8) }
    FNR == 1 { pass++ }
    pass == 1 { if ($2 ~ /^(file|link|absent)$/) { files = files $3 "\n" }; monit += $3 == "monit.service" || $2 ~ /^(file|link|absent|directory)$/; next }
    $2 == "unit" && $4 == "config" && files { next }
    $2 == "unit" && $4 == "reload" && index(files, "/etc/systemd/system/" $3) { next }
    $2 == "monitor" && (($5 == "unknown" && monit) || ($5 == "not loaded" && files)) { next }
    $2 == "rollout" || $2 == "instances" { next }
    { what = $4 == "sha256" ? content() : $4 == "state" && $5 == "missing" ? "created" : $4 " " change()
      printf "%-6s %s %s: %s\n", $1, $2, $3, what }' "$1" "$2"
}

differs() { grep -q "^[a-z]*$TAB$1$TAB$2$TAB$3$TAB" "$work/differences"; }
rows_of() { awk -F '\t' -v kind="$1" -v name="$2" '$2 == kind && $3 == name' "$work/differences"; }
observed_of() { awk -F '\t' -v kind="$1" -v name="$2" '$1 == kind && $2 == name' "$work/observed"; }
touched() { printf '%s\n' "$1" >>"$work/touched"; }

# Usage: install_durably FILE PATH [MODE]. Puts a file in place so that it is there whole or not at all,
# also after a power cut.
install_durably() {
  durable=$(mktemp "${2%/*}/.keelson.XXXXXX")
  cat "$1" >"$durable"
  [ -z "${3:-}" ] || chmod "$3" "$durable"
  sync "$durable"
  mv -fT "$durable" "$2"
}

apply_directory() {
  path=$(item_name "$1")
  make_directory "$path"
  clear_attributes "$path"
  set_ownership "$path" "$1"
  if [ -n "$(field @deep "$1")" ] && { differs directory "$path" owner || differs directory "$path" group; }; then
    chown -Rh "$(field owner "$1"):$(field group "$1")" "$path"
  fi
  [ -z "$(field extra "$(observed_of directory "$path")")" ] || remove_strangers "$path"
}

# A directory at this path, root's alone at first, whatever was there before.
make_directory() {
  if is_directory "$1"; then return 0; fi
  if is_there "$1"; then put_aside "$1"; fi
  mkdir -m 0700 "$1"
}

set_ownership() {
  # The mode comes last: chown clears the set-id bits.
  chown -h "$(field owner "$2"):$(field group "$2")" "$1"
  chmod "$(field mode "$2")" "$1"
}

# Takes away what defeats a mode: ACLs, extended attributes, immutable and append-only flags.
clear_attributes() {
  chattr -ia "$1" 2>/dev/null || :
  ! command -v setfacl >/dev/null || setfacl -bn "$1" 2>/dev/null || :
  command -v getfattr >/dev/null || return 0
  getfattr -h --absolute-names -d -m - "$1" 2>/dev/null | sed -n '/^#/d; s/=.*//p' |
    grep -v '^security.selinux$' | while read -r attribute; do setfattr -h -x "$attribute" "$1"; done
}

# By their real names, which may hold anything; what the observation says of them is for people.
remove_strangers() {
  { cut -f 2 "$work/items" && stored_names; } >"$work/known"
  for stranger in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if is_there "$stranger" && ! is_known "$stranger"; then put_aside "$stranger"; fi
  done
  touched "$1"
}

# To grep each line of a name would be one to look for.
is_known() {
  case $1 in *"$NEWLINE"*) return 1 ;; esac
  grep -qxF -e "$1" "$work/known"
}

# What the kit takes out of its way is kept, so that nothing is ever lost; it is never put back.
put_aside() {
  aside=$STATE/aside$1
  mkdir -p "$STATE/aside" && rm -rf "$aside"
  if mkdir -p "${aside%/*}" 2>/dev/null; then cp -a "$1" "$aside"; fi
  chattr -R -ia "$1" 2>/dev/null || :
  rm -rf "$1"
}

apply_blob() {
  hash=$(item_name "$1")
  arrived=$STATE/incoming/$hash
  [ -f "$arrived" ] || fail "blob $hash did not arrive; run up again"
  # Copied first, so that what is checked is what is kept.
  staged=$(mktemp "$STATE/blobs/.keelson.XXXXXX")
  cat "$arrived" >"$staged"
  case $(blob_hashes "$staged") in
    *"$hash"*) ;;
    *) rm -f "$staged" && fail "what arrived as blob $hash has another SHA-256; run up again" ;;
  esac
  sync "$staged"
  mv -fT "$staged" "$STATE/blobs/$hash"
  # Last: a blob that is touched after this is looked at before it is trusted.
  printf '%s %s\n' "$(field @run "$1")" "$(blob_stamp "$hash")" >"$work/sent"
  install_durably "$work/sent" "$STATE/blobs/$hash.run"
  rm -f "$arrived"
}

apply_tree() {
  path=$(item_name "$1")
  staged=${path%/*}/.keelson.${path##*/}
  rm -rf "${path%/*}"/.keelson.*
  unpack_tree "$1" "$staged"
  sync -f "$staged"
  tree_list "$staged" >"$work/list"
  install_durably "$work/list" "$(tree_record "$path").list"
  if is_directory "$path"; then
    mend_tree "$path" "$staged"
    rm -rf "$staged"
  else
    if is_there "$path"; then put_aside "$path"; fi
    mv -T "$staged" "$path"
    make_newest "$path"
  fi
  tree_stamp "$path" >"$work/stamp"
  install_durably "$work/stamp" "$(tree_record "$path").stamp"
}

# Releases are kept by their age: a clock that was set back must not make the newest the oldest.
make_newest() {
  newest=$(find "${1%/*}" -mindepth 1 -maxdepth 1 -type d ! -path "$1" -printf '%T@\n' | sort -n | tail -n 1)
  [ "$(stat -c %Y "$1")" -gt "${newest%%.*}" ] 2>/dev/null || [ -z "$newest" ] || touch -d "@$((${newest%%.*} + 1))" "$1"
}

# Unpacks a blob with the owner and modes that the item asks for, root's alone until it is whole.
unpack_tree() {
  mkdir -m 0700 "$2"
  blob=$STATE/blobs/$(field @blob "$1")
  # Without names that is everything. Names from the stack file hold no signs that are wildcards.
  field @only "$1" | tr -d '\n' | tr ',' '\0' |
    xargs -0 tar -x -f "$blob" -C "$2" --no-same-owner --no-same-permissions --wildcards \
      --strip-components="$(field @strip "$1")"
  chown -Rh "$(field owner "$1"):$(field group "$1")" "$2"
  find "$2" -type f -perm /0111 -exec chmod "$(field @executables "$1")" {} +
  find "$2" -type f ! -perm /0111 -exec chmod "$(field @files "$1")" {} +
  find "$2" -depth -type d -exec chmod "$(field @directories "$1")" {} +
}

# Mends only what differs, in place: instances that run from this tree keep their directory.
mend_tree() {
  find "$1" -depth \( -name "$ODD" -o -lname "$ODD" \) -exec chattr -R -ia {} + 2>/dev/null || :
  find "$1" -depth \( -name "$ODD" -o -lname "$ODD" \) -exec rm -rf {} +
  tree_differences "$1" >"$work/tree"
  while IFS="$TAB" read -r difference inner; do
    chattr -ia "$1/$inner" 2>/dev/null || :
    case $difference in
      extra) rm -rf "${1:?}/$inner" ;;
      *) mend_tree_path "$1" "$2" "$inner" ;;
    esac
  done <"$work/tree"
}

mend_tree_path() {
  if is_directory "$2/$3"; then
    if ! is_directory "$1/$3"; then
      rm -rf "${1:?}/$3"
      mkdir -m 0700 "$1/$3"
    fi
    clear_attributes "$1/$3"
    chown --reference="$2/$3" "$1/$3"
    chmod --reference="$2/$3" "$1/$3"
  else
    if is_directory "$1/$3"; then rm -rf "${1:?}/$3"; fi
    mv -fT "$2/$3" "$1/$3"
  fi
}

# Files, links and what must be absent: all staged, checked together, then swapped in.
apply_files() {
  sweep_stages
  : >"$work/swap"
  number=0
  while IFS= read -r line <&3; do
    number=$((number + 1))
    case $line in
      file"$TAB"* | link"$TAB"* | absent"$TAB"*) stage_path "$line" "$number" ;;
    esac
  done 3<"$work/items"
  awk -F '\t' '$1 == "file" || $1 == "link" { print "gone\t-\t" $2 }' "$work/obsolete" >>"$work/swap"
  [ ! -s "$work/swap" ] || swap_files
  tell_differences file
  tell_differences link
  tell_differences absent
}

swap_files() {
  check_files
  while IFS="$TAB" read -r action staged path <&3; do
    swap_path "$action" "$staged" "$path"
  done 3<"$work/swap"
}

# What a run that was killed left beside its targets.
sweep_stages() {
  awk -F '\t' '$1 == "file" || $1 == "link" { sub(/\/[^\/]*$/, "", $2); print $2 }' "$work/items" | sort -u |
    lines_to_args sh -c 'exec find "$@" -mindepth 1 -maxdepth 1 \( -name "keelson.*.dpkg-new" -o -name "*.keelson-new" \) -delete' sh
}

stage_path() {
  path=$(item_name "$1") kind=${1%%"$TAB"*}
  grep -q "^[a-z]*$TAB$kind$TAB$path$TAB" "$work/differences" || return 0
  case $kind in
    absent) printf 'absent\t-\t%s\n' "$path" ;;
    link) printf 'link\t%s\t%s\n' "$(field target "$1")" "$path" ;;
    file) stage_file "$1" "$2" ;;
  esac >>"$work/swap"
}

# A file whose content is right keeps its inode; else it is written anew beside its target.
stage_file() {
  if ! grep "^[a-z]*${TAB}file$TAB$path$TAB" "$work/differences" | cut -f 4 | grep -qvxE 'owner|group|mode|acl|xattr|flags'; then
    clear_attributes "$path"
    set_ownership "$path" "$1"
    return 0
  fi
  # A name that logrotate, nginx, sudo and systemd pass by: no leading dot, or logrotate reads it.
  staged=$(mktemp "${path%/*}/keelson.XXXXXX.dpkg-new")
  set_ownership "$staged" "$1"
  cat "$work/content/$2" >"$staged"
  sync "$staged"
  printf 'file\t%s\t%s\n' "$staged" "$path"
}

swap_path() {
  case $1 in
    file | link | absent) keep_original "$3" ;;
  esac
  chattr -ia "$3" 2>/dev/null || :
  case $1 in
    file | link) if is_directory "$3"; then put_aside "$3"; fi ;;
  esac
  case $1 in
    file) mv -fT "$2" "$3" ;;
    link) ln -sfnT "$2" "$3.keelson-new" && mv -fT "$3.keelson-new" "$3" ;;
    absent) put_aside "$3" ;;
    gone) remove_file "$3" ;;
  esac
  touched "$3"
}

# What was there before the kit first wrote a path is kept, and put back when the kit goes.
keep_original() {
  is_there "$1" || return 0
  ! is_there "$STATE/originals$1" || return 0
  ! stored_names | grep -qxF -e "$1" || return 0
  # Of ours, from before the host's memory was lost.
  if [ -f "$1" ] && grep -qs "$OURS" "$1"; then return 0; fi
  mkdir -p "$STATE/originals${1%/*}"
  cp -a "$1" "$STATE/originals$1"
  sync -f "$STATE"
}

restore_original() {
  is_there "$STATE/originals$1" || return 0
  [ -d "${1%/*}" ] || return 0
  cp -a "$STATE/originals$1" "$1.keelson-new"
  # Before the only other copy goes.
  sync -f "${1%/*}"
  mv -fT "$1.keelson-new" "$1"
  sync -f "${1%/*}"
  rm -rf "$STATE/originals$1"
}

# Runs each service's own check on /etc as it will be, before any of it takes effect: in a mount
# namespace of its own a copy with the staged files lies over /etc.
check_files() {
  awk -F '\t' -v swap="$work/swap" '
    BEGIN { while ((getline line < swap) > 0) { split(line, part, "\t"); if (part[3] ~ /^\/etc\//) swapped[part[3]] = 1 } }
    $1 == "file" && $2 in swapped && match($0, /\t@check=[a-z]+/) { print substr($0, RSTART + 8, RLENGTH - 8) "\t" $2; delete swapped[$2] }' \
    "$work/items" >"$work/checks"
  awk -F '\t' -v obsolete="$work/obsolete" 'BEGIN { while ((getline line < obsolete) > 0)
      if (match(line, /\t@check=[a-z]+/)) { check = substr(line, RSTART + 8, RLENGTH - 8); if (check != "systemd") print check "\t-" } }' >>"$work/checks"
  [ -s "$work/checks" ] || return 0
  cp -a /etc "$work/etc"
  while IFS="$TAB" read -r action staged path <&3; do
    case $path in /etc/*) ;; *) continue ;; esac
    rm -rf "$work$path"
    case $action in
      file) mkdir -p "$work${path%/*}" && cp -a "$staged" "$work$path" ;;
      link) mkdir -p "$work${path%/*}" && ln -s "$staged" "$work$path" ;;
    esac
  done 3<"$work/swap"
  if ! (run_checks) >"$work/complaints" 2>&1; then
    awk -F '\t' '$1 == "file" { print $2 }' "$work/swap" | lines_to_args rm -f --
    fail "refused, nothing was changed:
$(tail -n 20 "$work/complaints")"
  fi
  rm -rf "${work:?}/etc"
}

run_checks() {
  cut -f 1 "$work/checks" | sort -u | while read -r check; do
    unshare -m "$HELPER" check "$check" "$work" || exit 1
  done
}

# Runs inside the namespace of its own.
check_staged() {
  case $1 in logrotate | sudoers) complaints_of "$1" >"$2/complaints.before" ;; esac
  mount --bind "$2/etc" /etc
  case $1 in
    nginx) nginx -t -q ;;
    monit) monit -t ;;
    sshd) sshd -t ;;
    logrotate | sudoers) ! complaints_of "$1" | grep -vxF -f "$2/complaints.before" ;;
    systemd) check_units "$2" ;;
    *) fail "check $1 is unknown to this helper" ;;
  esac
}

# logrotate and sudo go on without a file that has an error, and name it in words. An error in a file of
# somebody else's is none of ours: it was there before.
complaints_of() {
  case $1 in
    logrotate) logrotate -d /etc/logrotate.conf 2>&1 | grep -i '^error:' || : ;;
    sudoers) visudo -c 2>&1 | grep -v ': parsed OK$' || : ;;
  esac
}

# A template is checked as one instance of it; a drop-in as a part of its unit.
check_units() {
  awk -F '\t' '$1 == "systemd" && $2 != "-" { name = $2; sub(/\.d\/[^\/]*$/, "", name); sub(/^.*\//, "", name)
    sub(/@\./, "@4190.", name); print name }' "$1/checks" | sort -u |
    lines_to_args_loud systemd-analyze verify --man=no --recursive-errors=no
}
lines_to_args_loud() { tr '\n' '\0' | xargs -0 -r "$@"; }

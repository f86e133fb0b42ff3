# Whole manifests that nothing names any more: what they made goes, unless another manifest that stays names it too.

# Usage: prune SERVER < `run RUN`, the names of the manifests that stay, `end`
prune() {
  server=$1
  cat >"$work/names"
  [ "$(tail -n 1 "$work/names")" = end ] || fail "the names were cut on their way; run up again"
  IFS= read -r run <"$work/names" || :
  run=${run#run } manifest=prune
  sed '1d; $d' "$work/names" >"$work/kept"
  printf 'helper\n' >>"$work/kept"
  take_lock
  tell_late
  forget "$(doomed)"
}

# Usage: destroy SERVER. All that this server made but for the helper.
destroy() {
  server=$1 manifest=destroy
  printf 'helper\n' >"$work/kept"
  take_lock
  forget "$(doomed)"
}

# Usage: remove_manifest NAME SERVER, as states of an earlier version ask for.
remove_manifest() {
  manifest=$1
  server=$2
  is_mine "$manifest" || {
    printf '%s belongs to the server %s now, and stays\n' "$manifest" "$owner"
    return 0
  }
  take_lock
  forget "$manifest"
}

# The manifests that go: this server's, applied or begun, that are not kept; the last that was made first.
doomed() {
  for doomed_file in "$STATE"/manifests/* "$STATE"/pending/*; do
    doomed_name=${doomed_file##*/}
    if [ -f "$doomed_file" ] && is_mine "$doomed_name" && ! grep -qxF -e "$doomed_name" "$work/kept" &&
      ! is_later "$doomed_file"; then
      printf '%s\n' "$doomed_name"
    fi
  done | sort -u
}

# Whether a manifest was applied by a later run than that of the names, which knew nothing of it: where the way to the
# host is another one, and nothing goes, Pulumi has the command run again as it was.
# Usage: is_later PATH
is_later() {
  case $run in [0-9]*T[0-9]*Z-*) named_by=${run%%-*} ;; *) return 1 ;; esac
  applied_by=$(sed -n '2s/^run \([0-9]*T[0-9]*Z\)-.*/\1/p' "$1")
  [ -n "$applied_by" ] && [ "$applied_by" != "$named_by" ] &&
    [ "$(printf '%s\n' "$applied_by" "$named_by" | LC_ALL=C sort | tail -n 1)" = "$applied_by" ]
}

# Sets owner.
# Usage: is_mine NAME
is_mine() {
  owner=$server
  [ ! -f "$STATE/owners/$1" ] || { IFS= read -r owner <"$STATE/owners/$1" || :; }
  [ "$owner" = "$server" ]
}

# Usage: forget NAMES. They are remembered until all is done, so that a run that dies can be finished by the next.
forget() {
  [ -n "$1" ] || return 0
  await_rollouts
  for name in $1; do await_verdict "$name"; done
  forgetting=$(printf '%s' "$1" | tr '\n' ' ')
  items_only_in "$forgetting" >"$work/obsolete"
  drop_unmade
  remove_all
  for name in $forgetting; do
    rm -f "$STATE/manifests/$name" "$STATE/pending/$name" "$STATE/owners/$name"
  done
}

# The item lines of manifests, applied or begun, that no other one names; those pass for forgotten from now on.
# Usage: items_only_in NAMES, with blanks between them
items_only_in() {
  forgetting=$1
  for name in $forgetting; do
    for lines_of in "$STATE/manifests/$name" "$STATE/pending/$name"; do
      [ ! -f "$lines_of" ] || item_lines "$lines_of"
    done
  done >"$work/going"
  { stored_items && pending_items && printf 'going\n' && cat "$work/going"; } | awk -F '\t' '
    $0 == "going" { going = 1; next }
    !going { named[$1 FS $2] = 1; next }
    !(($1 FS $2) in named) && !seen[$1 FS $2]++'
}

# A run that failed may not have come to all that it had begun.
drop_unmade() {
  set --
  for name in $forgetting; do
    [ ! -f "$STATE/pending/$name" ] || set -- "$@" "$STATE/pending/$name"
  done
  [ $# -gt 0 ] || return 0
  {
    for name in $forgetting; do
      [ ! -f "$STATE/manifests/$name" ] || item_lines "$STATE/manifests/$name"
    done
    echo seen
    item_lines "$@" | of_known_kinds | observe
    echo obsolete
    cat "$work/obsolete"
  } | awk -F '\t' "$WAS_MADE"'
    NF < 2 { part = $0; next }
    part == "" { applied[$1 FS $2]; next }
    part == "seen" { seen[$1 FS $2] = $0; next }
    (($1 FS $2) in applied) || !(($1 FS $2) in seen) || was_made($1 FS $2, $0)' >"$work/made-of-it"
  mv "$work/made-of-it" "$work/obsolete"
}

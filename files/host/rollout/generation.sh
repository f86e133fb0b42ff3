# Generations: a release with the unit file, the hook unit and the environment that it was proven with, and
# the item that says how its instances listen, stop and show their health. `good` is the last whose rollout was
# completed, `next` the one that is being rolled out.

# Sets old, old_public: what to go back to; empty when there is nothing other than what is wanted.
find_old_generation() {
  complete_generation
  old=$current old_public=$(readlink "$home/public/current" || :) changed=yes
  if [ -s "$place/good/identity" ]; then
    IFS=$TAB read -r old _ _ old_public <"$place/good/identity"
    [ "$(cut -f 1-3 "$place/good/identity")" != "$identity" ] || { old='' && changed=no; }
  elif [ -s "$place/next/identity" ] && [ "$(cut -f 1 "$place/next/identity")" = "$old" ]; then
    # Tried once, and never proven.
    old=''
  else
    case $observation in
      *=current*)
        # The host's memory was lost, and what is wanted is in service.
        old='' changed=no
        note_next && make_good
        ;;
    esac
  fi
  if [ ! -d "$home/releases/$old" ] || is_of_another_type; then old=''; fi
}

# Whether what was completed last had instances where this has none, or the other way round: neither is gone back to.
is_of_another_type() {
  [ -s "$place/good/item" ] || return 1
  good_type=$(field @type "$(cat "$place/good/item")")
  case $good_type/$type in
    "$type/$type") return 1 ;;
    *static* | *job*) ;;
    *) return 1 ;;
  esac
}

# A rollout that was ended by force, or by a reboot, may have been completed but for this note.
complete_generation() {
  [ -s "$place/next/identity" ] || return 0
  IFS=$TAB read -r of_release of_unit of_environment _ <"$place/next/identity"
  runs=$(goal_line "$of_release" "$of_unit" "$of_environment" "$keys" | observe_rollout | tr '\t' '\n')
  # One of the app itself, and one of each member.
  for of in '' $(members_in "$of_unit"); do
    printf '%s\n' "$runs" | grep -q "^${of:+$of@}[0-9]*=current$" || return 0
  done
  ! printf '%s\n' "$runs" | grep -qE '^([a-z][a-z0-9-]*@)?[0-9]+=(release|older|directory)' || return 0
  make_good
}

# Usage: goal_line RELEASE UNIT-HASHES ENVIRONMENT-HASH INSTANCES. An item that is asked for.
goal_line() {
  printf 'rollout\t%s\tcurrent=%s\t@unit=%s\t@environment=%s' "$app" "$1" "${2%% *}" "$3"
  for of_member in $2; do
    case $of_member in *:*) printf '\t@%s.unit=%s' "${of_member%%:*}" "${of_member#*:}" ;; esac
  done
  # shellcheck disable=SC2086 # keys
  printf '\t%s=current' $4
  echo
}

# Of an app with instances their template.
unit_file() {
  case $type in
    job) printf '/etc/systemd/system/%s.service' "$app" ;;
    *) printf '/etc/systemd/system/%s@.service' "$app" ;;
  esac
}
timer_file() { printf '/etc/systemd/system/%s.timer' "$app"; }
environment_file() { printf '/etc/keelson/%s/environment' "$app"; }
credentials_folder() { printf '/etc/keelson/credentials.d/%s' "$app"; }
hook_file() { printf '/etc/keelson/%s/hook.service' "$app"; }

# Those of a generation before are there until its instances have moved.
# Usage: is_loaded CREDENTIAL
is_loaded() { grep -qsF -e ":$1" "$(unit_file)" "$(hook_file)"; }

note_next() {
  rm -rf "$place/next"
  mkdir "$place/next"
  keep_in_next "$(unit_file)" unit
  keep_in_next "$(timer_file)" timer
  keep_in_next "$(environment_file)" environment
  keep_in_next "$(hook_file)" hook
  for of in "$(credentials_folder)"/*; do ! is_loaded "$of" || keep_in_next "$of" "credential.${of##*/}"; done
  for of in $members; do keep_in_next "$(member_file "$of")" "unit.$of"; done
  for of in $jobs; do
    keep_in_next "$(job_file "$of" service)" "job.$of"
    keep_in_next "$(job_file "$of" timer)" "timer.$of"
  done
  printf '%s\n' "$line" >"$place/next/item"
  printf '%s\t%s\n' "$identity" "$public" >"$place/next/identity"
  # Else a crash may leave the names without what they hold.
  sync "$place/next"/*
}

# Usage: keep_in_next FILE NAME. A static site has none of them, and only a job a timer.
keep_in_next() { [ ! -f "$1" ] || cp -p "$1" "$place/next/$2"; }

make_good() {
  [ -d "$place/next" ] || return 0
  earlier=$(cut -f 1 "$place/good/identity" 2>/dev/null || :)
  [ -z "$earlier" ] || [ "$earlier" = "$(cut -f 1 "$place/next/identity")" ] || printf '%s\n' "$earlier" >"$place/previous"
  rm -rf "$place/good"
  mv -T "$place/next" "$place/good"
}

# Usage: note_settings LINE. The same generation may be asked for its health in another way now, or other static
# files of it may be served: so it is when it is gone back to.
note_settings() {
  read_line "$1"
  of_good=$(cut -f 1-3 "$place/good/identity" 2>/dev/null)
  # A member was taken out of it, and all others run.
  [ -z "$of_good" ] || [ "$of_good" = "$identity" ] || [ "$(own_identity "$of_good")" != "$(own_identity "$identity")" ] ||
    { line=$1 && note_next && make_good; }
  [ "$(cut -f 1-3 "$place/good/identity" 2>/dev/null)" = "$identity" ] || return 0
  printf '%s\n' "$1" >"$work/item"
  cmp -s "$work/item" "$place/good/item" || install_durably "$work/item" "$place/good/item"
  printf '%s\t%s\n' "$identity" "$public" >"$work/identity"
  cmp -s "$work/identity" "$place/good/identity" || install_durably "$work/identity" "$place/good/identity"
}

# Of the good generation. Of one that a helper before the item was noted with it, the unit file tells.
read_good_settings() {
  if [ -s "$place/good/item" ]; then
    read_settings "$(cat "$place/good/item")"
  elif [ -s "$place/good/unit" ]; then
    read_settings "${settings_line:-}"
    if grep -q '^Requires=.*@%i\.socket$' "$place/good/unit"; then listen=socket; else listen=port; fi
    stop=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' "$place/good/unit")
    stop=${stop:-15}
  fi
}

# The old release runs with its own files again; the next run finds them changed and writes the wanted ones.
put_generation_back() {
  [ -s "$place/good/identity" ] && ! is_of_another_type || return 0
  put_file_back "$place/good/environment" "$(environment_file)"
  put_file_back "$place/good/hook" "$(hook_file)"
  put_credentials_back
  put_back=no
  put_file_back "$place/good/unit" "$(unit_file)"
  put_file_back "$place/good/timer" "$(timer_file)"
  put_members_back
  [ "$put_back" = no ] || systemctl daemon-reload
}

# Their directory is gone where the generation that failed has none.
put_credentials_back() {
  for of in "$place/good"/credential.*; do
    [ -f "$of" ] || continue
    install -d -m 0700 "$(credentials_folder)"
    put_file_back "$of" "$(credentials_folder)/${of##*/credential.}"
  done
}

# Usage: put_file_back KEPT FILE. What was not kept did not change: an older helper, or an app that has none.
put_file_back() {
  if [ ! -f "$1" ] || cmp -s "$1" "$2"; then return 0; fi
  cp -p "$1" "$2.keelson-new"
  sync "$2.keelson-new"
  mv -fT "$2.keelson-new" "$2"
  put_back=yes
  say change "file $2: put back"
  note_put_back "$2"
}

note_put_back() {
  put=$(sha256sum <"$1")
  note_left file "$1" sha256 "${put%% *}"
}

# The next look finds there what its manifest does not want. It is to know that nobody drifted: the manifest counts
# as one that was cut short. One that was, such as the rollout's own, which is being applied, keeps what else is noted
# of it. The rollout's own comes first: of an older helper another one may name the same.
# Usage: note_left KIND NAME KEY VALUE
note_left() {
  for manifest_of in "$STATE/pending/$manifest" "$STATE"/manifests/*; do
    begun=$STATE/pending/${manifest_of##*/} whole=yes
    [ -f "$begun" ] || { begun=$manifest_of && whole=''; }
    [ -f "$begun" ] || continue
    awk -F '\t' -v kind="$1" -v name="$2" -v key="$3" -v value="$4" -v whole="$whole" '
      !ended && $1 == kind && $2 == name && sub("\t" key "=[^\t]*", "\t" key "=" value) { found = 1 }
      { print }
      /^end$/ { ended = 1; if (!whole) exit }
      END { exit !found }' "$begun" >"$work/put-back" || continue
    install_durably "$work/put-back" "$STATE/pending/${manifest_of##*/}"
    return 0
  done
}

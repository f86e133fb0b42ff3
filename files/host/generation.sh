# Generations: a release with the unit file and the environment that it was proven with.
# `good` is the last whose rollout was completed, `next` the one that is being rolled out.

# Sets old, old_public: what to go back to; empty when there is nothing other than what is wanted.
find_old_generation() {
  promote_generation
  old=$current old_public=$(readlink "$home/public/current" || :) changed=yes
  if [ -s "$place/good/identity" ]; then
    IFS=$TAB read -r old _ _ old_public <"$place/good/identity"
    [ "$(cut -f 1-3 "$place/good/identity")" != "$identity" ] || { old='' && changed=no; }
  elif [ -s "$place/next/identity" ] && [ "$(cut -f 1 "$place/next/identity")" = "$old" ]; then
    # Tried once, and never proven.
    old=''
  elif printf '%s\n' "$observation" | grep -q '=current'; then
    # The host's memory was lost, and what is wanted is in service.
    old='' changed=no
    note_generation && keep_generation
  fi
  [ -d "$home/releases/$old" ] || old=''
}

# A rollout that was ended by force, or by a reboot, may have been completed but for this note.
promote_generation() {
  [ -s "$place/next/identity" ] || return 0
  IFS=$TAB read -r of_release of_unit of_environment _ <"$place/next/identity"
  runs=$(goal_line "$of_release" "$of_unit" "$of_environment" "$ports" | observe_rollout | tr '\t' '\n')
  printf '%s\n' "$runs" | grep -q '^[0-9]*=current$' || return 0
  ! printf '%s\n' "$runs" | grep -qE '^[0-9]+=(release|older|directory)' || return 0
  keep_generation
}

goal_line() {
  printf 'rollout\t%s\tcurrent=%s\t@unit=%s\t@environment=%s' "$app" "$1" "$2" "$3"
  # shellcheck disable=SC2086 # ports
  printf '\t%s=current' $4
  echo
}

unit_file() { printf '/etc/systemd/system/%s@.service' "$app"; }
environment_file() { printf '/etc/keelson/%s/environment' "$app"; }

note_generation() {
  rm -rf "$place/next"
  mkdir "$place/next"
  cp -p "$(unit_file)" "$place/next/unit"
  cp -p "$(environment_file)" "$place/next/environment"
  printf '%s\t%s\n' "$identity" "$public" >"$place/next/identity"
  # Else a crash may leave the names without what they hold.
  sync "$place/next/unit" "$place/next/environment" "$place/next/identity"
}

keep_generation() {
  [ -d "$place/next" ] || return 0
  before=$(cut -f 1 "$place/good/identity" 2>/dev/null || :)
  [ -z "$before" ] || [ "$before" = "$(cut -f 1 "$place/next/identity")" ] || printf '%s\n' "$before" >"$place/previous"
  rm -rf "$place/good"
  mv -T "$place/next" "$place/good"
}

# Of the same generation other static files may be served.
note_public() {
  printf '%s\t%s\n' "$identity" "$public" >"$work/identity"
  cmp -s "$work/identity" "$place/good/identity" || install_durably "$work/identity" "$place/good/identity"
}

# The old release runs with its own unit file and environment again; the next run finds them
# changed and writes the wanted ones anew.
restore_generation() {
  [ -s "$place/good/identity" ] || return 0
  put_back "$place/good/environment" "$(environment_file)"
  cmp -s "$place/good/unit" "$(unit_file)" || {
    put_back "$place/good/unit" "$(unit_file)"
    systemctl daemon-reload
  }
}

# How the instances get their ports, by the unit file that is in place.
unit_listen() {
  if grep -q '^Requires=.*@%i\.socket$' "$(unit_file)"; then echo socket; else echo port; fi
}

put_back() {
  ! cmp -s "$1" "$2" || return 0
  cp -p "$1" "$2.keelson-new"
  sync "$2.keelson-new"
  mv -fT "$2.keelson-new" "$2"
  say change "file $2: put back"
  note_put_back "$2"
}

# The next look finds the old file where its manifest wants the new one. It is to know that nobody drifted:
# the manifest counts as one that was cut short.
note_put_back() {
  put=$(sha256sum <"$1")
  for manifest_of in "$STATE"/manifests/*; do
    grep -q "^file$TAB$1$TAB" "$manifest_of" || continue
    sed "s,^\(file$TAB$1$TAB.*sha256=\)[0-9a-f]*,\1${put%% *},; /^end\$/q" "$manifest_of" >"$work/put-back"
    install_durably "$work/put-back" "$STATE/pending/${manifest_of##*/}"
  done
}

# Points a link at something else, in one step.
point() {
  ln -sfnT "$2" "$1.keelson-new"
  mv -fT "$1.keelson-new" "$1"
}

# Until a release has proven itself `current` points at the one before: an instance that crashes
# meanwhile, or a host that reboots, comes back on that.
retreat() {
  [ -n "$current" ] && [ "$current" != "$goal" ] && [ "$retreated" = no ] || return 0
  point "$home/current" "$home/releases/$current"
  retreated=yes
}

# What was proven is what `current` means from now on.
advance() {
  current=$1
  [ ! -d "$home/releases/$current" ] || point "$home/current" "$home/releases/$current"
  [ -n "$2" ] || return 0
  before=$(readlink "$home/public/current" || :)
  case $before in
    "$2") ;;
    "$home/public/"*) point "$home/public/previous" "$before" ;;
  esac
  point "$home/public/current" "$2"
}

# Releases beyond the kept number go, but never one that runs, nor the one before. Those that failed do
# not count: they must not push out what one can go back to.
prune() {
  {
    printf '%s\n' "$release"
    cat "$place/previous" 2>/dev/null || :
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$home/releases/*" -printf '%l\n' 2>/dev/null |
      sed "s,^$home/releases/,,; s,[/ ].*,,"
  } | sort -u >"$work/needed"
  sort -u "$place/failed" 2>/dev/null >"$work/failed" || :
  find "$home/releases" -mindepth 1 -maxdepth 1 -type d -name '[0-9a-f]*' -printf '%T@ %f\n' | sort -rn |
    awk -v kept="$(field @kept "$line")" -v needed="$work/needed" -v failed="$work/failed" '
      BEGIN {
        while ((getline hash < failed) > 0) has_failed[hash] = 1
        while ((getline hash < needed) > 0) { is_needed[hash] = 1; delete has_failed[hash] }
      }
      ($2 in has_failed) || ++count > kept && !($2 in is_needed) { print $2 }' >"$work/surplus"
  while read -r hash; do remove_release "$hash"; done <"$work/surplus"
  rm -f "$place/failed"
}

remove_release() {
  for tree in "$home/releases/$1" "$home/public/$(printf %.16s "$1")"-*; do
    chattr -R -ia "$tree" 2>/dev/null || :
    rm -rf "$tree" "$(tree_record "$tree").list" "$(tree_record "$tree").stamp"
  done
  [ ! -f "$place/prepared" ] || sed -i "/^$1\$/d" "$place/prepared"
  # Two apps may have been made of the same code.
  [ -n "$(find /srv/*/releases -maxdepth 1 -name "$1" 2>/dev/null)" ] || rm -f "$STATE/blobs/$1" "$STATE/blobs/$1.run"
  say change "release $app: $(short "$1") removed"
}

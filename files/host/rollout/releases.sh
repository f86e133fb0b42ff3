# The releases of an app, the link `current` that says which is meant, and the links of its static files.

# Points a link at something else, in one step.
point() {
  ln -sfnT "$2" "$1.keelson-new"
  mv -fT "$1.keelson-new" "$1"
}

# Until a release is proven `current` points at the one before: an instance that crashes meanwhile, or a host
# that reboots, comes back on that.
point_current_back() {
  [ -n "$current" ] && [ "$current" != "$goal" ] && [ "$pointed_back" = no ] || return 0
  point "$home/current" "$home/releases/$current"
  pointed_back=yes
}

# Usage: make_current RELEASE PUBLIC. What was proven is what `current` means from now on.
make_current() {
  current=$1
  [ ! -d "$home/releases/$current" ] || point "$home/current" "$home/releases/$current"
  [ -n "$2" ] || return 0
  served_before=$(readlink "$home/public/current" || :)
  case $served_before in
    "$2") ;;
    "$home/public/"*) point "$home/public/previous" "$served_before" ;;
  esac
  point "$home/public/current" "$2"
}

# Releases beyond the kept number go, but never one that runs, nor the one before. Those that failed do
# not count: they must not push out what one can go back to.
remove_old_releases() {
  {
    printf '%s\n' "$release"
    cat "$place/previous" 2>/dev/null || :
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$real/releases/*" -printf '%l\n' 2>/dev/null |
      sed "s,^$real/releases/,,; s,[/ ].*,,"
  } | sort -u >"$work/needed"
  sort -u "$place/failed" 2>/dev/null >"$work/failed" || :
  list_releases | sort -rn |
    awk -v kept="$kept" -v needed="$work/needed" -v failed="$work/failed" '
      BEGIN {
        while ((getline hash < failed) > 0) has_failed[hash] = 1
        while ((getline hash < needed) > 0) { is_needed[hash] = 1; delete has_failed[hash] }
      }
      ($2 in has_failed) || ++count > kept && !($2 in is_needed) { print $2 }' >"$work/surplus"
  while read -r hash; do remove_release "$hash"; done <"$work/surplus"
  rm -f "$place/failed"
}

# What another tool has under the names of ours.
keep_links() {
  for link in "$home/current" "$home/public/current"; do
    if is_there "$link" && ! is_there "$STATE/originals$link"; then
      copy_original "$link"
      # A link is swapped; what is none would be in the way.
      ! is_directory "$link" || rm -rf "$link"
    fi
  done
}

# TIME NAME of those that the kit unpacked: another tool's have names of digits, too.
list_releases() {
  find "$home/releases" -mindepth 1 -maxdepth 1 -type d -name '[0-9a-f]*' -printf '%T@ %f\n' | while read -r time hash; do
    [ ! -f "$(tree_record "$home/releases/$hash").list" ] || printf '%s %s\n' "$time" "$hash"
  done
}

note_failed() { [ "$old" = "$release" ] || printf '%s\n' "$release" >>"$place/failed"; }

remove_release() {
  for tree in "$home/releases/$1" "$home/public/$(printf %.16s "$1")"-*; do
    chattr -R -ia "$tree" 2>/dev/null || :
    remove_scratch "$tree"
    rm -rf "$tree" "$(tree_record "$tree").list" "$(tree_record "$tree").stamp"
  done
  [ ! -f "$place/prepared" ] || sed -i "/^$1\$/d" "$place/prepared"
  # Two apps may have been made of the same code.
  [ -n "$(find /srv/*/releases -maxdepth 1 -name "$1" 2>/dev/null)" ] || rm -f "$STATE/blobs/$1" "$STATE/blobs/$1.run"
  say change "release $app: $(short "$1") removed"
}

short() { printf '%.8s' "$1"; }

# Kind `directory`: owner, group and mode of a directory; where it is the kit's own, all that lies in it.
# Instructions: @whole (what no item names is taken out of it, once a look has said so), @deep (a wrong owner is mended
# in all it holds), @remove=keep|last|all.

order_directory=40 observer_directory=paths leaves_directory=@remove
own_directory='type owner group mode acl xattr flags extra'

apply_directory() {
  path=$(item_name "$1")
  # What lies in it comes first, so that one that is cut short is seen still. The name alone tells nothing of an
  # account that was lost and comes back with another number.
  if has_field @deep "$1" && is_directory "$path"; then
    take_ownership "$1"
    if differs directory "$path" owner || differs directory "$path" group ||
      differs user "$owner" state || differs group "$group" state; then
      chown -Rh "$owner:$group" "$path"
    fi
  fi
  if is_directory "$path"; then
    clear_seen_attributes directory "$path"
    set_ownership "$path" "$1"
  else
    make_directory "$path" "$1"
  fi
  extra=$(field extra "$(observed_of directory "$path")")
  [ -z "$extra" ] || remove_strangers "$path" "$extra"
}

# Usage: make_directory PATH LINE. Root's alone at first, whatever was there before.
make_directory() {
  if is_there "$1"; then put_aside "$1"; fi
  # install would make that too, for whom no item says.
  [ -d "${1%/*}/" ] || fail "directory $1: there is no ${1%/*}"
  take_ownership "$2"
  install -d -o "$owner" -g "$group" -m "$mode" "$1"
}

# What the observation says of them is for people: their real names may hold anything.
# Usage: remove_strangers PATH NAMES, with commas between them
remove_strangers() {
  for stranger in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    told_name=${stranger##*/}
    case $told_name in *"$TAB"* | *"$NEWLINE"* | *,*) told_name=$(printf '%s' "$told_name" | tr '\t\n,' '???') ;; esac
    in_plain "$told_name"
    case ",$2," in *",$plain,"*) ! is_there "$stranger" || put_aside "$stranger" ;; esac
  done
  touched "$1"
}

remove_directory() {
  is_directory "$1" || return 0
  if [ -f "$(original_directory "$1")" ]; then
    leave_directory "$1" "$2"
    return 0
  fi
  how=$(field @remove "$2")
  if [ "$how" = last ]; then
    # Not on an update: a directory of another name may only have taken its place.
    [ -n "$removing" ] && how=all || how=keep
  fi
  case $how in
    keep)
      # Without anything in it, there is nothing to keep. What stays must not belong to a user number that somebody
      # else gets one day.
      rmdir "$1" 2>/dev/null || { chown -Rh root "$1" && stays="kept, now root's"; }
      ;;
    all)
      chattr -R -ia "$1" 2>/dev/null || :
      rm -rf "$1" || {
        mountpoint -q "$1" || exit 1
        stays='is empty, and stays, for a disk is mounted there'
      }
      ;;
    *) rmdir "$1" 2>/dev/null || leave_filled_directory "$1" "$2" ;;
  esac
}

# It was there before the kit: what of the app is in it must not belong to a number that somebody else gets.
leave_directory() {
  take_ownership "$2"
  [ "$owner" = root ] || chown -Rh --from="$owner" root "$1"
  restore_directory "$1" && stays='as it was before'
}

# What people added to an app that goes would be a stranger to what stays; when all goes, it is in nobody's way.
leave_filled_directory() {
  stays='kept, it is not empty'
  if [ "$manifest" = prune ] && has_field @theirs "$2"; then
    put_aside "$1"
    stays="what is not the kit's is kept in $aside"
  fi
}

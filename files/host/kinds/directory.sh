# Kind `directory`: owner, group and mode of a directory; where it is the kit's own, all that lies in it.
# Instructions: @whole (what no item names is taken out of it, once a look has said so), @deep (a wrong owner is mended
# in all it holds), @remove=keep|last|all.

order_directory=40 observer_directory=paths leaves_directory=@remove
own_directory='type owner group mode acl xattr flags extra'

apply_directory() {
  take_name "$1"
  path=$name_of_item
  [ -z "$armed" ] || keep_mode "$path"
  # What lies in it comes first, so that one that is cut short is seen still. The name alone tells nothing of an
  # account that was lost and comes back with another number.
  if has_field @deep "$1" && is_directory "$path"; then
    take_ownership "$1"
    if differs directory "$path" owner || differs user "$owner" state || differs group "$group" state; then
      give_deeply "$JOB_LIMIT"
    # The owner itself may bring this about, also while it makes ever more files.
    elif differs directory "$path" group; then
      give_deeply "$OWN_LIMIT"
    fi
  fi
  if is_directory "$path"; then
    clear_seen_attributes directory "$path"
    set_ownership "$path" "$1"
  else
    make_directory "$path" "$1"
  fi
  take_observed directory "$path"
  take_field extra "$observed_item"
  [ -z "$field_value" ] || remove_strangers "$path" "$field_value"
}

# All that lies at $path, to $owner and $group. What an app has there comes and goes while it runs, and holds up nothing.
# Usage: give_deeply SECONDS
give_deeply() {
  give_within "$1"
  [ -n "$not_given" ] || return 0
  if [ "$limit_passed" = no ]; then
    chattr -R -ia "$path" 2>/dev/null || :
    give_within "$1"
  fi
  [ -z "$not_given" ] ||
    say warn "directory $path: not all that it holds is $owner's: $not_given; see to it by hand: chown -Rh $owner:$group $path"
}

# Sets not_given to the reason where something that is there still could not be given.
give_within() {
  not_given=''
  limited "$1" chown -Rh "$owner:$group" "$path" 2>"$work/complaints" ||
    not_given=$(grep -v ': No such file or directory$' "$work/complaints" | tail -n 1)
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
      # Without anything in it, there is nothing to keep.
      rmdir "$1" 2>/dev/null || keep_directory "$1" "$2"
      ;;
    all)
      chattr -R -ia "$1" 2>/dev/null || :
      rm -rf "$1" 2>"$work/complaints" || leave_rest "$1" "$2"
      ;;
    *) rmdir "$1" 2>/dev/null || leave_filled_directory "$1" "$2" ;;
  esac
}

# With the mode that its item asks for, by which it is known when the app comes back.
keep_directory() {
  clear_attributes "$1"
  leave_to_root "$1" "$2" all
  take_ownership "$2"
  chmod "$mode" "$1"
  say_left "kept, now root's"
}

leave_rest() {
  IFS= read -r stays <"$work/complaints" || stays='cannot be removed'
  ! mountpoint -q "$1" || stays='is empty, and stays, for a disk is mounted there'
  leave_to_root "$1" "$2" all
}

# It was there before the kit.
leave_directory() {
  leave_to_root "$1" "$2"
  say_left 'as it was before'
  restore_directory "$1" || stays='stays, it could not be made as it was before'
}

# What people added to an app that goes would be a stranger to what stays; when all goes, it is in nobody's way.
leave_filled_directory() {
  stays='kept, it is not empty'
  leave_to_root "$1" "$2"
  if [ "$manifest" = prune ] && has_field @theirs "$2"; then
    put_aside "$1"
    stays="what is not the kit's is kept in $aside"
  fi
}

say_left() { stays="$1${not_given:+, but not all that it holds: $not_given}"; }

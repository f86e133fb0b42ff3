# Kind `tree`: a blob unpacked at a path. Instructions: @blob @strip @only, @directories @files @executables (modes),
# @remove=keep (stays when its manifest names another, for going back; goes with the manifest).

order_tree=60 observer_tree=paths silent_tree=@blob stays_tree=@remove

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

remove_tree() {
  chattr -R -ia "$1" 2>/dev/null || :
  rm -rf "$1" "$(tree_record "$1").list" "$(tree_record "$1").stamp"
}

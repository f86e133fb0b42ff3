# Where an app lies, and its directories that lie elsewhere, such as on another disk. What somebody keeps in a
# directory is never replaced by an empty one: whatever would do so is refused, with the remedy.

# Sets home, where an app lies, and real: a process tells its directory without the links on the way there, such as a
# /srv that leads to a disk for data.
# Usage: find_home APP
find_home() {
  home=/srv/$1 real=/srv/$1
  if [ -L /srv ] || [ -L "$home" ]; then real=$(readlink -f "$home") || real=$home; fi
}

# foreign<TAB>PATH<TAB>WORDS of each. No process while all is well.
# Usage: observe_places ITEM-LINES
observe_places() {
  kept_paths=$NEWLINE wanted_places=$NEWLINE$1
  set -f
  IFS=$NEWLINE
  for line in $1; do
    path=${line#*"$TAB"} path=${path%%"$TAB"*}
    case $line in
      *"${TAB}@remove=keep"* | *"${TAB}@remove=last"* | *"${TAB}@theirs="*) kept_paths=$kept_paths$path$NEWLINE ;;
    esac
  done
  for line in $1; do
    path=${line#*"$TAB"} path=${path%%"$TAB"*} words=''
    case $line in
      directory"$TAB"*)
        if [ -L "$path" ]; then judge_link; else case $line in *"${TAB}@place="*) judge_place ;; esac fi
        ;;
      link"$TAB"*"${TAB}@place="*) judge_link_to_place ;;
    esac
    [ -z "$words" ] || printf 'foreign\t%s\t%s\n' "$path" "$words"
  done
  unset IFS
  set +f
}

# A directory that became a link, where what people keep lies in it, or in one of the kit's below it.
judge_link() {
  case $kept_paths in *"$NEWLINE$path$NEWLINE"* | *"$NEWLINE$path/"*) ;; *) return 0 ;; esac
  leads_to=$(readlink -f "$path") || leads_to=$(readlink "$path")
  words="is a link to $leads_to"
  case $line/$path in
    *"${TAB}@place="*) words="$words; name that directory itself in the stack file" ;;
    *//srv/*/*)
      app_of=${path#/srv/}
      words="$words; say so in the stack file, as apps.${app_of%%/*}.places.${app_of#*/}, or move it back"
      ;;
    *) words="$words; mount it there instead (mount --bind), or move it back" ;;
  esac
}

# A directory elsewhere. One that is gone may be on a disk that is not mounted, one with files somebody else's.
judge_place() {
  if is_there "$path"; then
    if is_known_directory "$path"; then return 0; fi
    if [ ! -d "$path" ]; then words='is no directory; choose another place'; return 0; fi
    holds_something "$path" || return 0
    take_ownership "$line"
    case $(stat -c '%U %a' "$path") in
      "$owner $mode" | "root $mode") ;;
      *) words="holds files, and is not the app's; choose another place, or hand it over: chown root $path && chmod $mode $path" ;;
    esac
  elif is_known_directory "$path"; then
    words="is gone, with what the app kept there; mount its disk, or let it begin anew: mkdir $path"
  elif [ ! -d "${path%/*}/" ] && ! is_wanted_directory "${path%/*}"; then
    words="has no ${path%/*} to lie in; mount its disk, or make that directory"
  fi
}

is_known_directory() { case $NEWLINE$remembered in *"${NEWLINE}directory$TAB$1$TAB"*) ;; *) return 1 ;; esac }

# As where a disk is mounted that the kit is about to mount.
is_wanted_directory() { case $wanted_places in *"${NEWLINE}directory$TAB$1$TAB"*) ;; *) return 1 ;; esac }

# What leads to such a directory must not hide files that lie where it was before.
judge_link_to_place() {
  target=${line#*"${TAB}target="} target=${target%%"$TAB"*}
  # shellcheck disable=SC3013 # Debian's sh has it
  if [ ! -d "$path" ] || [ "$path" -ef "$target" ] || ! holds_something "$path"; then return 0; fi
  was_at=$path app_of=${path#/srv/}
  [ ! -L "$path" ] || was_at=$(readlink -f "$path")
  # Monit would start again what is stopped.
  words="would hide what lies in $was_at; move that first: systemctl stop monit ${app_of%%/*}.target && mv -T $was_at $target, then run up"
}

# Without the names of all, which may be a million.
holds_something() { [ -n "$(find "$1/" -mindepth 1 -maxdepth 1 -printf x -quit 2>/dev/null)" ]; }

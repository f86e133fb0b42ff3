# Kind `file`: a text file. Instructions: @check (who is asked whether it is right), @secret,
# @serves (the domains of the site that it is, or its port), @port (which nobody but nginx may hold), @pair and @names
# (a certificate and a key that somebody else brings, and what it must be for), @bare (its content came with a line
# break more than it has).

order_file=70 observer_file=paths waits_paths=yes staged_file=yes silent_file='@serves @port @settled @pair @names @bare' leaves_file=@serves
own_file='type owner group mode sha256 acl xattr flags'

# A file whose content is right keeps its inode; else it is written anew beside its target.
# Usage: stage_file LINE PATH CONTENT
stage_file() {
  if differs file "$2" sha256; then
    [ -f "$3" ] || : >"$3"
    ! has_field @bare "$1" || truncate -s -1 "$3"
    take_ownership "$1"
    printf '%s\t%s\t%s\t%s\t%s\n' "$owner" "$group" "$mode" "${2%/*}" "$3" >>"$work/beside"
    # A name that logrotate, nginx, sudo and systemd pass by: no leading dot, or logrotate reads it.
    to_swap file "${2%/*}/${3##*/}" "$2"
  else
    keep_original "$2"
    [ -z "$armed" ] || keep_way "$2"
    clear_seen_attributes file "$2"
    set_ownership "$2" "$1"
    # Its services are told, as what they noted of it is true no more.
    touched "$2"
  fi
}

swap_file() {
  if is_directory "$2"; then put_aside "$2"; fi
  mv -fT "$1" "$2"
}

# What became a directory is nothing of ours any more, and may be wanted by now.
remove_file() {
  if is_directory "$1"; then
    case $NEWLINE$wanted in *"${NEWLINE}directory$TAB$1$TAB"*) stays=silent ;; *) stays='stays, it is a directory now' ;; esac
    return 0
  fi
  is_there "$1" || is_there "$STATE/originals$1" || stays=silent
  chattr -ia "$1" 2>/dev/null || :
  rm -f "$1"
  restore_original "$1"
}

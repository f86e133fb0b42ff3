# Kind `link`: a symbolic link.

order_link=71 observer_link=paths staged_link=yes own_link="type target"

# Usage: stage_link LINE PATH
stage_link() { to_swap link "$(field target "$1")" "$2"; }

swap_link() {
  if is_directory "$2" && ! rmdir "$2" 2>/dev/null; then put_aside "$2"; fi
  ln -sfnT "$1" "$2.keelson-new" && mv -fT "$2.keelson-new" "$2"
}

remove_link() { remove_file "$1"; }

# Kind `absent`: nothing may be at a path; what was there is put back on removal.

order_absent=72 observer_absent=paths staged_absent=yes own_absent=type

stage_absent() { to_swap absent - "$2"; }

# What was there at first is kept already.
swap_absent() {
  if is_same "$2" "$STATE/originals$2"; then rm -rf "$2"; else put_aside "$2"; fi
}

remove_absent() { restore_original "$1"; }

# Kind `blob`: packed bytes under their SHA-256. Instruction: @run, the run that sent them.

order_blob=50 silent_blob=@run stays_blob=always

observe_blob() {
  while IFS="$TAB" read -r _ blob _; do
    if blob_is_intact "$blob"; then state=present; else state=missing; fi
    printf 'blob\t%s\tstate=%s\n' "$blob" "$state"
  done
}

apply_blob() {
  hash=$(item_name "$1")
  arrived=$STATE/incoming/$hash
  [ -f "$arrived" ] || fail "blob $hash did not arrive; run up again"
  # Copied first, so that what is checked is what is kept.
  staged=$(mktemp "$STATE/blobs/.keelson.XXXXXX")
  cat "$arrived" >"$staged"
  case $(blob_hashes "$staged") in
    *"$hash"*) ;;
    *) rm -f "$staged" && fail "what arrived as blob $hash has another SHA-256; run up again" ;;
  esac
  sync "$staged"
  mv -fT "$staged" "$STATE/blobs/$hash"
  # Last: a blob that is touched after this is looked at before it is trusted.
  printf '%s %s\n' "$(field @run "$1")" "$(blob_stamp "$hash")" >"$work/sent"
  install_durably "$work/sent" "$STATE/blobs/$hash.run"
  rm -f "$arrived"
}

# Kept for going back to, until its app goes.
remove_blob() {
  rm -f "$STATE/blobs/$1" "$STATE/blobs/$1.run"
  stays=silent
}

# What was sent once more though it is here, as after the loss of Pulumi's state.
drop_arrivals() {
  items_of blob
  take_names "$of_kind"
  for hash in $names; do
    differs blob "$hash" || rm -f "$STATE/incoming/$hash"
  done
}

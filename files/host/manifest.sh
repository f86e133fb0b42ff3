# The text that travels, read.

# Splits the text into item lines, the content of the n-th item by the name that it has beside its target, and what the
# header tells to do.
read_manifest() {
  { IFS= read -r manifest && IFS= read -r run; } <"$work/manifest" || :
  case $manifest in
    'keelson 1 '*) manifest=${manifest#keelson 1 } ;;
    *) fail "this is not a manifest of version 1" ;;
  esac
  run=${run#run } confirm_seconds='' takeover=''
  mkdir "$work/content"
  strangers=$work/content/strangers replaced=$work/content/replaced taken=$work/content/taken
  : >"$strangers"
  : >"$replaced"
  : >"$taken"
  wanted=$(awk -v dir="$work/content" -v named="$work/content/keelson.$$." -v items="$work/items" '
    BEGIN { printf "" >items }
    !body { body = /^$/
      if (sub(/^stranger\t/, "")) print >(dir "/strangers")
      if (sub(/^replaces\t/, "")) print >(dir "/replaced")
      if (sub(/^moves\t/, "")) print >(dir "/moved")
      if ($0 == "takeover") print >(dir "/takeover")
      if (/^takes\t/) print >(dir "/taken")
      if (sub(/^late\t/, "")) print >(dir "/late")
      next }
    /^\|/ { print substr($0, 2) >content; next }
    /^end$/ { whole = 1; exit }
    { if (n) close(content) }
    /^confirm\t/ { sub(/^confirm\t/, ""); print >(dir "/confirm"); next }
    { n++; content = named n ".dpkg-new"; print >items; print }
    END { exit !whole }' "$work/manifest") || fail "the manifest was cut on its way; run up again"
  [ ! -f "$work/content/takeover" ] || takeover=yes
  [ ! -f "$work/content/moved" ] || moved_items=$(cat "$work/content/moved")
  [ ! -f "$work/content/confirm" ] || read -r confirm_seconds <"$work/content/confirm"
  [ ! -f "$work/content/late" ] || be_late
}

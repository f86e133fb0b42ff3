# Kind `sshd`: what holds of a keyword of its configuration (`sshd -T`), whatever file says it. The file of the kit's
# that says it as well is an item of its own; where another one comes before it, that is told, and left to its owner.

order_sshd=89 waits_sshd=yes together_sshd=yes
# An sshd that cannot read the kit's own file says nothing.
echoes_sshd='value unreadable file /etc/ssh/sshd_config[.]d/10-keelson[.]conf'

observe_sshd() {
  {
    sshd_words
    printf 'names\n%s\n' "$1"
  } | awk -F '\t' '
    $0 == "names" { are_names = 1; next }
    !are_names { at = index($0, " "); word[substr($0, 1, at - 1)] = substr($0, at + 1); next }
    NF > 1 { value = word[tolower($2)]
      if (value == "without-password") value = "prohibit-password"
      print "sshd\t" $2 "\tvalue=" (value == "" ? "unreadable" : value) }'
}

SSHD_DIRECTORY=/run/sshd

# One "keyword value" a line; nothing where its configuration cannot be read. Without a directory that systemd takes away
# for a moment where sshd is started anew, it reads nothing.
sshd_words() {
  tries=0
  until [ -d "$SSHD_DIRECTORY" ] || [ "$tries" = 10 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  timeout -k 1 10 sshd -T 2>/dev/null || :
}

# The files were swapped, and sshd told, before.
# Usage: apply_sshd LINES
apply_sshd() {
  while IFS= read -r line <&3 && IFS= read -r sshd_line <&4; do
    take_name "$line"
    take_field value "$line"
    sshd_wanted=$field_value
    take_field value "$sshd_line"
    [ "$field_value" != "$sshd_wanted" ] || continue
    say warn "sshd $name_of_item is $field_value, not $sshd_wanted: $(sshd_sayers "$name_of_item")"
    excused=$excused"drift${TAB}sshd$TAB$name_of_item${TAB}value$TAB$field_value$TAB$sshd_wanted$NEWLINE"
  done 3<<WANTED 4<<SEEN
${1%"$NEWLINE"}
WANTED
$(observe_sshd "$1")
SEEN
}

# Which other files have a word to say of a keyword.
# Usage: sshd_sayers KEYWORD
sshd_sayers() {
  sshd_files=$(grep -D skip -lis "^[[:space:]]*$1[[:space:]=\"]" "$SSHD_FOLDER/sshd_config" "$SSHD_FOLDER"/sshd_config.d/*.conf |
    grep -v '/10-keelson\.conf$' | paste -s -d ' ' || :)
  if [ -n "$sshd_files" ]; then
    printf '%s comes first; take it out there' "$sshd_files"
  else
    printf '%s' '/etc/ssh/sshd_config does not include what lies in sshd_config.d; let it do so in its first line, as that of Debian'
  fi
}

# Its file takes it away.
remove_sshd() { stays=silent; }

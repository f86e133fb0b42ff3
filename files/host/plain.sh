# Text that others wrote: names on this host, what apps and programs print. Made fit for a terminal, the log and
# Pulumi's own messages, in this one place; components/lib/plain.ts says the same of what the look answers.

# Control characters, what hides or turns around what follows it, separators of lines, and bytes that are no UTF-8
# become \xNN; all else stays as it is. A function for awk.
# shellcheck disable=SC2016 # of awk's own
PLAIN='
    function plain(text,  out, n, i) {
      if (text !~ /[^\t -~]/) return text
      if (!("\1" in byte_shown)) for (i = 1; i < 256; i++) byte_shown[sprintf("%c", i)] = sprintf("\\x%02x", i)
      while (text != "") {
        if (match(text, /^[\t -~]+/)) n = RLENGTH
        else if (text !~ /^(\302[\200-\237\255]|\330\234|\341\240\216|\342\200[\213-\217\250-\256]|\342\201[\240-\257]|\357\273\277|\357\277[\271-\274\276\277]|\363\240[\200\201])/ && \
          match(text, /^([\302-\337]|\340[\240-\277]|[\341-\354\356\357][\200-\277]|\355[\200-\237]|\360[\220-\277][\200-\277]|[\361-\363][\200-\277][\200-\277]|\364[\200-\217][\200-\277])[\200-\277]/)) n = RLENGTH
        else n = 0
        out = out (n ? substr(text, 1, n) : byte_shown[substr(text, 1, 1)])
        text = substr(text, n ? n + 1 : 2)
      }
      return out
    }'

# Sets plain to one line of it, without a process where nothing but printable ASCII and our own arrow is in it.
# Usage: in_plain TEXT
in_plain() {
  plain=$1 plain_rest=$1
  while :; do
    case $plain_rest in *→*) plain_rest=${plain_rest%%→*}${plain_rest#*→} ;; *) break ;; esac
  done
  case $plain_rest in
    *[!\ -~]*) plain=$(printf '%s\n' "$1" | awk "$PLAIN"'{ printf "%s%s", (NR > 1 ? "\\x0a" : ""), plain($0) }') ;;
  esac
}

# The first line as it is, and each further one with a mark: what others said must not pass for words of the kit's own.
# Usage: with_marks < LINES
with_marks() {
  awk "$PLAIN"'NR == 1 { print plain($0); next } /^ *$/ { next } { sub(/^    ([|] )?/, ""); print "    | " plain($0) }'
}

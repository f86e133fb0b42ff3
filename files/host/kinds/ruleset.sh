# Kind `ruleset`: the live rules of the packet filter; the files that they are made of are items of their own.

order_ruleset=86 reader_ruleset=filter
echoes_ruleset='state missing unit keelson-filter.service'

observe_ruleset() {
  [ -n "$1" ] || return 0
  shown=$(filter_state)
  if [ "$shown" = missing ]; then shown=state=missing; else shown=rules=$shown; fi
  printf 'ruleset\t%s\t%s\n' "$(item_name "$1")" "$shown"
}

# The start of its unit may have done it.
apply_ruleset() {
  [ "$(filter_state)" != loaded ] || return 0
  limited "$JOB_LIMIT" systemctl reload-or-restart keelson-filter.service 2>"$work/complaints" ||
    fail "the packet filter cannot be loaded: $(cat "$work/complaints")
$(journalctl -u keelson-filter.service -n 12 --no-pager -o cat)"
}

# Its unit takes the rules away.
remove_ruleset() { stays=silent; }

# What an app said before it failed. It may have said anything: of any length, all in one line, or a file of holes; so
# much is read of it, for so long, and a rollout's unit has a limit of memory.

# Bytes.
SAID_LIMIT=65536

# The last lines of the instance's journal, or of its log file: enough for what Node.js says when it runs
# out of memory.
collect_evidence() {
  point_current_back
  evidence=$(
    answer_said
    name_unit "$key" && journal_of "$unit" 40
    [ "$health" != command ] || journal_of "$(app_unit "health@$key")" 15
    log_of "/var/log/$app/$key.log" "$work/logged.$key" | last_lines 40
  )
  name_refusal
}

# Usage: journal_of UNIT LINES. What it said since it was started.
journal_of() {
  timeout 10 journalctl --sync 2>/dev/null || :
  timeout 10 journalctl --no-pager -q -o cat -n "$2" --since "$since" -u "$1" 2>/dev/null | last_lines "$2"
}

# Usage: ended_how INSTANCE. Of one that runs anew systemd has forgotten it, and its journal has not.
ended_how() {
  how=$(name_unit "$1" && journal_of "$unit" 40 | sed -n 's/.*: Main process exited, code=exited, status=\([0-9]*\).*/exited with status \1/p
    s/.*: Main process exited, code=[a-z]*, status=\([0-9]*\).*/was ended by signal \1/p' | tail -n 1)
  printf '%s\n' "${how:-ended, and was started again}"
}

# Usage: log_of FILE FILE-WITH-ITS-SIZE-BEFORE. The end of what came since, however long the app has made it.
log_of() {
  is_there "$1" || return 0
  length=$(stat -c %s "$1") logged=0
  read -r logged 2>/dev/null <"$2" || :
  # It was rotated meanwhile.
  [ "$length" -ge "$logged" ] || logged=0
  since_then=$((length - logged))
  [ "$since_then" -le "$SAID_LIMIT" ] || since_then=$SAID_LIMIT
  tail -c "$since_then" "$1" 2>/dev/null | head -c "$SAID_LIMIT"
}

# Usage: last_lines NUMBER. Of what an app says, which may be of any length, and all one line; it may say its secrets.
last_lines() {
  tail -c "$SAID_LIMIT" | tr -d '\000' | tail -n "$1" | cut_secrets "${app:-}" | cut -c 1-300 | sed 's/^/    /'
}

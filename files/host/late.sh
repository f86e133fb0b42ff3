# What fails of one app holds back nothing of another: of a manifest that says late<TAB>NAMES the failure is noted, and
# told by the last command of the run. What comes after it of its own app, which names it, is held back.

LATE=/run/keelson/late

# Called when the header was read.
be_late() {
  mkdir -p "$LATE"
  rm -f "$LATE/$manifest"
  is_late_run=yes
  read -r names <"$work/content/late" || :
  for name in $names; do
    if ! failed_before "$name"; then continue; fi
    printf 'run %s of %s\n' "$run" "$server" >"$LATE/$manifest"
    printf 'held back, since %s failed\n' "$name"
    exit 0
  done
}

# Usage: failed_before NAME. In this run.
failed_before() { [ -f "$LATE/$1" ] && IFS= read -r late_run <"$LATE/$1" && [ "$late_run" = "run $run of $server" ]; }

# Usage: note_late STATUS. When the manifest has failed.
note_late() {
  {
    printf 'run %s of %s\n' "$run" "$server"
    cat "$work/failure" 2>/dev/null || printf 'keelson: %s ended with status %s; see %s\n' "$manifest" "$1" "$LOG"
  } >"$LATE/$manifest"
  printf 'failed %s: the end of this run says why, when the other apps have theirs\n' "$manifest"
}

# Fails with what failed in this run, and takes nothing away then.
tell_late() {
  said_late=''
  for late_file in "$LATE"/*; do
    if [ -f "$late_file" ] && failed_before "${late_file##*/}"; then said_late=yes && sed 1d "$late_file" >&2; fi
  done
  rm -rf "$LATE"
  [ -z "$said_late" ] || exit 1
}

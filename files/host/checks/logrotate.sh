# Check `logrotate`. It goes on without a file that has an error, and names it in words; what it named before
# is somebody else's.
before_logrotate() { logrotate_complaints; }
check_logrotate() { ! logrotate_complaints | grep -vxF -f "$1/complaints.logrotate"; }
logrotate_complaints() {
  set -- /etc/keelson/logrotate.d/*.conf
  [ -f "$1" ] || set --
  logrotate -d /etc/logrotate.conf "$@" 2>&1 | grep -i '^error:' || :
}

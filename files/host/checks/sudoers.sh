# Check `sudoers`. sudo goes on without a file that has an error, and names it in words; what it named before
# is somebody else's.
before_sudoers() { sudoers_complaints; }
check_sudoers() { ! sudoers_complaints | grep -vxF -f "$1/complaints.sudoers"; }
sudoers_complaints() { visudo -c 2>&1 | grep -v ': parsed OK$' || :; }

# Check `sshd`: its configuration and host keys.
check_sshd() { sshd -t; }

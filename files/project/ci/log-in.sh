#!/bin/sh
# Makes ready what Pulumi logs in with, and prints the variables that later commands need, as NAME=value:
# an SSH agent with the key, the servers' host keys, and GitLab's token for AWS. The key never touches a disk.
#
#   SSH_PRIVATE_KEY   text of a private key without a passphrase; empty: no server is reached
#   SSH_KNOWN_HOSTS   lines of a known_hosts file; empty: the stack file has the host keys
#   AWS_ID_TOKEN      GitLab's, which AWS takes for credentials of the role AWS_ROLE_ARN
set -eu
umask 077

if [ -n "${SSH_PRIVATE_KEY-}" ]; then
  eval "$(ssh-agent -s)" >/dev/null
  # A text area of a form may have sent carriage returns, and no line break at the end.
  printf '%s\n' "$SSH_PRIVATE_KEY" | tr -d '\r' | ssh-add -q -t 6h - || {
    ssh-agent -k >/dev/null
    echo 'SSH_PRIVATE_KEY: is no private key without a passphrase; give the text of one' >&2
    exit 1
  }
  echo "SSH_AUTH_SOCK=$SSH_AUTH_SOCK"
  echo "SSH_AGENT_PID=$SSH_AGENT_PID"
fi

if [ -n "${SSH_KNOWN_HOSTS-}" ]; then
  mkdir -p ~/.ssh
  printf '%s\n' "$SSH_KNOWN_HOSTS" | tr -d '\r' >>~/.ssh/known_hosts
fi

if [ -n "${AWS_ID_TOKEN-}" ] && [ -n "${AWS_ROLE_ARN-}" ]; then
  token=$(mktemp)
  printf '%s' "$AWS_ID_TOKEN" >"$token"
  echo "AWS_WEB_IDENTITY_TOKEN_FILE=$token"
fi

# What users and groups have in common.

# What is somebody else's, and what to do about it.
somebody_elses() {
  printf 'is there already, and Keelson did not make it; choose another name in the stack file, or remove it (%s NAME) if nobody needs it' "$1"
}

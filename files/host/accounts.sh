# What users and groups have in common.

# What is somebody else's, and what to do about it.
somebody_elses() {
  printf 'is there already, and Keelson did not make it; choose another name in the stack file, or remove it (%s NAME) if nobody needs it' "$1"
}

# Of names with commas between them. A function for awk.
# shellcheck disable=SC2016 # of awk's own
SORTED='
    function sorted(list,  part, n, i, j, t, out) {
      n = split(list, part, ",")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && part[j - 1] > part[j]; j--) {
        t = part[j]; part[j] = part[j - 1]; part[j - 1] = t }
      for (i = 1; i <= n; i++) out = out (i > 1 ? "," : "") part[i]
      return out
    }'

# What comes of all rows: which are echoes, which manifests are due, which texts are asked for. It belongs to the rule.

# Whether a run that failed has made an item: it is there, and a file as it was to become. A function for awk.
# shellcheck disable=SC2016 # of awk's own
WAS_MADE='
    function was_made(id, line) {
      if (!(id in seen) || (seen[id] "\t") ~ /\tstate=missing\t|\tforeign=|\ttype=/) return 0
      return id !~ /^file\t/ || (match(line, /\tsha256=[0-9a-f]*/) && index(seen[id], substr(line, RSTART, RLENGTH)))
    }'

# shellcheck disable=SC2016 # of awk's own
RULE=$RULE$WAS_MADE'

# What only follows from another difference is told once, by its cause.
function is_echo(i,  part, rule, n, j, word, cause, other, stale) {
  split(line_of[i], part, "\t")
  if (part[1] == "new") return 0
  stale = row_stale[i]; gsub(/[.]/, "[.]", stale); gsub(/ /, "|", stale)
  n = split(echo_rules[part[2]], rule, "\n")
  for (j = 1; j <= n; j++) {
    if (split(rule[j], word, " ") < 3 || part[4] !~ ("^(" word[1] ")$") || part[5] !~ ("^(" word[2] ")$")) continue
    cause = substr(rule[j], length(word[1]) + length(word[2]) + 3)
    gsub(/\{name\}/, part[3], cause)
    gsub(/\{stale\}/, stale, cause)
    for (other in caused) if (caused[other] ~ ("^(" cause ")")) return 1
  }
  return 0
}

function text_of(i,  part, changes) {
  split(line_of[i], part, "\t")
  if (part[2] != "file" || part[4] != "sha256" || (("file\t" part[3]) in secret)) return
  if (part[1] ~ /^(drift|found|own)$/ && part[5] != "") ask(part[3], "found", "")
  if (part[1] != "change") return
  if (index(any_line["stored", "file\t" part[3]] "\t", "\tsha256=" part[5] "\t")) ask(part[3], "applied", holder("file\t" part[3]))
  else if (part[5] != "") ask(part[3], "found", "")
}
function ask(path, which, manifest) { if (!((path, which) in asked)) { asked[path, which] = 1; print "text\t" path "\t" which "\t" manifest } }
function holder(id,  i) { for (i = 1; i <= stored_names; i++) if (("stored", stored_name[i], id) in known_line) return stored_name[i] }

function is_due(m,  i) {
  if (hash[m] != wanted_hash[m] || (("begun", m) in is_there)) return 1
  for (i = 1; i <= rows; i++) if (row_manifest[i] == m && !echo[i]) return 1
  return 0
}

# What others may want of it, or what becomes of it.
function leaves(line,  what, n, i, out) {
  what = trait[kind, "leaves"]
  n = read_state(line, was, was_key)
  if (what != "ports") return was[what]
  if (was["@type"] == "web" || was["@listen"] != "") for (i = 1; i <= n; i++) if (was_key[i] ~ /^[0-9]+$/) out = out (out == "" ? "" : ",") was_key[i]
  return out
}
# Of a manifest that was begun, and that nobody wants any more: what of it was made.
function gone_unfinished(from,  i, id, other, is_named) {
  for (i = 1; i <= begun_count[from]; i++) {
    id = begun_id[from, i]
    if ((id in wanted_by) || (id in told_gone) || !was_made(id, known_line["begun", from, id])) continue
    split(id, field, "\t"); kind = field[1]; name = field[2]
    if (kind != "tree" && remains(id, known_line["begun", from, id])) continue
    is_named = 0
    for (other = 1; other <= stored_names; other++)
      if (is_others(stored_name[other]) && (("stored", stored_name[other], id) in known_line)) is_named = 1
    if (is_named) continue
    told_gone[id] = 1
    row("gone", "", leaves(known_line["begun", from, id]), "")
  }
}

END {
  if (failed) exit 1
  for (m = 1; m <= manifests; m++) {
    current = manifest[m]
    for (i = 1; i <= items[m]; i++) {
      judge(item[m, i])
      id = kind "\t" name
      if (index(item[m, i] any_line["stored", id], "\t@secret=")) secret[id] = 1
    }
    if (mode != "settled") gone_from(current, 0)
  }
  if (mode == "look") for (m = 1; m <= stored_names; m++) {
    current = stored_name[m]
    if (!(current in is_wanted) && !is_others(current)) { gone_from(current, 1); left_over[++left_overs] = current }
  }
  # What a run that failed has made, of what nobody asks for any more.
  if (mode == "look") for (m = 1; m <= begun_names; m++) {
    current = begun_name[m]
    if ((current in is_wanted) || is_others(current)) continue
    if (!(("stored", current) in is_there)) left_over[++left_overs] = current
    gone_unfinished(current)
  }
  for (i = 1; i <= rows; i++) { split(line_of[i], field, "\t"); caused[i] = field[2] " " field[3] }
  for (i = 1; i <= rows; i++) echo[i] = is_echo(i)
  if (mode != "look") { for (i = 1; i <= rows; i++) print line_of[i] (echo[i] ? "\techo" : ""); exit }
  for (m = 1; m <= manifests + left_overs; m++) {
    current = m <= manifests ? manifest[m] : left_over[m - manifests]
    print "manifest\t" current "\t" (m > manifests ? "gone" : is_due(current) ? "due" : "applied")
    printf "%s", moves[current]
    for (i = 1; i <= rows; i++) if (row_manifest[i] == current && !echo[i]) print line_of[i]
  }
  for (i = 1; i <= rows; i++) text_of(i)
}'

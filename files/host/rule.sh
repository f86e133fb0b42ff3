# The rule itself, for awk; difference.sh says what it reads and prints.
# shellcheck disable=SC2016 # of awk's own
RULE='
function read_traits(  n, i, line, part) {
  n = split(ENVIRON["TRAITS"], line, "\n")
  for (i = 1; i <= n; i++) if (split(line[i], part, "\t") == 3) {
    if (part[2] == "echoes") echo_rules[part[1]] = echo_rules[part[1]] part[3] "\n"
    else trait[part[1], part[2]] = part[3] }
  n = split(ENVIRON["MOVED"], line, "\n")
  for (i = 1; i <= n; i++) is_moved[line[i]]
  n = split(ENVIRON["OWNERS"], line, "\n")
  for (i = 1; i <= n; i++) if (split(line[i], part, "\t") == 2) owner[part[1]] = part[2]
}
function has(list, word) { return index(" " list " ", " " word " ") }

# Of an item line: its state, and with @ before their names its instructions; the keys also in their order.
function read_state(line, into, keys,  part, n, i, at, count) {
  split("", into); split("", keys)
  n = split(line, part, "\t")
  for (i = 3; i <= n; i++) if ((at = index(part[i], "="))) {
    if (!(substr(part[i], 1, at - 1) in into)) keys[++count] = substr(part[i], 1, at - 1)
    into[substr(part[i], 1, at - 1)] = substr(part[i], at + 1) }
  return count + 0
}

function row(origin, key, from, to) {
  line_of[++rows] = origin "\t" kind "\t" name "\t" key "\t" from "\t" to
  row_manifest[rows] = current
  row_stale[rows] = have["@stale"]
}

BEGIN { read_traits() }
FNR == 1 { file = FILENAME; sub(/^.*\//, "", file); inside = 0; if (part != "given") is_there[part, file] = 1 }
part != "given" {
  if (!inside) { if ($0 == "") inside = 1; next }
  if (inside == 2 || /^\|/ || $1 == "confirm") next
  if ($0 == "end") { inside = 2; next }
  id = $1 "\t" $2
  known_line[part, file, id] = $0
  if (!((part, id) in any_line)) any_line[part, id] = $0
  if (part == "stored") { stored_id[file, ++stored_count[file]] = id; if (stored_count[file] == 1) stored_name[++stored_names] = file }
  else { begun_id[file, ++begun_count[file]] = id; if (begun_count[file] == 1) begun_name[++begun_names] = file }
  next
}
/^(observed|hashes|wanted)$/ { given = $0; next }
given == "observed" { seen[$1 "\t" $2] = $0; next }
given == "hashes" { path = $0; sub(/^.*\//, "", path); hash[path] = substr($0, 1, 64); next }
$1 == "manifest" { manifest[++manifests] = $2; is_wanted[$2] = 1; wanted_hash[$2] = $3; next }
NF < 2 || $1 == "confirm" { next }
{
  item[manifests, ++items[manifests]] = $0
  wanted_by[$1 "\t" $2] = 1
  holds[manifest[manifests], $1 "\t" $2] = 1
}

# Drift is what differs from what was applied last, unless a run that died, or a release that failed, left it so; or
# wrote what a service was not told any more. What drifted may have to change as well.
function tell(key, from, to) {
  if (key == "state" || key == "type") row("drift", key, from, key == "type" ? kind : key in was ? was[key] : to)
  else if ((key in left && left[key] == from) || (key == "config" && begun != "")) row("change", key, from, to)
  else if (follows(key, from)) row("change", key, from, to)
  else if (has(trait[kind, "lists"], key)) tell_list(key, from, to)
  else if (!(key in was)) row(key in want ? "change" : "drift", key, from, to)
  else if (was[key] == from) row("change", key, from, to)
  else { row("drift", key, from, was[key]); if (was[key] != to) row("change", key, was[key], to) }
}

# What is new, or about to go, did not drift.
function tell_list(key, from, to,  part, n, i) {
  n = split(from, part, ",")
  for (i = 1; i <= n; i++) if (!index("," was[key] "," to ",", "," part[i] ",")) {
    row("drift", key, from, key in was ? was[key] : to)
    if (key in was && was[key] != to) row("change", key, was[key], to)
    return
  }
  row("change", key, from, to)
}

# For mail@1 the own instructions of a member count: @mail.unit in place of @unit.
function follows(of_key, from,  rule, n, i, at, text, key, count, j, own) {
  n = split(trait[kind, "follows"], rule, ";")
  for (i = 1; i <= n; i++) {
    at = index(rule[i], "="); text = substr(rule[i], 1, at - 1)
    count = split(substr(rule[i], at + 1), key, " ")
    for (j = 1; j <= count; j++) {
      own = "@" substr(of_key, 1, index(of_key, "@") - 1) "." substr(key[j], 2)
      if (own in was || own in want) key[j] = own
      if (was[key[j]] == want[key[j]]) break
      at = index(text, "{" key[j] "}")
      if (at) text = substr(text, 1, at - 1) substr(was[key[j]], 1, 8) substr(text, at + length(key[j]) + 2)
    }
    if (j > count && text == from) return 1
  }
  return 0
}

# What a service reads counts for the manifest that holds the file.
function config(paths,  path, n, i) {
  n = split(paths, path, " ")
  for (i = 1; i <= n; i++)
    if ((current, "file\t" path[i]) in holds || (current, "link\t" path[i]) in holds || (current, "absent\t" path[i]) in holds)
      return "stale"
  return "current"
}

# What is there already, and neither of the kit nor as a package brought it, is refused unless it may be taken over.
function found_as(key) { return whose == "somebody" && takeover == "" && have[key] != "" && has(trait[kind, "own"], key) ? "own" : "found" }

# What was never applied: missing, or there already.
function judge_unknown(  i, key, nothing, differing, some) {
  nothing = trait[kind, "nothing"]
  differing = 0; some = ""
  for (i = 1; i <= wanted_keys; i++) if ((key = want_key[i]) !~ /^@/ && have[key] != want[key]) {
    differing++
    if (key == "state") { row("new", key, have[key], want[key]); return }
    if (have[key] != "" && !has(nothing, have[key])) some = key
  }
  if (differing && nothing != "" && some == "") { row("new", "state", "missing", "present"); return }
  for (i = 1; i <= wanted_keys; i++) if ((key = want_key[i]) !~ /^@/ && have[key] != want[key])
    row(key in left && left[key] == have[key] ? "change" : found_as(key), key, have[key], want[key])
  for (i = 1; i <= had_keys; i++) if ((key = have_key[i]) !~ /^@/ && !(key in want))
    row(found_as(key), key, have[key], key == "type" ? kind : "")
}

function judge_known(  i, key) {
  for (i = 1; i <= wanted_keys; i++) if ((key = want_key[i]) !~ /^@/ && have[key] != want[key])
    tell(key, have[key], want[key])
  for (i = 1; i <= had_keys; i++) if ((key = have_key[i]) !~ /^@/ && !(key in want)) tell(key, have[key], "")
}

function is_silent(key) { sub(/^@[a-z][a-z0-9-]*[.]/, "@", key); return has(trait[kind, "silent"], key) }

function judge_instructions(  i, key) {
  for (i = 1; i <= wanted_keys; i++) if ((key = want_key[i]) ~ /^@/ && !is_silent(key) && was[key] != goal[key])
    row("change", substr(key, 2), was[key], goal[key])
  for (i = 1; i <= was_keys; i++) if ((key = was_key[i]) ~ /^@/ && !(key in goal) && !is_silent(key))
    row("change", substr(key, 2), was[key], "")
}

function judge(line,  id, before, is_known, is_first, key) {
  split(line, field, "\t"); kind = field[1]; name = field[2]; id = kind "\t" name
  if (!(id in seen)) { print "keelson: nothing could be found out about " kind " " name >"/dev/stderr"; failed = 1; exit 1 }
  is_first = !(id in judged); judged[id] = 1
  before = mode == "settled" ? line : (("stored", current, id) in known_line) ? known_line["stored", current, id] : any_line["stored", id]
  begun = mode == "settled" ? "" : (("begun", current, id) in known_line) ? known_line["begun", current, id] : any_line["begun", id]
  is_known = before != ""
  wanted_keys = read_state(line, want, want_key); had_keys = read_state(seen[id], have, have_key)
  was_keys = read_state(before, was, was_key); read_state(begun, left, left_key)
  read_state(line, goal, goal_key)
  whose = have["@whose"]
  if ("foreign" in have) { if (is_first) row("foreign", "", have["foreign"], ""); return }
  if ("config" in want && have["state"] != "missing") { have["config"] = config(have["@stale"]); had_keys = 0 + had_keys }
  # Named by a manifest before: told there, but for what the service was not told of this one.
  if (!is_first) {
    if ("config" in want && have["config"] == "stale") { if (is_known) tell("config", "stale", "current"); else row("found", "config", "stale", "current") }
    return
  }
  # Of a thing that is missing, or is something else, that is the one difference worth telling.
  if (have["state"] == "missing" && !("state" in want)) { only("state", "present"); want["state"] = "present" }
  else if (have["state"] == "missing") only("state", want["state"])
  if ("type" in have) { split("", want); wanted_keys = 0; key = have["type"]; split("", have); have["type"] = key; had_keys = 1; have_key[1] = "type" }
  if (is_known) judge_known()
  else judge_unknown()
  if (is_known && !("state" in have && have["state"] == "missing")) judge_instructions_of(line)
}
function only(key, value,  i, missing) {
  missing = have["state"]
  split("", want); want[key] = value; want_key[1] = key; wanted_keys = 1
  split("", have); have["state"] = missing; had_keys = 0
}
function judge_instructions_of(line) { wanted_keys = read_state(line, want, want_key); judge_instructions() }

# Whether an item stays when nothing names it any more, and goes with the rest of its manifest alone.
function remains(id, line,  stays) {
  split(id, field, "\t"); stays = trait[field[1], "stays"]
  return stays == "always" || (stays != "" && index(line "\t", "\t" stays "="))
}

function gone_from(from, is_whole,  i, id, other, is_named) {
  for (i = 1; i <= stored_count[from]; i++) {
    id = stored_id[from, i]
    if (mode == "look" && (id in wanted_by) && (from in is_wanted) && !((from, id) in holds)) moves[from] = moves[from] "moves\t" id "\n"
    if (id in wanted_by || id in told_gone || id in is_moved || (remains(id, known_line["stored", from, id]) && !(is_whole && id ~ /^tree\t/))) continue
    is_named = 0
    for (other = 1; other <= stored_names; other++)
      if (stored_name[other] != from && (mode != "look" || is_others(stored_name[other])) && (("stored", stored_name[other], id) in known_line)) is_named = 1
    if (is_named) continue
    told_gone[id] = 1
    split(id, field, "\t"); kind = field[1]; name = field[2]
    row("gone", "", leaves(known_line["stored", from, id]), "")
  }
}
# Another server of the stack has it.
function is_others(manifest) { return owner[manifest] != "" && server != "" && owner[manifest] != server }
'

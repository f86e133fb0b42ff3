# The apps of a host, for files/host/status/join.sh: their instances, jobs, releases and rollouts.

# shellcheck disable=SC2016 # of awk
STATUS_APPS='
    # systemctl prints the properties of a unit in an order of its own, units apart by an empty line.
    function read_units(  line, at, name, key, got) {
      while ((getline line < (dir "/show")) > 0) {
        if (line != "") { at = index(line, "="); got[substr(line, 1, at - 1)] = substr(line, at + 1) }
        else { store(got); split("", got) }
      }
      store(got)
    }
    function store(got,  key) {
      for (key in got) if (key != "Id") unit[got["Id"] " " key] = got[key]
    }
    function moment(text) { sub(/^@/, "", text); return number(text) }
    # What Monit heard: of each check of a program when it was asked, its result and what it said. Monit hears of one that
    # it started in its last round, as it starts the next.
    function read_monit(  line, part, name, said, round, n, is_quoted) {
      RS = "<service "
      while ((getline line < (dir "/monit")) > 0) {
        # What an app says may look like the beginning of another check.
        if (is_quoted) { is_quoted = !index(line, "]]>"); continue }
        n = split(line, part, /<!\[CDATA\[/); is_quoted = n > 1 && !index(part[n], "]]>")
        name = tag(line, "name")
        if (line ~ /<poll>/) round = tag(line, "poll")
        if (line !~ /^type="7"/ || line !~ /<program>/) continue
        said = line
        sub(/.*<output>(<!\[CDATA\[)?/, "", said); sub(/(]]>)?<\/output>.*/, "", said); gsub(/[\t\n]+/, " ", said); sub(/ +$/, "", said)
        heard[name] = tag(line, "started", "program") - round "\t" (tag(line, "status", "program") == "0" ? "good" : "bad") "\t" plain(substr(said, 1, 400))
      }
      RS = "\n"
    }
    # Usage: tag(TEXT, NAME [, AFTER]). What is in the first one of that name, after the beginning of another.
    function tag(text, name, after,  at, end) {
      if (after != "") { at = index(text, "<" after ">"); if (!at) return ""; text = substr(text, at + length(after) + 2) }
      at = index(text, "<" name ">"); if (!at) return ""
      text = substr(text, at + length(name) + 2); end = index(text, "</"); return substr(text, 1, end - 1)
    }
    function read_releases(  line, part, path, n) {
      while ((getline line < (dir "/releases")) > 0) {
        split(line, part, "\t"); n = split(part[2], path, "/")
        if (path[n] == "order") { ordered[path[n - 1]] = int(part[1]); continue }
        if (path[n] == "current") { since[path[n - 1]] = int(part[1]); sub(/.*\//, "", part[3]); current[path[n - 1]] = part[3]; continue }
        # Those of another tool have names of digits, too.
        if (path[n] ~ /^[0-9a-f]+$/ && length(path[n]) == 64) kept[path[3]] = kept[path[3]] " " part[1] ":" substr(path[n], 1, 8)
      }
    }
    # In microseconds.
    function read_timers(  text, line, n, i, part) {
      while ((getline line < (dir "/timers")) > 0) text = text line
      n = split(text, part, "}")
      for (i = 1; i <= n; i++) next_run[json_text(part[i], "unit")] = json_number(part[i], "next")
    }
    function json_text(text, key,  at) { at = index(text, "\"" key "\":\""); if (!at) return ""; text = substr(text, at + length(key) + 4); return substr(text, 1, index(text, "\"") - 1) }
    function json_number(text, key,  at) { at = index(text, "\"" key "\":"); if (!at) return ""; text = substr(text, at + length(key) + 3); sub(/[^0-9].*/, "", text); return text > 0 ? substr(text, 1, length(text) - 6) : "" }

    function apps(  line, item, part, n, i) {
      while ((getline line < (dir "/apps")) > 0) { n = split(line, part, "\t"); if (!(part[2] in item)) { item[part[2]] = line; names[++many] = part[2] } }
      for (i = 1; i <= many; i++) app(names[i], item[names[i]])
      if (newest != "") print "deploy", newest
    }
    function app(name, line,  n, i, part, type, key) {
      type = "web"; n = split(line, part, "\t")
      for (i = 3; i <= n; i++) if (part[i] ~ /^@type=/) type = substr(part[i], 7)
      print "app", name, plain(type), name in current ? plain(substr(current[name], 1, 8)) : "", since[name]
      releases(name); rolled(name)
      for (i = 3; i <= n; i++) {
        key = substr(part[i], 1, index(part[i], "=") - 1)
        if (key ~ /^([a-z][a-z0-9-]*@)?[0-9]+$/) instance(name, type, key)
      }
      if (type == "job") job(name, "")
      for (i = 3; i <= n; i++)
        if (part[i] ~ /^@[a-z][a-z0-9-]*[.]job=/) job(name, substr(part[i], 2, index(part[i], ".") - 2))
    }
    # The youngest first.
    function releases(name,  n, part, i, j, rest) {
      n = split(kept[name], part, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && part[j] + 0 > part[j - 1] + 0; j--) { rest = part[j]; part[j] = part[j - 1]; part[j - 1] = rest }
      for (i = 1; i <= n; i++) { sub(/.*:/, "", part[i]); print "kept", name, part[i] }
    }
    function rolled(name,  file, run, by, reason, result, line) {
      if (!(name in ordered)) return
      file = state "/rollouts/" name "/order"
      getline run < file; getline by < file; getline reason < file; close(file)
      result = one_line(state "/rollouts/" name "/result")
      if (unit["keelson-rollout-" name ".service ActiveState"] ~ /^(active|activating|deactivating)$/) result = "running"
      else result = result == "0" ? "done" : result == "" || result == "143" ? "interrupted" : "failed"
      line = name OFS ordered[name] OFS plain(by) OFS plain(run) OFS result OFS plain(reason)
      print "rollout", line
      if (result == "failed" || result == "interrupted") is_wrong("the last rollout of " name " " (result == "failed" ? "failed" : "was interrupted"))
      deployed(name, run == "restart" ? came_last(name) : line)
    }
    # A restart by hand deploys nothing: the release that came last did.
    function came_last(name,  line, part, file) {
      file = state "/rollouts/" name "/history"
      while ((getline line < file) > 0) split(line, part, "\t")
      close(file)
      return part[1] == "" ? "" : name OFS int(part[1]) OFS plain(part[3]) OFS "" OFS "done" OFS ""
    }
    function deployed(name, line,  part) {
      split(line, part, OFS)
      if (line != "" && part[2] >= newest_at) { newest_at = part[2]; newest = line }
    }
    # A member is of the name before the at sign in its key: mail@1 is shop-mail@1.service, and no port.
    function instance(name, type, key,  id, member, check, active, from, pid, memory, cpu, used, words, part) {
      member = ""; if (index(key, "@")) member = substr(key, 1, index(key, "@") - 1)
      id = name (member == "" ? "@" : "-") key ".service"; active = unit[id " ActiveState"]; told[id]
      check = name "-" key; sub(/@/, "-", check)
      pid = unit[id " MainPID"] + 0
      from = moment(active ~ /^(active|reloading)$/ ? unit[id " ActiveEnterTimestamp"] : unit[id " StateChangeTimestamp"])
      memory = number(unit[id " MemoryCurrent"])
      if (active == "" || active ~ /^(inactive|failed)$/) pid = 0
      if (!pid) memory = ""
      # Where the kernel does not count it for a group of processes.
      if (pid && (memory == "" || length(memory) > 16)) memory = resident(unit[id " ControlGroup"], pid)
      used = pid ? number(unit[id " CPUUsageNSec"]) : ""
      if (length(used) > 18) used = ""
      if (used != "") {
        used = used / 1e9
        print id, pid, sprintf("%.3f", used) > (dir "/sample")
        if ((id " " pid) in sample && used >= sample[id " " pid]) cpu = share(used - sample[id " " pid], span)
        else if (now > from) cpu = share(used, now - from)
        used = sprintf("%.3f", used)
      }
      split(heard[check], part, "\t")
      # What it heard of one that ran before, or that was about to listen, says nothing of this one.
      if (active != "active" || part[1] <= from) split("", part)
      print "instance", name, key, id, type == "worker" || member != "" ? "" : key, active == "" ? "unknown" : plain(active), plain(unit[id " SubState"]), from, \
        active ~ /^(active|reloading)$/ && from != "" ? now - from : "", unit[id " NRestarts"] + 0, pid ? pid : "", memory, limit(unit[id " MemoryMax"]), cpu, used, \
        part[2], part[1], part[2] == "bad" ? part[3] : "", member
      if (active == "failed") is_wrong(id " failed")
      else if (active !~ /^(active|reloading)$/) is_wrong(id " is " (unit[id " SubState"] == "auto-restart" ? "restarting" : active == "" ? "unknown" : plain(active)))
      else if (part[2] == "bad" && part[1] - from > 60) is_wrong(id " is unhealthy")
    }
    function limit(text) { return text ~ /^[0-9]+$/ && length(text) < 17 ? text : "" }
    # In bytes: of all processes of a control group, else of one.
    function resident(group, pid,  one, sum, line, part) {
      while ((getline one < (root "/sys/fs/cgroup" group "/cgroup.procs")) > 0) pids[one] = group
      pids[pid] = group
      for (one in pids) if (pids[one] == group)
        while ((getline line < (root "/proc/" one "/status")) > 0) if (line ~ /^VmRSS:/) { split(line, part, /[: \t]+/); sum += part[2] }
      return sum ? whole(sum * 1024) : ""
    }
    # Of an app that is one, or of a member.
    function job(name, member,  own, id, active) {
      own = name (member == "" ? "" : "-" member); id = own ".service"; active = unit[id " ActiveState"]; told[id]
      print "job", name, id, active == "" ? "unknown" : plain(active), moment(unit[id " ExecMainStartTimestamp"]), moment(unit[id " ExecMainExitTimestamp"]), plain(unit[id " Result"]), next_run[own ".timer"], member
      if (unit[id " Result"] != "success" && unit[id " Result"] != "") is_wrong(own ": the last run ended with " plain(unit[id " Result"]))
    }'

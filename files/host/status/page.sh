# The status as one page, complete without JavaScript: files/server/status/ has its style, and what renews it in place.

# Usage: status_page < RECORDS
status_page() {
  awk -F '\t' -v history="$STATUS_PLACE/history" -v soon="$CERTIFICATE_DAYS" "$STATUS_FORMS$STATUS_WORDS$STATUS_PLOTS$STATUS_SECTIONS"'
    BEGIN { NB = "\302\240" }
    $1 == "at" { at = $2 }
    $1 == "problem" { problem[++problems] = $2 }
    $1 == "host" { for (i = 2; i <= NF; i++) host[i] = $i }
    $1 == "disk" { disk[++disks] = $0 }
    $1 == "updates" { updates = $0 }
    $1 == "app" { app[++apps] = $0 }
    $1 == "kept" { kept[$2]++ }
    $1 == "rollout" { rollout[$2] = $0 }
    $1 == "instance" { instance[$2 " " ++instances[$2]] = $0 }
    $1 == "job" { job[$2 " " ++jobs[$2]] = $0 }
    $1 == "deploy" { deploy = $0 }
    $1 == "repair" { repair = $0 }
    $1 == "certificate" { certificate[++certificates] = $0 }
    $1 == "failed" { failed[++failures] = $2 }
    $1 == "end" { whole = 1 }
    END {
      if (!whole) exit 1
      read_history()
      document()
    }'
}

# What stands where, for awk.
# shellcheck disable=SC2016 # of awk
STATUS_SECTIONS='
    function document(  i, words) {
      words = problems ? problems (problems == 1 ? " problem" : " problems") : "all is well"
      print "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      print "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">"
      print "<title>" esc(host[2]) ": " words "</title>\n<link rel=\"icon\" href=\"" icon() "\">\n<link rel=\"stylesheet\" href=\"style.css\">"
      print "<script src=\"script.js\" defer></script>\n<noscript><meta http-equiv=\"refresh\" content=\"60\"></noscript>\n</head>\n<body>"
      print "<header>\n<h1>" esc(host[2]) "</h1>\n<p class=\"all " (problems ? "bad" : "ok") "\">" shape(problems ? "bad" : "ok") words "</p>"
      print "<p class=\"when\">As of <time datetime=\"" iso(at) "\">" clock(at) "</time><span id=\"stale\" role=\"status\"></span></p>\n</header>\n<main>"
      if (problems) {
        print "<section aria-labelledby=\"problems\">\n<h2 id=\"problems\">Problems</h2>\n<ul class=\"problems\">"
        for (i = 1; i <= problems; i++) print "<li>" shape("bad") "<span>" esc(problem[i]) "</span></li>"
        print "</ul>\n</section>"
      }
      system_section()
      print "<section class=\"apps\" aria-labelledby=\"apps\">\n<h2 id=\"apps\">Apps</h2>"
      if (!apps) print "<p class=\"none\">No app has been deployed here yet.</p>"
      for (i = 1; i <= apps; i++) app_section(app[i])
      print "</section>"
      last_section()
      print "</main>\n<footer><p>Written each minute by Keelson. The same as <a href=\"status.json\">JSON</a> and as <a href=\"metrics\">metrics</a>.</p></footer>\n</body>\n</html>"
    }
    function icon() {
      return "data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 16 16%27%3E" \
        (problems ? "%3Cpath d=%27M8 1l7 14H1z%27 fill=%27%23c62828%27/%3E" : "%3Ccircle cx=%278%27 cy=%278%27 r=%277%27 fill=%27%231a7f37%27/%3E") "%3C/svg%3E"
    }
    function system_section(  i, part, share) {
      print "<section aria-labelledby=\"host\">\n<h2 id=\"host\">Host</h2>\n<div class=\"tiles\">"
      share = 100 * (1 - host[13] / host[12])
      tile("CPU", percent(host[10]), host[6] (host[6] == 1 ? " core" : " cores"), plot("cpu", 100, "%"))
      tile("Load", host[7], host[8] " &middot; " host[9] " over 5 and 15 min", plot("load", host[6], ""))
      tile("Memory", percent(share), bytes(host[12] - host[13]) " of " bytes(host[12]) (host[14] > 0 ? ", swap " bytes(host[15]) " of " bytes(host[14]) : ""), plot("memory", 100, "%"))
      for (i = 1; i <= disks; i++) {
        split(disk[i], part, "\t")
        tile("Disk <span class=\"path\">" esc(part[8]) "</span>", part[4] NB "%", bytes(part[2] - part[3]) " free of " bytes(part[2]) (part[7] == "" ? "" : ", inodes" NB part[7] NB "%"), bar(part[4]))
      }
      print "</div>\n<dl class=\"facts\">"
      fact("Up", span(at - host[5]) ", since " moment(host[5]))
      fact("Debian", esc(host[3]) ", kernel " esc(host[4]))
      if (split(updates, part, "\t") > 1)
        fact("Updates", (part[3] > 0 ? shape("warn") : "") (part[2] > 0 ? part[2] " pending" (part[3] > 0 ? ", " part[3] " of them for security" : "") : "none") (part[4] == "" ? "" : ", by lists of " moment(part[4])))
      fact("Reboot", host[16] ? shape("warn") "needed for an update" : "not needed")
      print "</dl>\n</section>"
    }
    function tile(name, value, more, drawn) { print "<div class=\"tile\"><h3>" name "</h3><p class=\"value\">" value "</p><p class=\"more\">" more "</p>" drawn "</div>" }
    function fact(name, value) { print "<div><dt>" name "</dt><dd>" value "</dd></div>" }
    function app_section(line,  part, name, i, id) {
      split(line, part, "\t"); name = part[2]; id = "app-" esc(name)
      print "<article aria-labelledby=\"" id "\">\n<div class=\"head\"><h3 id=\"" id "\">" esc(name) " <span class=\"type\">" esc(part[3]) "</span></h3>"
      print "<p class=\"more\">" (part[4] == "" ? "no release in service" : "release <code>" esc(part[4]) "</code> since " moment(part[5])) (kept[name] > 1 ? ", " kept[name] - 1 " to go back to" : "") rolled(rollout[name]) "</p>"
      if (name in instances) print "<div class=\"plots\"><div><span>CPU</span>" plot("cpu " name, 10, "% of a core") "</div><div><span>Memory</span>" plot("memory " name, 1048576, "B") "</div></div>"
      print "</div>"
      for (i = 1; i <= jobs[name]; i++) job_facts(job[name " " i])
      if (name in instances) table(name)
      else if (!jobs[name]) print "<p class=\"none\">It has no instances" (part[3] == "static" ? ": nginx serves its files." : ".") "</p>"
      print "</article>"
    }
    function rolled(line,  part) {
      if (split(line, part, "\t") < 6 || part[6] == "done") return ""
      return "<br>" shape(part[6] == "running" ? "wait" : "bad") "the rollout of " moment(part[3]) " by " esc(part[4]) " " (part[6] == "running" ? "goes on" : part[6] == "failed" ? "failed" : "was interrupted")
    }
    function table(name,  i, part, state, words) {
      print "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\" class=\"some\">Instance</th><th scope=\"col\">State</th><th scope=\"col\" class=\"n some\">Up</th><th scope=\"col\" class=\"n few\">Restarts</th><th scope=\"col\" class=\"n few\">CPU</th><th scope=\"col\" class=\"n much\">Memory</th></tr></thead>\n<tbody>"
      for (i = 1; i <= instances[name]; i++) {
        split(instance[name " " i], part, "\t"); state_of(part)
        print "<tr class=\"" sign "\"><th scope=\"row\" title=\"" esc(part[4]) "\">" esc(part[3]) "</th><td class=\"state\">" shape(sign) said "</td><td class=\"n\">" (part[9] == "" ? none() : span(part[9])) "</td><td class=\"n\">" part[10] "</td><td class=\"n\">" \
          (part[14] == "" ? none() : percent(part[14])) "</td><td class=\"n\">" (part[12] == "" ? none() : bytes(part[12])) (part[12] != "" && part[13] != "" ? "<span class=\"of\"> of " bytes(part[13]) "</span>" : "") "</td></tr>"
        if (part[18] != "") print "<tr class=\"detail\"><td colspan=\"6\">" esc(part[18]) "</td></tr>"
      }
      print "</tbody>\n</table></div>"
    }
    # Sets sign and said.
    function state_of(part) {
      sign = "ok"; said = esc(part[6])
      if (part[6] == "failed" || part[6] == "unknown") sign = "bad"
      else if (part[7] == "auto-restart") { sign = "warn"; said = "restarting" }
      else if (part[6] != "active" && part[6] != "reloading") sign = part[6] == "inactive" ? "bad" : "wait"
      else if (part[16] == "bad") { sign = "warn"; said = "unhealthy" }
      else if (part[16] == "good") said = "healthy"
    }
    function job_facts(line,  part, sign, of) {
      split(line, part, "\t"); of = part[9] == "" ? "" : " (" esc(part[9]) ")"
      sign = part[7] == "success" ? "ok" : "bad"
      print "<dl class=\"facts\">"
      if (part[4] ~ /^(active|activating)$/) fact("Now" of, shape("wait") "runs since " moment(part[5]))
      fact("Last run" of, part[5] == "" ? "none yet" : moment(part[5]) (part[6] == "" || part[6] < part[5] ? "" : ", for " span(part[6] - part[5]) ": " shape(sign) (sign == "ok" ? "ended well" : esc(part[7]))))
      fact("Next run" of, part[8] == "" ? "not planned" : moment(part[8]))
      print "</dl>"
    }
    function last_section(  part, i) {
      print "<section aria-labelledby=\"last\">\n<h2 id=\"last\">Changes and care</h2>\n<dl class=\"facts\">"
      if (split(deploy, part, "\t") > 5) fact("Last deploy", esc(part[2]) ", " moment(part[3]) " by " esc(part[4]) ": " (part[6] == "done" || part[6] == "running" ? "" : shape("bad")) esc(part[6]))
      else fact("Last deploy", "none yet")
      if (split(repair, part, "\t") > 3) fact("Last drift repaired", moment(part[2]) ": " esc(part[4])); else fact("Last drift repaired", "none")
      for (i = 1; i <= certificates; i++) { split(certificate[i], part, "\t"); fact("Certificate", (part[4] < (part[5] == "" ? soon : part[5]) ? shape(part[4] < 0 ? "bad" : "warn") : "") "<span class=\"path\">" esc(part[2]) "</span> " (part[4] < 0 ? "ended " : "ends ") moment(part[3])) }
      for (i = 1; i <= failures; i++) fact("Failed unit", shape("bad") esc(failed[i]))
      print "</dl>\n</section>"
    }'

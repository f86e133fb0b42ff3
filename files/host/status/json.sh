# The status as JSON: a record is an object, text is escaped, times are ISO 8601 in UTC, and what is not known is null.

# Functions for awk, for all forms of the status.
# shellcheck disable=SC2016 # of awk
STATUS_FORMS='
    # 2026-11-28T20:41:07Z
    function iso(time,  days, y, m, d, rest) {
      days = int(time / 86400); rest = time - days * 86400; days += 719468
      era = int(days / 146097); days -= era * 146097
      y = int((days - int(days / 1460) + int(days / 36524) - int(days / 146096)) / 365)
      days -= 365 * y + int(y / 4) - int(y / 100)
      m = int((5 * days + 2) / 153); d = days - int((153 * m + 2) / 5) + 1
      m = m < 10 ? m + 3 : m - 9; y += era * 400 + (m <= 2)
      return sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", y, m, d, int(rest / 3600), int(rest / 60) % 60, rest % 60)
    }'

# Usage: status_json < RECORDS
status_json() {
  awk -F '\t' "$STATUS_FORMS"'
    function text(value) { gsub(/["\\]/, "\\\\&", value); return "\"" value "\"" }
    function text_or_null(value) { return value == "" ? "null" : text(value) }
    function number(value) { return value == "" ? "null" : value }
    function time(value) { return value == "" ? "null" : "\"" iso(value) "\"" }
    function list(values) { return "[" values "]" }
    function add(values, value) { return values (values == "" ? "" : ", ") value }
    function rollout(from) { return "{ \"at\": " time($from) ", \"by\": " text($(from + 1)) ", \"run\": " text($(from + 2)) ", \"result\": " text($(from + 3)) ", \"reason\": " text($(from + 4)) " }" }
    $1 == "at" { at = $2 }
    $1 == "problem" { problems = add(problems, text($2)) }
    $1 == "host" {
      host = "\"name\": " text($2) ", \"debian\": " text_or_null($3) ", \"kernel\": " text($4) ", \"upSince\": " time($5) \
        ",\n    \"cores\": " number($6) ", \"load1\": " number($7) ", \"load5\": " number($8) ", \"load15\": " number($9) ", \"cpuPercent\": " number($10) \
        ",\n    \"memoryBytes\": " number($12) ", \"memoryAvailableBytes\": " number($13) ", \"swapBytes\": " number($14) ", \"swapUsedBytes\": " number($15)
      reboot = $16 == "1" ? "true" : "false"
    }
    $1 == "disk" {
      disks = disks (disks == "" ? "" : ",") "\n      { \"path\": " text($8) ", \"bytes\": " number($2) ", \"usedBytes\": " number($3) ", \"usedPercent\": " number($4) \
        ", \"inodes\": " number($5) ", \"inodesUsed\": " number($6) ", \"inodesUsedPercent\": " number($7) " }"
    }
    $1 == "updates" { updates = "{ \"pending\": " $2 ", \"security\": " $3 ", \"listsAt\": " time($4) " }" }
    $1 == "app" { app[++apps] = $2; head[$2] = "\"name\": " text($2) ", \"type\": " text($3) ", \"release\": " text_or_null($4) ", \"releaseSince\": " time($5) }
    $1 == "kept" { kept[$2] = add(kept[$2], text($3)) }
    $1 == "rollout" { rollouts[$2] = rollout(3) }
    $1 == "deploy" { deploy = "{ \"app\": " text($2) ", " substr(rollout(3), 3) }
    $1 == "instance" {
      instances[$2] = instances[$2] (instances[$2] == "" ? "" : ",") "\n        { \"key\": " text($3) ", \"member\": " text_or_null($19) ", \"unit\": " text($4) ", \"port\": " number($5) \
        ", \"state\": " text($6) ", \"substate\": " text_or_null($7) ", \"since\": " time($8) ", \"uptimeSeconds\": " number($9) ", \"restarts\": " number($10) \
        ", \"pid\": " number($11) ", \"memoryBytes\": " number($12) ", \"memoryLimitBytes\": " number($13) ", \"cpuPercent\": " number($14) \
        ", \"health\": " ($16 == "" ? "null" : "{ \"good\": " ($16 == "good" ? "true" : "false") ", \"answer\": " text($18) ", \"at\": " time($17) " }") " }"
    }
    $1 == "job" {
      jobs[$2] = jobs[$2] (jobs[$2] == "" ? "" : ",") "\n        { \"member\": " text_or_null($9) ", \"unit\": " text($3) ", \"state\": " text($4) ", \"startedAt\": " time($5) ", \"endedAt\": " time($6) ", \"result\": " text_or_null($7) ", \"nextAt\": " time($8) " }"
    }
    $1 == "repair" { repair = "{ \"at\": " time($2) ", \"run\": " text($3) ", \"text\": " text($4) " }" }
    $1 == "certificate" { certificates = add(certificates, "{ \"path\": " text($2) ", \"expiresAt\": " time($3) ", \"days\": " $4 " }") }
    $1 == "failed" { failed = add(failed, text($2)) }
    $1 == "end" { whole = 1 }
    function null(value) { return value == "" ? "null" : value }
    END {
      if (!whole) exit 1
      printf "{\n  \"version\": 1,\n  \"at\": \"%s\",\n  \"problems\": [%s],\n", iso(at), problems
      printf "  \"host\": {\n    %s,\n    \"disks\": [%s\n    ],\n    \"updates\": %s, \"rebootNeeded\": %s\n  },\n", host, disks, null(updates), reboot
      printf "  \"apps\": ["
      for (i = 1; i <= apps; i++) {
        name = app[i]
        printf "%s\n    { %s,\n      \"kept\": [%s],\n      \"rollout\": %s,\n      \"instances\": [%s],\n      \"jobs\": [%s] }", (i > 1 ? "," : ""), head[name], kept[name], null(rollouts[name]), instances[name], jobs[name]
      }
      printf "\n  ],\n  \"lastDeploy\": %s,\n  \"lastRepair\": %s,\n  \"certificates\": [%s],\n  \"failedUnits\": [%s]\n}\n", null(deploy), null(repair), certificates, failed
    }'
}

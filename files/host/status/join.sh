# From what was gathered to records: fields apart by tabs, times in seconds since 1970, nothing where nothing is known.
# What others wrote is made fit to be read (files/host/plain.sh) as it comes in.

# Usage: join_status DIRECTORY. Leaves the next sample there.
join_status() {
  awk -F '\t' -v dir="$1" -v cache="$STATUS_CACHE" -v root="$HOST_ROOT" -v state="$STATE" -v soon="$CERTIFICATE_DAYS" -v now="$now" "$PLAIN$STATUS_SYSTEM$STATUS_APPS"'
    BEGIN {
      OFS = "\t"
      read_sample(); read_units(); read_monit(); read_releases(); read_timers()
      print "at", now
      host(); disks(); updates(); apps(); repair(); certificates(); failed()
      close(dir "/sample")
      for (i = 1; i <= problems; i++) print "problem", problem[i]
      # Else a source that failed would pass for one that has nothing to say.
      print "end"
    }
    function is_wrong(text) { problem[++problems] = text }
    function one_line(path,  text) { text = ""; getline text < path; close(path); return text }
    function number(text) { return text ~ /^[0-9]+(\.[0-9]+)?$/ ? text : "" }
    function share(part, all) { return all > 0 ? sprintf("%.1f", 100 * part / all) : "" }
    # What the last run noted, if it was at least a second ago: uptime, CPU of the host, and of each unit.
    function read_sample(  line, part) {
      split(one_line(root "/proc/uptime"), part, " ")
      uptime = part[1]
      while ((getline line < (cache "/sample")) > 0) {
        split(line, part, " ")
        if (!("uptime" in sample)) { sample["uptime"] = part[1]; sample["busy"] = part[2]; sample["all"] = part[3] }
        else sample[part[1] " " part[2]] = part[3]
      }
      span = ("uptime" in sample) ? uptime - sample["uptime"] : 0
      if (span < 1) { split("", sample); span = 0 }
    }'
}

# The host itself, from the kernel.
# shellcheck disable=SC2016 # of awk
STATUS_SYSTEM='
    function host(  line, part, i, all, idle, cpu, size, reboot, boot) {
      while ((getline line < (root "/proc/stat")) > 0) {
        split(line, part, " ")
        if (part[1] == "cpu") { for (i = 2; i <= 9; i++) all += part[i]; idle = part[5] + part[6] }
        if (part[1] == "btime") boot = part[2]
      }
      print uptime, all - idle, all > (dir "/sample")
      cpu = span > 0 ? share(all - idle - sample["busy"], all - sample["all"]) : share(all - idle, all)
      while ((getline line < (root "/proc/meminfo")) > 0) { split(line, part, /[: ]+/); size[part[1]] = part[2] * 1024 }
      # In a container the kernel is older than the host.
      line = one_line(root "/proc/1/stat"); sub(/.*\) /, "", line); split(line, part, " ")
      boot += int(part[20] / 100)
      split(one_line(root "/proc/loadavg"), part, " ")
      line = one_line(root "/proc/sys/kernel/osrelease")
      reboot = one_line(dir "/reboot") != ""
      print "host", plain(one_line(root "/proc/sys/kernel/hostname")), plain(one_line(root "/etc/debian_version")), plain(line), boot, \
        one_line(dir "/cores"), part[1], part[2], part[3], cpu, sprintf("%.2f", (all - idle) / 100), \
        whole(size["MemTotal"]), whole(size["MemAvailable"]), whole(size["SwapTotal"]), whole(size["SwapTotal"] - size["SwapFree"]), reboot
    }
    # mawk writes what is beyond 2^31 with an exponent.
    function whole(size) { return sprintf("%.0f", size) }
    function disks(  line, part, path, used, files, i) {
      while ((getline line < (dir "/disks")) > 0) {
        if (split(line, part, " ") < 6 || part[1] !~ /^[0-9]+$/) continue
        path = line; for (i = 1; i <= 5; i++) sub(/^ *[^ ]+ +/, "", path)
        if (path ~ /^\/(run|proc|sys|dev)\// || part[1] == 0) continue
        # As df reckons it: of what others than root may use.
        used = part[2] + part[3] > 0 ? up(100 * part[2] / (part[2] + part[3])) : ""
        files = part[4] ~ /^[1-9]/ ? up(100 * part[5] / part[4]) : ""
        print "disk", part[1], part[2], used, number(part[4]), number(part[5]), files, plain(path)
        if (used >= 90) is_wrong("disk " plain(path) " is " used " % full")
        if (files >= 90) is_wrong("disk " plain(path) " has " files " % of its inodes in use")
      }
    }
    function up(value) { return value > int(value) ? int(value) + 1 : int(value) }
    function updates(  file, part) {
      file = cache "/updates"
      if ((getline < file) > 0 && (getline < file) > 0) { print "updates", $1, $2, $3 }
      close(file)
    }
    # The last one that the log tells.
    function repair(  line, part, last) {
      while ((getline line < (dir "/log")) > 0) if (line ~ /^[^ ]+ [^ ]+ [^ ]+ drift  /) last = line
      line = last
      if (split(line, part, " ") < 5) return
      sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ +/, "", line)
      print "repair", epoch(part[1]), plain(part[2]), plain(line)
    }
    # Of a time as the log has it.
    function epoch(text,  y, m, d) {
      if (text !~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:]+Z$/) return ""
      y = substr(text, 1, 4) + 0; m = substr(text, 6, 2) + 0; d = substr(text, 9, 2) + 0
      if (m <= 2) { y--; m += 12 }
      d = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + d - 719469
      return sprintf("%.0f", d * 86400 + substr(text, 12, 2) * 3600 + substr(text, 15, 2) * 60 + substr(text, 18, 2))
    }
    function certificates(  file, days) {
      file = cache "/certificates"
      while ((getline < file) > 0) {
        days = int(($1 - now) / 86400)
        if ($1 < now) { days = -up((now - $1) / 86400); is_wrong("certificate " plain($2) " ended") }
        else if (days < ($3 == "" ? soon : $3)) is_wrong("certificate " plain($2) " ends in " days (days == 1 ? " day" : " days"))
        print "certificate", plain($2), $1, days, ($3 == "" ? soon : $3)
      }
      close(file)
    }
    function failed(  part) {
      while ((getline < (dir "/failed")) > 0) {
        sub(/^[^A-Za-z0-9_-]+/, ""); split($0, part, " ")
        if (part[1] == "") continue
        print "failed", plain(part[1])
        if (!(part[1] in told)) is_wrong(plain(part[1]) " failed")
      }
    }'

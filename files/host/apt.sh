# apt and dpkg, whose locks others may hold.

installed_packages() {
  dpkg-query -W -f '${db:Status-Status}\t${Package}\n' | sed -n 's/^installed\t//p' | sort -u
}

# Usage: apt_install PACKAGE...
apt_install() { dpkg_repair && apt_get install --no-install-recommends --allow-downgrades "$@"; }

# A run that was cut off in the middle of dpkg's work leaves packages half configured, or its journal behind.
dpkg_repair() {
  was_interrupted=$(dpkg --audit 2>/dev/null)
  for journal in /var/lib/dpkg/updates/[0-9]*; do [ ! -f "$journal" ] || was_interrupted=yes; done
  [ -n "$was_interrupted" ] || return 0
  apt_get -f install ||
    when_free limited "$APT_LIMIT" dpkg --force-confdef --force-confold --configure -a </dev/null
}

# A source that cannot be read does not hold up what comes from the others. Sets in $work/sources, a line each, what
# was wrong with which.
refresh_lists() {
  apt_get update || ! grep -q '^Waited ' "$work/apt" || return 1
  awk '!/^[EW]: / || !match($0, /[a-z+]+:\/[^ \047"]*/) { next }
    { source = substr($0, RSTART, RLENGTH); sub(/\/(dists\/|\.\/|(In)?Release).*/, "", source) }
    !seen[source]++ { sub(/^[EW]: /, ""); print source ": " $0 }' "$work/apt" >"$work/sources"
}

# What to do about what apt complained of, where that is known.
apt_remedy() {
  cat "$work/apt" "$work/sources" 2>/dev/null >"$work/apt.all"
  if grep -qi 'not valid yet' "$work/apt.all"; then
    printf ' the clock of this host is behind (%s); set it, as with timedatectl set-ntp true, and run up again' "$(date -u '+%Y-%m-%d %H:%M UTC')"
  elif grep -qiE 'no space left|enough free space' "$work/apt.all"; then
    printf ' there is no room left on its disk; make some, as with apt-get clean or journalctl --vacuum-size=100M, and run up again'
  elif [ -s "$work/sources" ]; then
    printf ' it could not read %s' "$(head -n 1 "$work/sources")"
  elif [ -n "$(dpkg --audit 2>/dev/null)" ]; then
    printf ' a package is half installed; dpkg --configure -a on the host tells why'
  fi
}

apt_get() {
  when_free limited "$APT_LIMIT" apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null
}

# Runs a command of apt's or dpkg's, and again while somebody holds a lock that it needs. apt itself can wait
# for dpkg's locks, but not for those of its lists, which apt-daily holds when a host boots for the first time.
when_free() {
  cat >"$work/given"
  : "${patience_ends:=$(($(date +%s) + APT_WAIT))}"
  until "$@" <"$work/given" >"$work/apt" 2>&1; do
    grep -qE '^E: (Could not get|Unable to) .*lock|lock was locked by ' "$work/apt" || return 1
    if [ "$(date +%s)" -ge "$patience_ends" ]; then
      echo "Waited $APT_WAIT s for this lock; run up again when its holder has ended." >>"$work/apt"
      return 1
    fi
    sleep 1
  done
}

# Of the installed packages on stdin, those that can go: what dpkg holds for vital stays, and whatever
# a package that stays depends on, since apt would refuse all of the others with it.
without_needed() {
  cat >"$work/packages.mine"
  dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Essential}${Important}${Protected}\t${Pre-Depends}, ${Depends}\t${Provides}\n' |
    awk -F '\t' -v mine="$work/packages.mine" '
      function names(text, into) { gsub(/\([^)]*\)|:[a-z0-9]+| /, "", text); return split(text, into, /[,|]/) }
      BEGIN { while ((getline name < mine) > 0) is_mine[name] = 1 }
      $1 == "installed" {
        stays[$2] = !($2 in is_mine) || $3 ~ /yes/; needs[$2] = $4
        for (i = names($2 "," $5, part); i > 0; i--) if (part[i] != "") given_by[part[i]] = given_by[part[i]] " " $2
      }
      function keep_needs_of(name,  i, j, part, giver) {
        for (i = names(needs[name], part); i > 0; i--)
          for (j = split(given_by[part[i]], giver, " "); j > 0; j--)
            if (!stays[giver[j]]) { stays[giver[j]] = 1; more = 1 }
      }
      END {
        do { more = 0; for (name in needs) if (stays[name] && !seen[name]++) keep_needs_of(name) } while (more)
        for (name in is_mine) if (name in needs && !stays[name]) print name
      }' | sort
}

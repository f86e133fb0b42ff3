# Check `nginx`: the whole configuration, as it will be. It opens all logs, and makes those that are missing: here in a
# copy of their directory that lies over it, and holds no lines.
check_nginx() {
  if is_directory /var/log/nginx; then
    cp -a --attributes-only /var/log/nginx "$1/logs"
    mount --bind "$1/logs" /var/log/nginx
  fi
  nginx -t -q >"$1/nginx" 2>&1 && return 0
  cat "$1/nginx"
  # nginx names whichever line it reads later: the kit's own.
  directive=$(sed -n 's/.*"\([a-z_]*\)" directive is duplicate.*/\1/p' "$1/nginx")
  [ -z "$directive" ] ||
    echo "Keelson says $directive itself: take it out of $(people_say "$directive"); the sizes of headers are nginx.headerSize in the stack file"
  return 1
}

# Where people say a directive in lines of their own: FILE:LINE.
people_say() {
  found=$(grep -D skip -Hn "^[[:blank:]]*$1[[:blank:]]" /etc/nginx/conf.d/*.conf /etc/nginx/keelson.d/*/*.conf 2>/dev/null | head -n 1)
  found=${found%%:[[:blank:]]*} found=${found%%:"$1"*}
  printf '%s\n' "${found:-the lines of your own}"
}

# What nginx is about to write is made as Debian and logrotate make it, and not by root's umask; also what an earlier
# version of the kit left so.
after_nginx() {
  [ -d "$work/logs" ] || return 0
  find "$work/logs" -type f -printf '%P\n' >"$work/logs.all"
  while IFS= read -r log <&3; do
    is_there "/var/log/nginx/$log" || install -m 0640 -o www-data -g adm -T /dev/null "/var/log/nginx/$log"
  done 3<"$work/logs.all"
  find /var/log/nginx -maxdepth 1 -type f -user root -perm 0600 -exec chown www-data:adm {} + -exec chmod 0640 {} +
}

# Members: the other programs of an app's code that are moved with it. The key of an instance of theirs begins with the
# name of the member, `mail@1` of the unit shop-mail@1.service; that of the app itself is a number, `3700` of
# shop@3700.service.

# Whose settings are in the variables; nothing for the app itself.
member='' members='' jobs=''

# Usage: name_unit INSTANCE. Sets unit.
name_unit() { case $1 in *@*) unit=$app-$1.service ;; *) unit=$app@$1.service ;; esac }

member_file() { printf '/etc/systemd/system/%s-%s@.service' "$app" "$1"; }
# Usage: job_file MEMBER service|timer
job_file() { printf '/etc/systemd/system/%s-%s.%s' "$app" "$1" "$2"; }
target_file() { printf '/etc/systemd/system/%s.target' "$app"; }

# Usage: add_member NAME. Once.
add_member() { case " $members " in *" $1 "*) ;; *) members="${members:+$members }$1" ;; esac }

# Usage: add_member_unit INSTRUCTION, of @mail.unit=HASH, or @clean.job=HASH. The value of another one may look like it.
add_member_unit() {
  set -- "${1#@}"
  case ${1%%=*} in
    *.unit) member_units="$member_units ${1%%.unit=*}:${1#*=}" ;;
    *.job) member_units="$member_units ${1%%.job=*}=${1#*=}" jobs="${jobs:+$jobs }${1%%.job=*}" ;;
  esac
}

# Usage: of_member MEMBER INSTANCES. Those of them that are its own; without a name those of the app itself.
of_member() {
  own_ones=''
  for one in $2; do
    case $1/$one in "$1/${1:+$1@}"[0-9]*) own_ones="${own_ones:+$own_ones }$one" ;; esac
  done
  printf '%s\n' "$own_ones"
}

# Usage: each_part FUNCTION. The app itself, then its members, in the order of the item: what serves the world is proven
# on a release before a worker is moved to it.
each_part() {
  "$1" ''
  for each_member in $members; do "$1" "$each_member"; done
}

first_of() { printf '%s %s ' "$(of_member "$1" "$down")" "$(of_member "$1" "$up")"; }

# What does not run cannot be missed: all of it at once.
roll_part() {
  roll_batches "$(count "$(of_member "$1" "$down")")" "$(of_member "$1" "$down")"
  roll_batches "$(batch_size "$1")" "$(of_member "$1" "$up")"
}

# Usage: turn_to INSTANCE. How it listens, stops and shows that it is healthy is what the variables say from here on.
turn_to() {
  case $1 in *@*) turned=${1%@*} ;; *) turned='' ;; esac
  [ "$turned" = "$member" ] || read_settings "$settings_line" "$turned"
}

# Usage: members_in UNIT-HASHES, as an identity has them: HASH clean=HASH mail:HASH. Those with instances.
members_in() {
  for of_member in $1; do
    case $of_member in *:*) printf '%s\n' "${of_member%%:*}" ;; esac
  done
}

# Usage: own_identity IDENTITY. Without what it says of members.
own_identity() { printf '%s\n' "$1" | awk -F '\t' '{ split($2, hash, " "); print $1, hash[1], $3 }'; }

# Whether the good generation has it.
knows_member() { [ -f "$place/good/unit.$1" ]; }

# Their unit files as the good generation has them. One that came with the generation that failed keeps its own: it
# does not run, and no boot starts it.
put_members_back() {
  for noted in "$place"/good/unit.*; do
    [ ! -f "$noted" ] || put_file_back "$noted" "$(member_file "${noted##*/unit.}")"
  done
  for noted in "$place"/good/job.*; do
    [ -f "$noted" ] || continue
    put_file_back "$noted" "$(job_file "${noted##*/job.}" service)"
    put_file_back "$place/good/timer.${noted##*/job.}" "$(job_file "${noted##*/job.}" timer)"
  done
  [ ! -f "$(target_file)" ] || put_target_back
}

# What a boot starts, and a reload of the target reaches, are the members of the good generation.
put_target_back() {
  services=''
  for one in $(tr '\t' '\n' 2>/dev/null <"$place/good/item" | sed -n 's/^\([a-z][a-z0-9-]*@[0-9]*\)=.*/\1/p'); do
    name_unit "$one"
    services="$services $unit"
  done
  sed "/^\(Wants\|PropagatesReloadTo\)=/ { s/ $app-[a-z0-9-]*@[0-9]*[.]service//g; s/\$/$services/; }" \
    "$(target_file)" >"$work/target"
  chmod 0644 "$work/target"
  put_file_back "$work/target" "$(target_file)"
}

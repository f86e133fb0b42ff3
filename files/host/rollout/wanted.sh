# What is wanted of an app: the line of its item, in variables, without a process for each.

# Usage: read_line LINE
read_line() {
  release='' public='' unit_hash='' environment_hash='' keys='' members='' jobs='' member_units=''
  drain=30 watch=0 batch=1 before='' after='' hook_time=600 kept=5 leave=0 rejoin=0 needed_files='' anew=no
  read_settings "$1"
  set -f
  IFS=$TAB
  for part in $1; do
    value=${part#*=}
    case $part in
      current=*) release=$value ;;
      public=*) public=$home/public/$value ;;
      @unit=*) unit_hash=$value ;;
      @environment=*) environment_hash=$value ;;
      @drain=*) drain=$value ;;
      @watch=*) watch=$value ;;
      @leave=*) leave=$value ;;
      @rejoin=*) rejoin=$value ;;
      @batch=*) batch=$value ;;
      @before=*) before=$value ;;
      @after=*) after=$value ;;
      @hook=*) hook_time=$value ;;
      @kept=*) kept=$value ;;
      @files=*) needed_files=$value ;;
      @anew=*) anew=$value ;;
      @[a-z]*.unit=* | @[a-z]*.job=*) add_member_unit "$part" ;;
      [0-9]*=*) keys="${keys:+$keys }${part%%=*}" ;;
      [a-z]*@[0-9]*=*) keys="${keys:+$keys }${part%%=*}" && add_member "${part%%@*}" ;;
    esac
  done
  unset IFS
  set +f
  unit_hash=$unit_hash$member_units
  identity=$release$TAB$unit_hash$TAB$environment_hash
}

# Usage: read_settings LINE [MEMBER]. How the instances of a generation listen, stop, and show that they are healthy:
# the app's own, or those of a member, which shares the time to start.
read_settings() {
  settings_line=$1 member=${2:-}
  type=web listen=port stop=15 single=no
  health=http start=60 answers=3 status=200 text='' host=localhost path=/ stay=10 check=''
  send='' expect='' age=60 first_port='' patience=5 silence=15
  set -f
  IFS=$TAB
  for part in $1; do
    value=${part#*=}
    case $part in
      "@${member:+$member.}"*) part=@${part#"@${member:+$member.}"} ;;
      @start=*) ;;
      *) continue ;;
    esac
    case $part in
      @type=*) type=$value ;;
      @listen=*) listen=$value ;;
      @stop=*) stop=$value ;;
      @single=*) single=$value ;;
      @health=*) health=$value ;;
      @start=*) start=$value ;;
      @answers=*) answers=$value ;;
      @status=*) status=$value ;;
      @text=*) text=$value ;;
      @host=*) host=$value ;;
      @path=*) path=$value ;;
      @stay=*) stay=$value ;;
      @command=*) check=$value ;;
      @send=*) send=$value ;;
      @expect=*) expect=$value ;;
      @age=*) age=$value ;;
      @patience=*) patience=$value ;;
      @silence=*) silence=$value ;;
      @port=*) first_port=$value ;;
    esac
  done
  unset IFS
  set +f
}

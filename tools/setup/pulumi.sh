# shellcheck shell=sh
# The Pulumi CLI, its Node.js language host and the command plugin, in a Pulumi home of the clone's own.
# Each is taken from the machine, else downloaded from Pulumi, else built from the Go module proxy;
# the command plugin, which no package registry has, is stood in for by tools/stand-in.

# pinned PACKAGE: the version that package.json has of it.
pinned() {
  sed -n "s,^ *\"$1\": \"\([0-9][0-9.]*\)\".*,\1,p" package.json
}

cli_version=$(pinned pulumi)
command_version=$(pinned @pulumi/command)
# The last one that is part of Pulumi's SDK module; the module of its own, since 3.69, is not on the proxy.
language_host_version=$(sed -n 's,.*github.com/pulumi/pulumi/sdk/v3 v\([0-9.]*\).*,\1,p' \
  tools/setup/pulumi-language-nodejs/go.mod)
# What Pulumi's go.mod asks for.
go_toolchain=$(sed -n 's/^go //p' tools/setup/pulumi/go.mod)

home=.keelson/pulumi
bin=$home/versions/$cli_version/bin
plugin=$home/plugins/resource-command-v$command_version

pulumi_home() {
  mkdir -p "$home/versions/$cli_version" "$home/plugins"
  if ! is_complete "$bin" && ! cli_of_machine && ! cli_download; then
    cli_build
  fi
  if { ! [ -x "$plugin/pulumi-resource-command" ] || stand_in_has_moved; } &&
    ! plugin_of_machine && ! plugin_download; then
    plugin_stand_in
  fi
}

is_complete() {
  [ -x "$1/pulumi" ] && [ -x "$1/pulumi-language-nodejs" ]
}

cli_of_machine() {
  for directory in ${PULUMI_HOME:+"$PULUMI_HOME/versions/$cli_version/bin"} \
    ~/.pulumi/versions/$cli_version/bin ~/.pulumi/bin $(cli_in_path); do
    is_complete "$directory" || continue
    [ "$("$directory/pulumi" version 2>/dev/null)" = "v$cli_version" ] || continue
    rm -rf "$bin"
    ln -s "$directory" "$bin"
    note "Pulumi $cli_version of this machine ($directory)"
    return
  done
  return 1
}

# The npm package of the same name is a downloader, not the CLI.
cli_in_path() {
  IFS=:
  for directory in $PATH; do
    case $directory in
      */node_modules/.bin) ;;
      *) [ ! -x "$directory/pulumi" ] || dirname "$(readlink -f "$directory/pulumi")" ;;
    esac
  done
}

# reachable: whether Pulumi's download host answers; asked once, and where there is no route, known in seconds.
reachable() {
  [ -n "${downloads-}" ] || downloads=$(node --eval '
    fetch("https://get.pulumi.com", { method: "HEAD", signal: AbortSignal.timeout(5000) })
      .then(() => console.log("yes"), () => console.log("no"))')
  [ "$downloads" = yes ]
}

cli_download() {
  reachable || return 1
  printf 'set-up: download of Pulumi %s …\n' "$cli_version"
  # The npm package downloads its own version when it is first asked for anything.
  PULUMI_HOME=$PWD/$home PULUMI_VERSION=$cli_version pulumi version && is_complete "$bin" && return
  note "Pulumi $cli_version could not be downloaded, building it"
  return 1
}

plugin_of_machine() {
  for directory in ${PULUMI_HOME:+"$PULUMI_HOME/plugins/resource-command-v$command_version"} \
    ~/.pulumi/plugins/resource-command-v$command_version; do
    [ -x "$directory/pulumi-resource-command" ] || continue
    rm -rf "$plugin"
    # Pulumi looks for directories, and overlooks links to them.
    mkdir "$plugin"
    ln -s "$directory/pulumi-resource-command" "$plugin/"
    note "command plugin $command_version of this machine ($directory)"
    return
  done
  return 1
}

plugin_download() {
  reachable || return 1
  note "download of the command plugin $command_version"
  PULUMI_HOME=$PWD/$home pulumi plugin install resource command "$command_version"
}

# An older clone's launcher starts the stand-in from where it was then.
stand_in_has_moved() {
  grep -qs '^exec .*/tools/.*/main.ts' "$plugin/pulumi-resource-command" &&
    ! cmp -s tools/stand-in/pulumi-resource-command "$plugin/pulumi-resource-command"
}

plugin_stand_in() {
  rm -rf "$plugin"
  mkdir "$plugin"
  cp tools/stand-in/pulumi-resource-command "$plugin/"
  note "command plugin $command_version cannot be had here: the kit's own stand-in is used, in this clone only"
}

cli_build() {
  find_go 'building Pulumi'
  rm -rf "$bin.new"
  step pulumi "Pulumi $cli_version, built from the Go module proxy (takes minutes)" "$go_remedy" \
    go_install pulumi "$cli_version"
  step pulumi-language-nodejs "Pulumi's Node.js language host, built in the same way" "$go_remedy" \
    go_install pulumi-language-nodejs "$language_host_version"
  mv "$bin.new/pulumi-language-nodejs" "$bin.new/language-host-nodejs"
  cp tools/setup/pulumi-language-nodejs/pulumi-language-nodejs "$bin.new/"
  rm -rf "$bin"
  mv "$bin.new" "$bin"
}

go_remedy='check that a Go module proxy can be reached (go env GOPROXY) and 5 GB of disk are free, then try again; or install the Pulumi CLI yourself'

# go_install DIRECTORY VERSION: installs the tool that tools/setup/DIRECTORY/go.mod names.
go_install() (
  target=$PWD/$bin.new
  cd "tools/setup/$1" || return
  GOBIN=$target CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS='-mod=readonly -buildvcs=false -trimpath' GOWORK=off \
    "$go" install -ldflags="-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$2" tool
)

# find_go WHAT-FOR: sets $go; one older than 1.21 cannot fetch the toolchain that go.mod asks for by itself.
find_go() {
  PATH=$PATH:/usr/local/go/bin
  if ! command -v go >/dev/null; then
    debian_packages "$1" go 'golang-go ca-certificates'
  fi
  go=$(command -v go)
  case $("$go" version) in
    *' go1.'[0-9].* | *' go1.1'[0-9]* | *' go1.20'*) ;;
    *) return 0 ;;
  esac
  module=golang.org/toolchain@v0.0.1-go$go_toolchain.$("$go" env GOOS)-$("$go" env GOARCH)
  toolchain=$("$go" env GOMODCACHE)/$module
  step go "Go $go_toolchain from the Go module proxy" "$go_remedy" go_download
  go=$toolchain/bin/go
}

# A module's files are never executable when they arrive.
go_download() {
  "$go" mod download "$module" && chmod a+x "$toolchain"/bin/* "$toolchain"/pkg/tool/*/*
}

# shellcheck shell=sh
# Programs of tests that are built from the Go module proxy, once: tools/setup/NAME/go.mod names them, and their version.

# go_tool NAME: builds what tools/setup/NAME/go.mod names into .keelson/NAME/VERSION/.
go_tool() {
  tool_name=$1
  tool_paths=$(sed -n 's,^tool \([^(]\),\1,p; /^tool (/,/^)/s,^\t,,p' "tools/setup/$1/go.mod")
  tool_version=$(awk -v path="${tool_paths%%[!!-~]*}" '
    index(path, $1 "/") == 1 { version = $2 }
    END { print substr(version, 2) }' "tools/setup/$1/go.mod")
  tool_directory=.keelson/$1/$tool_version
  for tool_path in $tool_paths; do
    if [ ! -x "$tool_directory/${tool_path##*/}" ]; then tool_build && return; fi
  done
}

tool_build() {
  find_go "building $tool_name"
  mkdir -p "$tool_directory"
  step "$tool_name" "$tool_name $tool_version, built from the Go module proxy" \
    'check that a Go module proxy can be reached (go env GOPROXY), then try again' tool_install
}

tool_install() (
  target=$PWD/$tool_directory
  cd "tools/setup/$tool_name" || return
  GOBIN=$target CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS='-mod=readonly -buildvcs=false -trimpath' GOWORK=off \
    "${go:?}" install tool
)

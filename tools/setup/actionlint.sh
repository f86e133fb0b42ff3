# shellcheck shell=sh
# actionlint, which checks workflows of GitHub Actions; built from the Go module proxy, once.

actionlint_version=$(sed -n 's,.*github.com/rhysd/actionlint v\([0-9.]*\).*,\1,p' tools/setup/actionlint/go.mod)
actionlint=.keelson/actionlint/$actionlint_version/actionlint

actionlint_program() {
  [ ! -x "$actionlint" ] || return 0
  find_go 'building actionlint'
  mkdir -p "${actionlint%/*}"
  step actionlint "actionlint $actionlint_version, built from the Go module proxy" \
    'check that a Go module proxy can be reached (go env GOPROXY), then try again' actionlint_build
}

actionlint_build() (
  target=$PWD/${actionlint%/*}
  cd tools/setup/actionlint || return
  GOBIN=$target CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS='-mod=readonly -buildvcs=false -trimpath' GOWORK=off \
    "${go:?}" install tool
)

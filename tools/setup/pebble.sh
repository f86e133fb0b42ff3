# shellcheck shell=sh
# Pebble, the ACME server that Let's Encrypt keeps for tests, and its DNS server; built from the Go module proxy, once.

pebble_version=$(sed -n 's,.*github.com/letsencrypt/pebble/v2 v\([0-9.]*\).*,\1,p' tools/setup/pebble/go.mod)
pebble=.keelson/pebble/$pebble_version

pebble_programs() {
  if [ -x "$pebble/pebble" ] && [ -x "$pebble/pebble-challtestsrv" ]; then return 0; fi
  find_go 'building pebble'
  mkdir -p "$pebble"
  step pebble "pebble $pebble_version, built from the Go module proxy" \
    'check that a Go module proxy can be reached (go env GOPROXY), then try again' pebble_build
}

pebble_build() (
  target=$PWD/$pebble
  cd tools/setup/pebble || return
  GOBIN=$target CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS='-mod=readonly -buildvcs=false -trimpath' GOWORK=off \
    "${go:?}" install tool
)

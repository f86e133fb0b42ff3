# Kind `absent`: nothing may be at a path; what was there is put back on removal.

order_absent=72 observer_absent=paths staged_absent=yes

stage_absent() { to_swap absent - "$2"; }
swap_absent() { put_aside "$2"; }
remove_absent() { restore_original "$1"; }

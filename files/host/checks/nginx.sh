# Check `nginx`: the whole configuration, as it will be.
check_nginx() { nginx -t -q; }

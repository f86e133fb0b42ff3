# The packet filter, as it would be loaded.
check_filter() { filter_rules | nft -c -f -; }

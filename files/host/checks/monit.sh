# Check `monit`: the control file and all that it includes.
check_monit() { monit -t; }

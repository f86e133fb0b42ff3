# The status in the text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/

# Usage: status_metrics < RECORDS. All samples of a metric follow one another, as the format asks for.
status_metrics() {
  awk -F '\t' '
    # Usage: is_told(NAME, TYPE, HELP), then is_sample(NAME, LABELS, VALUE), of which nothing is no sample.
    function is_told(name, type, help) { if (!(name in head)) { order[++count] = name; head[name] = "# HELP " name " " help "\n# TYPE " name " " type "\n" } }
    function is_sample(name, labels, value) { if (value != "") samples[name] = samples[name] name (labels == "" ? "" : "{" labels "}") " " value "\n" }
    function gauge(name, help, labels, value) { is_told(name, "gauge", help); is_sample(name, labels, value) }
    function counter(name, help, labels, value) { is_told(name, "counter", help); is_sample(name, labels, value) }
    function label(name, value) { gsub(/["\\]/, "\\\\&", value); return name "=\"" value "\"" }
    function good(value, wanted) { return value == "" ? "" : value == wanted ? 1 : 0 }
    $1 == "at" { gauge("keelson_status_timestamp_seconds", "When this was written.", "", $2) }
    $1 == "problem" { problems++ }
    $1 == "failed" { failed++ }
    $1 == "host" {
      gauge("keelson_host_info", "What runs the host.", label("name", $2) "," label("debian", $3) "," label("kernel", $4), 1)
      gauge("keelson_boot_time_seconds", "When the host was started.", "", $5)
      gauge("keelson_cpus", "Cores that the host may use.", "", $6)
      gauge("keelson_load1", "Load average of one minute.", "", $7)
      gauge("keelson_load5", "Load average of five minutes.", "", $8)
      gauge("keelson_load15", "Load average of fifteen minutes.", "", $9)
      counter("keelson_cpu_busy_seconds_total", "Time for which the cores of the host were not idle.", "", $11)
      gauge("keelson_memory_total_bytes", "Memory of the host.", "", $12)
      gauge("keelson_memory_available_bytes", "Memory that can be had without swapping.", "", $13)
      gauge("keelson_swap_total_bytes", "Swap of the host.", "", $14)
      gauge("keelson_swap_used_bytes", "Swap in use.", "", $15)
      gauge("keelson_reboot_required", "Whether the host has to be rebooted for an update.", "", $16 + 0)
    }
    $1 == "disk" {
      at = label("mountpoint", $8)
      gauge("keelson_filesystem_size_bytes", "Size of a file system.", at, $2)
      gauge("keelson_filesystem_used_bytes", "What is used of it.", at, $3)
      gauge("keelson_filesystem_used_ratio", "What is used of what others than root may use.", at, $4 == "" ? "" : $4 / 100)
      gauge("keelson_filesystem_files", "Inodes of a file system.", at, $5)
      gauge("keelson_filesystem_files_used", "Inodes in use.", at, $6)
    }
    $1 == "updates" {
      gauge("keelson_updates_pending", "Packages that apt would renew, by the lists that it has.", "", $2)
      gauge("keelson_updates_security_pending", "Those of them that come from Debian security.", "", $3)
      gauge("keelson_package_lists_timestamp_seconds", "When the lists of apt were made.", "", $4)
    }
    $1 == "app" {
      gauge("keelson_app_info", "Type and release of an app.", label("app", $2) "," label("type", $3) "," label("release", $4), 1)
      gauge("keelson_app_release_timestamp_seconds", "When its release was put in service.", label("app", $2), $5)
    }
    $1 == "rollout" {
      gauge("keelson_rollout_timestamp_seconds", "When the last rollout of an app began.", label("app", $2), $3)
      gauge("keelson_rollout_success", "Whether it was completed; nothing while it goes on.", label("app", $2), $6 == "running" ? "" : good($6, "done"))
    }
    $1 == "instance" {
      of = label("app", $2) "," label("unit", $4)
      gauge("keelson_instance_up", "Whether an instance is active.", of, $6 == "active" || $6 == "reloading" ? 1 : 0)
      gauge("keelson_instance_healthy", "Whether it answered well when Monit asked last.", of, good($16, "good"))
      gauge("keelson_instance_state_timestamp_seconds", "Since when it is in its state.", of, $8)
      counter("keelson_instance_restarts_total", "How often systemd started it again by itself.", of, $10)
      counter("keelson_instance_cpu_seconds_total", "CPU time that it used since its start.", of, $15)
      gauge("keelson_instance_memory_bytes", "Memory that it uses.", of, $12)
      gauge("keelson_instance_memory_limit_bytes", "Memory that it may use.", of, $13)
    }
    $1 == "job" {
      of = label("app", $2) "," label("unit", $3)
      gauge("keelson_job_success", "Whether the last run of a job ended well.", of, $5 == "" ? "" : good($7, "success"))
      gauge("keelson_job_start_timestamp_seconds", "When its last run began.", of, $5)
      gauge("keelson_job_next_timestamp_seconds", "When its next run is due.", of, $8)
    }
    $1 == "repair" { gauge("keelson_repair_timestamp_seconds", "When drift was repaired last.", "", $2) }
    $1 == "certificate" { gauge("keelson_certificate_expiry_timestamp_seconds", "When a certificate ends.", label("path", $2), $3) }
    $1 == "end" {
      gauge("keelson_failed_units", "Units of systemd that failed.", "", failed + 0)
      gauge("keelson_problems", "What the status page calls problems.", "", problems + 0)
      whole = 1
    }
    END {
      if (!whole) exit 1
      for (i = 1; i <= count; i++) if (order[i] in samples) printf "%s%s", head[order[i]], samples[order[i]]
    }'
}

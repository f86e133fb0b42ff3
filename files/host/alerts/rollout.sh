# What a rollout tells when it is over; whoever gave the order hears of it too, and may be gone.

# Usage: tell_rollout STATUS. Of the app at hand; that no release moved is no news.
tell_rollout() {
  if [ "$1" != 0 ]; then
    sed '1s/^keelson: //' "$place/failure" 2>/dev/null | alert rollout-failed "$app" "by $by:"
  elif [ "${came_from:-}" != "$release" ]; then
    alert rollout "$app" "$(short "${came_from:-none}") → $(short "$release"), by $by" </dev/null
  fi
}

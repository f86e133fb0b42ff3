// Needs no network.
setInterval(() => undefined, 60_000);

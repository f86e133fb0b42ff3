// A release that eats memory until V8 gives up: at the limit of --max-old-space-size, where one is set.
console.error('reading all orders');
const eaten = [];
for (;;) eaten.push(new Array(100_000).fill(eaten.length));

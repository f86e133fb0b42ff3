// A release that works on the first port alone.
if (process.env.PORT !== '3700') {
  console.error('cannot go on: another one has the lock');
  process.exit(1);
}

await import('./sample.js');

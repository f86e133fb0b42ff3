// A release that ends as soon as it is started.
console.error('cannot go on: no database');
process.exit(1);

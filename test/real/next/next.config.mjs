export default {
  output: process.env.OUTPUT,
  // It is installed below another package.
  outputFileTracingRoot: import.meta.dirname,
  // All instances read what one of them has renewed.
  cacheMaxMemorySize: 0,
};

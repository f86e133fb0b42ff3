export default {
  output: process.env.OUTPUT,
  // All instances read what one of them has renewed.
  cacheMaxMemorySize: 0,
};

// A release that eats its memory until it is killed, and answers nobody meanwhile.
const eaten = [];
for (;;) {
  eaten.push(Buffer.alloc(16 * 1024 * 1024, 1));
  // In place of the kernel where it does not enforce MemoryMax: else the machine itself would be eaten up.
  if (process.memoryUsage.rss() > 600 * 1024 * 1024) process.kill(process.pid, 'SIGKILL');
}

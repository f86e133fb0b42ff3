/** The surroundings of a process, for as long as something runs: the tests of many files share one, one after another. */
type Surroundings = { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv };

/** Does something in a directory, and with these variables of the environment alone; then all is as it was. */
export async function within<Result>(
  { cwd = '.', env = process.env }: Surroundings,
  action: () => Result | Promise<Result>,
): Promise<Result> {
  const before = { cwd: process.cwd(), env: { ...process.env } };
  process.chdir(cwd);
  surround(env);
  try {
    return await action();
  } finally {
    process.chdir(before.cwd);
    surround(before.env);
  }
}

/** Each by itself: what Node.js asks the system for, such as the home, is not in an object that takes its place. */
export function surround(wanted: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in wanted)) delete process.env[name];
  Object.assign(process.env, wanted);
}

/** What the scripts print: one line for each step, with the time that it took. */
const isTerminal = process.stdout.isTTY === true;
const isColoured = isTerminal && !process.env.NO_COLOR;

const style = (code: number) => (text: string) =>
  isColoured ? `\x1b[${code}m${text}\x1b[0m` : text;

export const bold = style(1);
export const faint = style(2);
export const green = style(32);
export const red = style(31);

/** Wide enough for the titles, so that times and remarks stand in columns. */
const width = 34;

/** Prints a line, over the one that says what is going on. */
export function print(line = ''): void {
  process.stdout.write(isTerminal ? `\r\x1b[K${line}\n` : `${line}\n`);
}

/** Says what is going on, on a terminal only; the next line takes its place. */
export function going(on: string): void {
  if (isTerminal) process.stdout.write(`\r\x1b[K${faint(`… ${on}`)}`);
}

/** Prints a finished step: `✓ Debian host            2.1 s  trixie`. */
export function done(title: string, milliseconds: number, remark = ''): void {
  print(`${green('✓')} ${line(title, milliseconds, remark)}`);
}

/** Prints a step that failed. */
export function failed(title: string, milliseconds: number): void {
  print(`${red('✗')} ${line(title, milliseconds, '')}`);
}

function line(title: string, milliseconds: number, remark: string): string {
  const seconds = `${(milliseconds / 1000).toFixed(1)} s`.padStart(8);
  return `${title.padEnd(width)}${faint(seconds)}  ${remark}`.trimEnd();
}

/**
 * Takes a step and prints how long it took, and what it returned as a remark.
 *
 *     await step('Debian host', async () => `${host.release}, ${host.address}`)
 */
export async function step(title: string, action: () => Promise<string>): Promise<void> {
  const began = performance.now();
  going(title);
  try {
    const remark = await action();
    done(title, performance.now() - began, remark);
  } catch (error) {
    failed(title, performance.now() - began);
    throw error;
  }
}

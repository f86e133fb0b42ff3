/** A stack that tries something, and takes down what it made. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ErrorWithRemedy } from './error.ts';
import { project, pulumi } from './pulumi.ts';
import { said, start } from './pulumi-run.ts';

const stack = 'trial';
/** No run is given longer than this, in milliseconds. */
const limit = 20 * 60_000;

type Verb = 'up' | 'preview' | 'destroy';

/** A project in a directory of its own, with its own state, so that nothing of yours is touched. */
export class Trial {
  readonly directory = mkdtempSync(join(tmpdir(), 'keelson-try-aws-'));
  readonly #options = { cwd: this.directory, state: join(this.directory, 'state') };

  #child: ChildProcess | undefined;
  #isInterrupted = false;

  /** Ends the run that is under way, and begins no other but the last. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#child?.kill('SIGINT');
  }

  configure(config: object): void {
    const file = join(this.directory, 'stacks', `Pulumi.${stack}.yaml`);
    const old = existsSync(file) ? parse(readFileSync(file, 'utf8')) : {};
    writeFileSync(file, stringify({ ...old, config }));
  }

  async begin(config: object): Promise<void> {
    project(this.directory);
    this.configure(config);
    await pulumi(['stack', 'init', stack, '--no-select'], this.#options);
  }

  /** One run; what it says is shown. Throws when it fails, or does not as it is meant to. */
  async pulumi(verb: Verb, fails?: RegExp): Promise<readonly string[]> {
    if (this.#isInterrupted && verb !== 'destroy') throw new Error('interrupted');
    const { child, ended } = start(verb, ['--stack', stack], this.#options, ({ message }) => {
      if (message) console.log(`    ${message.text}`);
    });
    this.#child = child;
    const timer = setTimeout(() => child.kill('SIGINT'), limit);
    const done = await ended.finally(() => clearTimeout(timer));
    const isMeant = fails ? done.code !== 0 && fails.test(said(done)) : done.code === 0;
    if (!isMeant) throw new Error(`pulumi ${verb} was not as it should be`);
    return done.steps.filter(({ op }) => op !== 'same').map(({ op, name }) => `${op} ${name}`);
  }

  /** What a resource of the stack has, such as the instance's id. */
  async output(type: string, key: string): Promise<string> {
    const { stdout } = await pulumi(['stack', 'export', '--stack', stack], this.#options);
    const { resources = [] } = JSON.parse(stdout).deployment;
    const found = resources.find((it: { type: string }) => it.type === type);
    return String(found?.outputs?.[key] ?? '');
  }

  /** Takes all down; what it cannot, it says, and keeps the state. */
  async end(): Promise<void> {
    console.log('- takes down what was made');
    await this.pulumi('destroy').catch((error) => {
      throw new ErrorWithRemedy(
        `not all could be taken down: ${error.message}`,
        `the state is kept: PULUMI_BACKEND_URL=file://${this.directory}/state npm run pulumi -- destroy --cwd ${this.directory} --stack ${stack}`,
      );
    });
    rmSync(this.directory, { recursive: true });
  }
}

/** `keelson init`: begins a project for the servers of one's own app. */
import { existsSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { examine, type Problem } from '../../components/config/problem.ts';
import { unknown } from '../../components/config/spelling.ts';
import { stackAppSchema } from '../../components/config/stack.ts';
import { appName, serverName } from '../../components/fields/index.ts';
import { serverSchema } from '../../components/server/components.ts';
import type { Command } from './command.ts';
import { buildOf, nameOf, type Runs, runsOf } from './init/app.ts';
import { origin, pulumiVersion } from './init/origin.ts';
import { pipelines } from './init/pipelines.ts';
import { type Files, projectFiles, writeAll } from './init/tree.ts';

const usage = `Usage: keelson init [FOLDER] [OPTIONS]

FOLDER is where the project goes, deploy when not given.

  --source FOLDER     the app's code, the current folder when not given
  --app NAME          its name, as its package.json has it when not given
  --start SCRIPT      the script that starts it, as its package.json has it when not given
  --domain NAME       whose visitors it gets, everybody's when not given
  --health PATH       what tells whether it works, / when not given
  --address ADDRESS   the server's, web1.example.com until you write it
  --user NAME         who logs in there, as ssh_config has it when not given, else root
  --environment NAME  the stack's name, production when not given
  --pipeline NAME     whose pipelines are written: ${pipelines.join(', ')}; github when not given`;

const text = { type: 'string' } as const;

const standards = {
  source: '.',
  domain: 'default',
  health: '/',
  address: 'web1.example.com',
  environment: 'production',
  pipeline: 'github',
};

function read(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ source: text, app: text, start: text, domain: text, health: text },
      ...{ address: text, user: text, environment: text, pipeline: text },
    },
  });
  return { values: { ...standards, ...values }, positionals };
}

type Values = ReturnType<typeof read>['values'];
type Asked = Values & { folder: string; name: string; runs: Runs };

export const init: Command = {
  name: 'init',
  usage,
  summary: 'begins a project for the servers of your own app',
  run: async (args) => {
    const { values, positionals } = read(args);
    const folder = resolve(positionals[0] ?? 'deploy');
    const name = values.app ?? nameOf(values.source);
    const runs = values.start === undefined ? runsOf(values.source) : { start: values.start };
    const problems = problemsOf({ ...values, folder, name, runs });
    if (positionals.length > 1) problems.push(`${positionals[1]}: is one folder too many`);
    if (problems.length > 0 || runs === undefined) throw new Error(`\n  ${problems.join('\n  ')}`);
    const asked: Asked = { ...values, folder, name, runs };
    const ignored = ignoring(asked);
    writeAll(new Map([...filesOf(asked), ...ignored.files]));
    console.log([...nextSteps(asked), ...ignored.advice].join('\n'));
    return 0;
  },
};

/** What the stack file would be refused for, in its own words, and what cannot be told. */
function problemsOf(asked: Omit<Asked, 'runs'> & { runs: Runs | undefined }): Problem[] {
  const { source, name, runs, address, user, domain, health, environment, pipeline } = asked;
  if (!existsSync(source) || !statSync(source).isDirectory())
    return [`--source: ${source} is no folder; name the one that holds the app's code`];
  const app = { source, ...(runs ?? { start: 'server.js' }), domains: [domain], health };
  return [
    ...(runs ? [] : [`--start: ${source} does not say what starts it; name its script`]),
    ...examine(appName, name, ['--app']).problems,
    ...examine(serverName, environment, ['--environment']).problems,
    ...examine(stackAppSchema, app, ['app']).problems,
    ...examine(serverSchema, { address, ...(user && { user }) }, ['server']).problems,
    ...(pipelines.includes(pipeline)
      ? []
      : [`--pipeline: ${pipeline} ${unknown(pipeline, 'known', pipelines)}`]),
  ];
}

const yaml = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim();

function filesOf({ folder, name, runs, source, user, ...asked }: Asked): Files {
  const { spec, tarball } = origin();
  const path = relative(folder, resolve(source)) || '.';
  const build = buildOf(source, path);
  const files = projectFiles(folder, asked.pipeline, {
    app: name,
    environment: asked.environment,
    address: yaml(asked.address),
    user: user !== undefined && yaml(user),
    source: yaml(path),
    build: build !== undefined && { line: JSON.stringify(build) },
    run: Object.entries(runs).map(([key, value]) => ({ key, value: yaml(value) })),
    domain: yaml(asked.domain),
    health: yaml(asked.health),
    noHealth: asked.health === '/',
    pipelines: asked.pipeline !== 'none',
    keelson: spec,
    pulumi: pulumiVersion(),
  });
  if (tarball === undefined) return files;
  return new Map([...files, [join(folder, basename(tarball)), { copyOf: tarball }]]);
}

/** The project is no part of the app's code: where it lies in its folder, `.keelsonignore` there leaves it out. */
function ignoring({ folder, source }: Asked): { files: Files; advice: string[] } {
  const inside = relative(resolve(source), folder);
  const file = resolve(source, '.keelsonignore');
  if (inside === '' || inside.startsWith('..')) return { files: new Map(), advice: [] };
  const line = `/${inside}/`;
  return existsSync(file)
    ? { files: new Map(), advice: ['', `Add ${line} to ${file}, so that it is not deployed.`] }
    : { files: new Map([[file, { text: `${line}\n` }]]), advice: [] };
}

function nextSteps({ folder, environment }: Asked): string[] {
  const path = relative('.', folder) || '.';
  return [
    `The project is in ${path}. Look into ${join(path, `stacks/Pulumi.${environment}.yaml`)}, then:`,
    '',
    `  cd ${path}`,
    '  npm install',
    `  pulumi stack init ${environment}`,
    '  pulumi preview',
  ];
}

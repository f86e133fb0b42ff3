/** Set-up in a clone of its own, with an npm and a Pulumi that only pretend: what it does when, and what it says. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'keelson-setup-'));
const clone = join(directory, 'clone');
const home = join(directory, 'home');
const programs = join(directory, 'bin');

beforeEach(() => {
  for (const each of [clone, home, programs]) {
    rmSync(each, { recursive: true, force: true });
    mkdirSync(each);
  }
  cpSync('tools/setup', join(clone, 'tools/setup'), { recursive: true });
  cpSync('tools/setup.sh', join(clone, 'tools/setup.sh'));
  cpSync('package.json', join(clone, 'package.json'));
  writeFileSync(join(clone, 'package-lock.json'), '{}');
  for (const tool of [
    'sh',
    'awk',
    'cat',
    'cksum',
    'date',
    'cmp',
    'df',
    'dirname',
    'grep',
    'ln',
    'mkdir',
    'readlink',
    'rm',
    'sed',
    'tail',
    'uname',
    'id',
  ])
    program(join(programs, tool), `exec ${which(tool)} "$@"`);
  program(
    join(programs, 'npm'),
    `echo "npm $*" >>npm.log; mkdir -p node_modules/.bin; ln -sf ${process.execPath} node_modules/.bin/node`,
  );
});

after(() => rmSync(directory, { recursive: true }));

const found = new Map<string, string>();

/** Where a program of this machine is, asked once. */
function which(tool: string): string {
  const ask = () => spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout;
  const path = found.get(tool) ?? ask().trim();
  found.set(tool, path);
  return path;
}

function program(path: string, script: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function pulumiOfUser(version = 'v3.259.0'): void {
  const bin = join(home, '.pulumi/versions/3.259.0/bin');
  program(join(bin, 'pulumi'), `echo ${version}`);
  program(join(bin, 'pulumi-language-nodejs'), '');
  program(join(home, '.pulumi/plugins/resource-command-v1.2.1/pulumi-resource-command'), '');
}

const shell = (...args: string[]) =>
  spawnSync(which('sh'), args, {
    cwd: clone,
    env: { PATH: programs, HOME: home },
    encoding: 'utf8',
    timeout: 20_000,
  });

const setup = (...options: string[]) => shell('tools/setup.sh', ...options);

test('everything once, nothing the second time, the packages again when their lock changed', () => {
  pulumiOfUser();
  const first = setup();
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^set-up: npm packages … \d+ s$/m);
  assert.match(first.stdout, /^set-up: Pulumi 3\.259\.0 of this machine/m);
  assert.match(first.stdout, /^set-up: command plugin 1\.2\.1 of this machine/m);
  const bin = join(clone, '.keelson/pulumi/versions/3.259.0/bin');
  assert.equal(readlinkSync(bin), join(home, '.pulumi/versions/3.259.0/bin'));
  // A link to a directory is no plugin to Pulumi.
  const plugin = 'plugins/resource-command-v1.2.1';
  assert.ok(lstatSync(join(clone, '.keelson/pulumi', plugin)).isDirectory());
  assert.equal(
    readlinkSync(join(clone, '.keelson/pulumi', plugin, 'pulumi-resource-command')),
    join(home, '.pulumi', plugin, 'pulumi-resource-command'),
  );

  const second = setup();
  assert.deepEqual([second.status, second.stdout, second.stderr], [0, '', '']);

  writeFileSync(join(clone, 'package-lock.json'), '{"changed":true}');
  assert.match(setup().stdout, /^set-up: npm packages … \d+ s\n$/);
  const calls = readFileSync(join(clone, 'npm.log'), 'utf8');
  assert.equal(calls, 'npm ci --include=dev --include=optional\n'.repeat(2));
});

/** Packages whose Node.js says whether the download host answers, and whose `pulumi` downloads as the real one does. */
function packages(reachable: 'yes' | 'no'): void {
  const bin = 'node_modules/.bin';
  const home = '"$PULUMI_HOME"';
  const download = [
    `[ "$1" != version ] || { mkdir -p ${home}/versions/3.259.0/bin; cd ${home}/versions/3.259.0/bin; }`,
    `[ "$1" != plugin ] || { echo "$*" >plugin.log; mkdir -p ${home}/plugins/resource-command-v1.2.1; cd ${home}/plugins/resource-command-v1.2.1; }`,
    'for each in pulumi pulumi-language-nodejs pulumi-resource-command; do : >$each; chmod +x $each; done',
  ];
  program(
    join(clone, 'packages/node'),
    `case $1 in --version) echo v24.0.0 ;; *) echo ${reachable} ;; esac`,
  );
  program(join(clone, 'packages/pulumi'), download.join('\n'));
  program(
    join(programs, 'npm'),
    `mkdir -p ${bin}; ln -sf ../../packages/node ../../packages/pulumi ${bin}/`,
  );
  program(join(programs, 'chmod'), `exec ${which('chmod')} "$@"`);
}

test('what can be downloaded is, into the clone', () => {
  packages('yes');
  const { status, stdout, stderr } = setup();
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /download of Pulumi 3\.259\.0 …\n.*download of the command plugin 1\.2\.1\n/s,
  );
  assert.equal(
    readFileSync(join(clone, 'plugin.log'), 'utf8'),
    'plugin install resource command 1.2.1\n',
  );
  assert.ok(existsSync(join(clone, '.keelson/pulumi/versions/3.259.0/bin/pulumi')));
  assert.deepEqual(setup().stdout, '');
});

test('the command plugin is stood in for where it cannot be downloaded, and that is said', () => {
  packages('no');
  pulumiOfUser();
  rmSync(join(home, '.pulumi/plugins'), { recursive: true });
  const standIn = 'tools/stand-in/pulumi-resource-command';
  cpSync(standIn, join(clone, standIn));
  program(join(programs, 'cp'), `exec ${which('cp')} "$@"`);
  const { status, stdout, stderr } = setup();
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /^set-up: command plugin 1\.2\.1 cannot be had here: the kit's own stand-in/m,
  );
  const plugins = join(clone, '.keelson/pulumi/plugins');
  assert.deepEqual(
    readFileSync(join(plugins, 'resource-command-v1.2.1/pulumi-resource-command')),
    readFileSync(standIn),
  );
  assert.deepEqual(setup().stdout, '');
});

test('the launcher of a stand-in that has moved since is replaced', () => {
  packages('no');
  pulumiOfUser();
  rmSync(join(home, '.pulumi/plugins'), { recursive: true });
  const standIn = 'tools/stand-in/pulumi-resource-command';
  const plugin = '.keelson/pulumi/plugins/resource-command-v1.2.1/pulumi-resource-command';
  cpSync(standIn, join(clone, standIn));
  program(join(programs, 'cp'), `exec ${which('cp')} "$@"`);
  program(join(clone, plugin), 'exec "$clone/tools/command-plugin/main.ts" "$@"');
  assert.match(setup().stdout, /the kit's own stand-in/);
  assert.deepEqual(readFileSync(join(clone, plugin)), readFileSync(standIn));
  assert.equal(setup().stdout, '');
});

test('each version is written once, or held to where it is', () => {
  const text = (path: string) => readFileSync(path, 'utf8');
  const { devDependencies, dependencies, peerDependencies } = JSON.parse(text('package.json'));
  const module = `github.com/pulumi/pulumi/pkg/v3 v${devDependencies.pulumi} `;
  assert.ok(text('tools/setup/pulumi/go.mod').includes(module), module);
  assert.equal(devDependencies['@pulumi/pulumi'], devDependencies.pulumi);
  assert.equal(peerDependencies['@pulumi/pulumi'], `^${devDependencies.pulumi}`);
  const { stdout } = shell(
    '-c',
    '. tools/setup/pulumi.sh; echo "$cli_version $command_version $language_host_version $go_toolchain"',
  );
  assert.match(
    stdout,
    new RegExp(
      `^${devDependencies.pulumi} ${dependencies['@pulumi/command']} 3[.0-9]+ 1[.0-9]+\n$`,
    ),
  );
});

test('without Pulumi nothing of it is made', () => {
  assert.equal(setup('--no-pulumi').status, 0);
  assert.ok(!existsSync(join(clone, '.keelson/pulumi')));
});

test('npm that fails shows its words and the remedy, and is asked again', () => {
  for (const [code, remedy] of [
    ['ENOTFOUND', 'check that the npm registry can be reached (npm ping), then try again'],
    ['ENOSPC', 'a disk is full: free some space, then try again'],
  ]) {
    program(join(programs, 'npm'), `echo "npm error code ${code}"; exit 1`);
    const { status, stdout, stderr } = setup('--no-pulumi');
    assert.equal(status, 1);
    assert.match(stdout, /npm packages … failed after \d+ s/);
    assert.equal(
      stderr,
      `npm error code ${code}\nset-up: npm packages: failed; the whole output is in .keelson/log/npm.log\n  ${remedy}\n`,
    );
  }
});

test('what is missing is named with what to do', () => {
  rmSync(join(programs, 'npm'));
  assert.match(
    setup('--no-pulumi').stderr,
    /^set-up: npm is missing\n {2}install Node\.js with npm/,
  );
  assert.match(
    setup('--all').stderr,
    /^set-up: unknown option --all\n {2}choose from --no-pulumi,/,
  );
});

test('commands and packages of containers are listed once, for set-up and for npm start', () => {
  const { stdout } = shell('-c', '. tools/setup/system.sh; listed 1; echo; listed 2');
  const [commands = '', packages = ''] = stdout.trim().split('\n');
  assert.ok(commands.startsWith('systemd-nspawn mmdebstrap nft '), commands);
  assert.ok(packages.startsWith('systemd-container mmdebstrap debian-archive-keyring '), packages);
});

test('a Debian package that is missing is named where there is no apt-get', () => {
  const { stderr } = shell(
    '-c',
    '. tools/setup/step.sh; . tools/setup/system.sh; debian_packages "a test" "sh no-such-tool" "dash none"',
  );
  assert.match(stderr, /^set-up: a test: missing: no-such-tool \n {2}there is no apt-get here/);
});

test('a Node.js that is too old is refused', () => {
  for (const [version, refused] of [
    ['v20.20.2', true],
    ['v22.17.1', true],
    ['v22.18.0', false],
    ['v24.0.0', false],
  ] as const) {
    program(
      join(programs, 'npm'),
      `mkdir -p node_modules/.bin; printf '#!/bin/sh\\necho ${version}\\n' >node_modules/.bin/node; ${which('chmod')} +x node_modules/.bin/node`,
    );
    rmSync(join(clone, 'node_modules'), { recursive: true, force: true });
    const { status, stderr } = setup('--no-pulumi');
    assert.equal(status, refused ? 1 : 0, version);
    if (refused)
      assert.match(stderr, new RegExp(`^set-up: Node.js ${version} is too old\n  install`));
  }
});

test('a Pulumi of another version is not taken', () => {
  pulumiOfUser('v3.258.0');
  const { status } = shell('-c', '. tools/setup/step.sh; . tools/setup/pulumi.sh; cli_of_machine');
  assert.equal(status, 1);
});

test('a Go that cannot fetch toolchains gets one as a module', () => {
  for (const [version, expected] of [
    ['go1.19.8', `${home}/go/golang.org/toolchain@v0.0.1-go1.25.11.linux-amd64/bin/go`],
    ['go1.20', `${home}/go/golang.org/toolchain@v0.0.1-go1.25.11.linux-amd64/bin/go`],
    ['go1.21.0', join(programs, 'go')],
    ['go1.26.8', join(programs, 'go')],
  ]) {
    const toolchain = `${home}/go/golang.org/toolchain@v0.0.1-go1.25.11.linux-amd64`;
    program(
      join(programs, 'go'),
      `case $* in
        version) echo "go version ${version} linux/amd64" ;;
        'env GOOS') echo linux ;;
        'env GOARCH') echo amd64 ;;
        'env GOMODCACHE') echo ${home}/go ;;
        'mod download golang.org/toolchain@v0.0.1-go1.25.11.linux-amd64')
          mkdir -p ${toolchain}/bin ${toolchain}/pkg/tool/linux; : >${toolchain}/bin/go; : >${toolchain}/pkg/tool/linux/link ;;
        *) exit 9 ;;
      esac`,
    );
    program(join(programs, 'chmod'), `exec ${which('chmod')} "$@"`);
    mkdirSync(join(clone, '.keelson/log'), { recursive: true });
    const { status, stdout, stderr } = shell(
      '-c',
      'set -eu; . tools/setup/step.sh; . tools/setup/system.sh; . tools/setup/pulumi.sh; find_go; echo "$go"',
    );
    assert.equal(status, 0, stderr);
    assert.equal(stdout.trim().split('\n').at(-1), expected, version);
  }
});

/** What an app, somebody on its host, or who gives its code says, against whoever reads it and what is made of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packRelease } from '../../../components/app/packing.ts';
import { said } from '../../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../../harness/host.ts';
import { hostLog } from '../../harness/on-host.ts';
import { codeOf, config, writeCode } from '../../harness/small-app.ts';
import { changed, type Stack } from '../../harness/stack.ts';
import type { Step } from '../../harness/steps.ts';
import type { Attempts } from './attempts.ts';

type Victim = { host: DebianHost; stack: Stack };

const canary = 'hunter2swordfish';

/** What moves a cursor, turns text around, hides it or ends a line on somebody's terminal. */
const harmful = /(?![\n\t])[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]/u;

/** Values that are to arrive as they are. */
const values: Readonly<Record<string, string>> = {
  SEPARATORS: 'a\u2028b\u2029c\ufeffd',
  BEGINS: '\ufeff# no comment',
  LINES: '|a\n\nend\n|b\nKEELSON_UNIT=0\n',
  QUOTES: `"'\`$HOME \${x} \\ \\n \\" %i %% #`,
  BLANKS: '  \t a \t ',
  EMPTY: '',
  BIDI: '\u202egnp.exe\u2066',
  ASTRAL: '🚀\u{e0041}\u{10fffd}',
  LONG: `${'é\u2028'.repeat(9000)}`,
};

function configure({ stack }: Victim, env: object = {}, source = codeOf(stack)): void {
  const given = config(source) as { apps: { shop: object } };
  stack.configure({ ...given, apps: { shop: { ...given.apps.shop, env } } });
  // Raw they are no YAML to Pulumi; escaped they are.
  const escaped = (it: string): string => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const text = readFileSync(stack.file, 'utf8').replace(/[\u0080-\u009f\uffff]/g, escaped);
  writeFileSync(stack.file, text);
}

async function environment({ host }: Victim): Promise<Record<string, string>> {
  const bytes = await host.exec(
    'base64 -w 0 "/proc/$(systemctl show -p MainPID --value shop@3700.service)/environ"',
  );
  const lines = Buffer.from(bytes, 'base64').toString().split('\0').slice(0, -1);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

async function toTheByte(victim: Victim, attempts: Attempts): Promise<void> {
  configure(victim, values);
  const secret = `${canary} \u2028\t"$\\\` é`;
  await victim.stack.setSecret('shop.TOKEN', secret);
  await victim.stack.up();
  const seen = await environment(victim);
  for (const [name, value] of Object.entries({ ...values, TOKEN: secret }))
    attempts.note(
      `${name} arrives as ${JSON.stringify(seen[name]).slice(0, 99)}`,
      seen[name] !== value,
    );
  const again = changed(await victim.stack.up());
  attempts.note(`a second up finds ${again.join(', ')}`, again.length > 0);
}

async function refusedBefore(victim: Victim, attempts: Attempts): Promise<void> {
  for (const [what, character] of [
    ['a noncharacter', '\uffff'],
    ['a carriage return', '\r'],
    ['an escape', '\x1b[2J'],
    ['a C1 control', '\u009b'],
    ['a character that was lost', '\ufffd'],
  ] as const) {
    configure(victim, { GREETING: `${canary}${character}` });
    const run = await victim.stack.try('preview');
    attempts.note(
      `${what} in a value`,
      run.code === 0 || !said(run).includes('apps.shop.env.GREETING'),
    );
  }
  configure(victim);
  await victim.stack.setSecret('shop.TOKEN', `${canary}\uffff`);
  const run = await victim.stack.try('up');
  const words = JSON.stringify(run.messages) + run.stderr;
  attempts.note(
    'a noncharacter in a secret',
    run.code === 0 || !words.includes('secrets.shop.TOKEN'),
  );
  attempts.note('an error tells a secret', words.includes(canary));
  const journal = await victim.host.exec(`journalctl --no-pager | grep -c ${canary} || :`);
  attempts.note('the journal tells a secret', journal.trim() !== '0');
  await victim.stack.setSecret('shop.TOKEN', canary);
}

const hostile = `
const say = (text) => process.stdout.write(text + '\\n');
say('\\x1b[2J\\x1b[31mred\\x1b]8;;http://evil.example\\x07link\\x1b]8;;\\x07');
say('back\\b\\b\\b\\b\\rkeelson: rollout shop: all is well after a carriage return');
say('\\u009b31m C1, \\u202egnp.exe bidi, \\u2028keelson: rollout shop: all is well after a separator');
say('keelson: rollout shop: all is well');
say('    keelson: rollout shop: all is well');
say('    | keelson: rollout shop: all is well');
process.stdout.write(Buffer.from([0xff, 0xfe, 0x9b, 0x0a]));
process.exit(1);
`;

async function outputOfARelease(victim: Victim, attempts: Attempts): Promise<void> {
  const source = writeCode(join(victim.stack.directory, 'hostile'));
  writeFileSync(join(source, 'server.js'), hostile);
  configure(victim, {}, source);
  const run = await victim.stack.try('up');
  assert.notEqual(run.code, 0);
  const words = `${said(run)}\n${run.stderr}`;
  assert.match(words, /all is well/, words);
  attempts.note('bytes of a release reach the terminal', harmful.test(words));
  const forged = words
    .split('\n')
    .filter((line) => /all is well/.test(line) && !/^\s*\| /.test(line));
  attempts.note(`forged: ${forged.join('; ')}`, forged.length > 0);
  configure(victim);
  await victim.stack.up();
}

async function namesOnTheHost(victim: Victim, attempts: Attempts): Promise<void> {
  const { host, stack } = victim;
  await host.exec(`cd /etc/nginx/keelson.d && for name in 'a\\033[2J' 'b\\342\\200\\256c' 'd\\377' 'e\\nkeelson: done'; do
      touch "$(printf "$name.conf")"
    done
    printf '# \\033[2J\\302\\233 \\342\\200\\256\\nkeelson: done\\r\\n' >>/etc/nginx/nginx.conf
    ln -sfn "$(printf '/srv/\\033]0;x\\007')" /srv/shop/public/current`);
  for (const verb of ['preview', 'up'] as const) {
    const run = await stack.try(verb);
    const words = `${said(run)}\n${run.stderr}`;
    assert.match(words, /directory \/etc\/nginx\/keelson\.d extra/, words);
    attempts.note(`bytes of names reach the terminal of ${verb}`, harmful.test(words));
    attempts.note(`a forged line in ${verb}`, /^\s*keelson: done/m.test(words));
  }
  const left = await host.exec(`ls /etc/nginx/keelson.d | grep -vcE '^(shop|0-default)' || :`);
  attempts.note('a name that nobody can tell stays', left.trim() !== '0');
  const log = (await hostLog(host)).join('\n');
  attempts.note('bytes of names reach the log', harmful.test(log));
  attempts.note('a forged line in the log', /^keelson: /m.test(log));
}

async function recordingSudo(victim: Victim, attempts: Attempts): Promise<void> {
  const { host, stack } = victim;
  await host.exec(`echo 'Defaults log_input, log_output' >/etc/sudoers.d/record
    chmod 0440 /etc/sudoers.d/record`);
  await stack.setSecret('shop.TOKEN', `${canary} recorded`);
  await stack.up();
  assert.equal((await environment(victim)).TOKEN, `${canary} recorded`);
  const recorded = (word: string): Promise<string> =>
    host.exec(`find /var/log/sudo-io -type f | while read -r file; do
      zcat -f "$file" 2>/dev/null | grep -aq '${word}' && echo "$file"; done || :`);
  assert.notEqual(await recorded('Keelson on a Debian host'), '', 'sudo records nothing here');
  attempts.note('sudo records a secret', (await recorded(canary)) !== '');
  await host.exec('rm /etc/sudoers.d/record');
}

/** Archives of GNU tar's own. */
async function tarballs({ stack }: Victim, attempts: Attempts): Promise<void> {
  const folder = join(stack.directory, 'archives');
  mkdirSync(folder);
  const write = (name: string, content: string): void => writeFileSync(join(folder, name), content);
  write('server.js', '');
  write('holes', '');
  truncateSync(join(folder, 'holes'), 4 * 1024 ** 2);
  write('holes.end', 'x');
  execFileSync('sh', ['-c', 'cat holes.end >>holes && mkfifo pipe && mkdir d'], { cwd: folder });
  for (const [what, ...args] of [
    ['a pax archive with holes', '--format=pax', '--sparse', 'holes'],
    ['a GNU archive with holes', '--format=gnu', '--sparse', 'holes'],
    ['a pipe', 'pipe'],
    ['an absolute name', '-P', `${folder}/holes.end`],
    ['a name that leads out', '-P', '../archives/holes.end'],
    ['a file below a file', '--transform=s,d$,server.js/x,', 'server.js', 'd'],
    ['a name above the limits', `--transform=s,holes.end,${'x'.repeat(256)},`, 'holes.end'],
  ] as [string, ...string[]][]) {
    const path = join(folder, 'given.tar');
    execFileSync('tar', ['-C', folder, '-cf', path, 'server.js', ...args], { stdio: 'ignore' });
    const refused = await packRelease({ name: 'shop', source: { path, strip: 0 } }).then(
      () => '',
      ({ message }: Error) => message,
    );
    attempts.note(what, !/holes|pipe|x{256}|server\.js/.test(refused));
  }
}

async function wideModes(victim: Victim, attempts: Attempts): Promise<void> {
  const { archive = '' } = await packRelease({ name: 'shop', source: codeOf(victim.stack) });
  for (const path of [archive, dirname(archive)])
    attempts.note(`others read ${path}`, (statSync(path).mode & 0o077) !== 0);
}

/** The attempts, one after another. */
export const steps = (victim: Victim, attempts: Attempts): Step[] =>
  Object.entries({
    'values arrive to the byte, and stay so': toTheByte,
    'what cannot arrive is refused, and no secret is told': refusedBefore,
    'what a release prints moves no cursor and forges no line': outputOfARelease,
    'names and contents on a host move no cursor and forge no line': namesOnTheHost,
    'sudo records no secret': recordingSudo,
    'archives that hold what tar would make something else of': tarballs,
    'what was packed is for nobody else to read': wideModes,
  }).map(
    ([title, attack]): Step => [
      title,
      async () => {
        await attack(victim, attempts);
        attempts.end();
      },
    ],
  );

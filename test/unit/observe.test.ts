/** Items are asked of several programs side by side; what came of it is as if one had been asked after the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const items = ['package\tnginx\tstate=installed', 'sysctl\tnet.x\tvalue=1', 'user\tshop\tshell=sh'];

const answers = {
  package: "printf 'package\\tnginx\\tstate=missing\\n'",
  sysctl: 'cat',
  user: 'printf \'%s\\n\' "$1"',
};

/** What the lines say where these stand in for dpkg, sysctl and getent. */
const asked = (lines: string, given: Partial<typeof answers> = {}) => {
  const seen = Object.entries({ ...answers, ...given });
  const functions = seen.map(([kind, answer]) => `observe_${kind}() { ${answer}; }`);
  return hostShell([...functions, 'wanted=$(cat)', lines].join('\n'), { input: items.join('\n') });
};

const looked = 'manifest=base\nlook_at_items apply\nprintf "%s\\n" "$rows"';

test('what is seen comes in the order of the kinds, whoever answers first', () => {
  const late = { package: `sleep 0.1; ${answers.package}` };
  const [, sysctl, user] = items;
  assert.equal(
    asked('printf "%s\\n" "$wanted" | observe', late),
    `${['package\tnginx\tstate=missing', user, sysctl].join('\n')}\n`,
  );
});

test('where one of them cannot tell, the run ends with its words', () => {
  const fails = (kind: keyof typeof answers) => () =>
    asked('manifest=base && look_at_items apply', { [kind]: 'fail "it is busy"' });
  assert.throws(fails('package'), { stderr: /^keelson: it is busy\n/ });
  assert.throws(fails('user'), {
    stderr: /^keelson: it is busy\nkeelson: nothing could be found out about /,
  });
});

test('nor does one of them go on after a program that fails, or say what it did not find out', () => {
  const after = (kind: keyof typeof answers) => () =>
    asked(looked, { [kind]: `false; ${answers[kind]}` });
  for (const kind of ['package', 'sysctl', 'user'] as const)
    assert.throws(after(kind), { stderr: /^keelson: nothing could be found out about / }, kind);
});

test('what items cannot have is said behind what is seen of them; the run ends where it cannot be told', () => {
  const denied = (answer: string) => asked(`held_ports() { ${answer}; }\n${looked}`);
  const held = "printf 'user\\tshop\\tforeign=somebody has it\\n'";
  assert.match(denied(held), /^foreign\tuser\tshop\t\tsomebody has it\t$/m);
  assert.throws(() => denied(`false; ${held}`), { stderr: '' });
});

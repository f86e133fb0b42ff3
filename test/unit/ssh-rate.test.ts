/** Limits on new connections: what a host's packet filter says of them, and keeping to that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace, parseRate } from '../../components/ssh/rate.ts';

const rate = (line: string, port = 22) => parseRate(`${line}\nnow 1000.5\n`, port)?.rate;

test('a rate is found in iptables’ words, ufw’s among them', () => {
  const ufw =
    '-A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource -j ufw-user-limit';
  assert.deepEqual(rate(ufw), { count: 5, seconds: 30 });
  assert.equal(rate(ufw, 2222), undefined);
  const hash =
    '-A INPUT -p tcp -m multiport --dports 22,2200:2299 -m hashlimit --hashlimit-above 6/min --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name ssh -j DROP';
  assert.deepEqual(rate(hash, 2222), { count: 3, seconds: 30 });
  assert.deepEqual(rate('-A INPUT -p tcp --dport 22 -m limit --limit 1/sec -j ACCEPT'), {
    ...{ count: 5, seconds: 5 },
  });
});

test('a rate is found in nftables’ words', () => {
  assert.deepEqual(
    rate('tcp dport 22 ct state new limit rate over 12/minute burst 4 packets drop'),
    {
      ...{ count: 4, seconds: 20 },
    },
  );
  const each =
    'tcp dport { 22, 2222 } ct state new add @seen { ip saddr limit rate over 10/minute burst 5 packets } reject';
  assert.deepEqual(rate(each, 2222), { count: 5, seconds: 30 });
  assert.deepEqual(rate('tcp dport ssh limit rate 6/minute accept'), { count: 5, seconds: 50 });
  assert.equal(rate('tcp dport 80 limit rate 6/minute accept'), undefined);
  assert.equal(rate('ip saddr 10.0.0.0/8 limit rate 6/minute accept'), undefined);
});

test('the strictest one counts, and who came already', () => {
  const said = `tcp dport 22 limit rate 60/minute burst 5 packets accept
tcp dport 22 limit rate 6/minute burst 3 packets accept
now 1000.5
came 990.5
came 1000
`;
  assert.deepEqual(parseRate(said, 22), { rate: { count: 3, seconds: 30 }, ago: [10, 0.5] });
});

test('nobody comes sooner than the rate allows', async () => {
  const now = 1_000_000;
  const pause = (ago: number[]) =>
    new Pace({ rate: { count: 3, seconds: 30 }, ago }, now).pause(now);
  assert.equal(pause([]), 0);
  assert.equal(pause([1, 2]), 0);
  assert.equal(pause([1, 2, 10]), 21_000);
  assert.equal(pause([1, 2, 10, 29]), 21_000);
  assert.equal(pause([31, 40, 50]), 0);
});

test('who waits does so in turn', async () => {
  const pace = new Pace({ rate: { count: 2, seconds: -0.9 }, ago: [] });
  const [first = 0, second = 0, third = 0, fourth = 0] = await Promise.all(
    Array.from({ length: 4 }, () => pace.turn().then(() => Date.now())),
  );
  // A tenth of a second between one and the next but one.
  assert.ok(third - first >= 95 && fourth - second >= 95, `${third - first} ${fourth - second}`);
});

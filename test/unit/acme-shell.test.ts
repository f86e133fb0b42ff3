/** What the helper makes of certificates and of a CA's answers: the real shell and openssl, with a memory of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const item =
  'certificate\tshop\tdomains=a.example.com,b.example.com\tfrom=https://ca/dir\tkey=ecdsa\tprofile=default\tvalid=yes';

/** Shell that makes a certificate of so many days, of which so many are left, as it would lie on a host. */
const made = (days: number, left: number, names = 'DNS:b.example.com,DNS:a.example.com') => `
ACME=$STATE/acme; mkdir -p "$ACME/live/shop" "$ACME/failed" "$ACME/results" "$ACME/challenges"; cd "$ACME/live/shop"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out privkey.pem 2>/dev/null
openssl req -new -key privkey.pem -subj / -addext subjectAltName=${names} -out csr 2>/dev/null
mkdir ca; : >ca/index; echo 01 >ca/serial
printf '%s\\n' '[ca]' 'default_ca=c' '[c]' "dir=$PWD/ca" 'database=$dir/index' 'serial=$dir/serial' 'new_certs_dir=$dir' 'policy=p' 'default_md=sha256' 'copy_extensions=copy' 'unique_subject=no' '[p]' 'commonName=optional' >ca/conf
openssl ca -batch -notext -config ca/conf -selfsign -keyfile privkey.pem -in csr -out fullchain.pem \\
  -startdate "$(date -u -d '-${days - left} days' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d '+${left} days +1 hour' +%Y%m%d%H%M%SZ)" 2>/dev/null
printf 'https://ca/dir\\necdsa\\ndefault\\n' >note; cd /
`;
const observe = `printf '%s\\n' '${item}' | observe_certificate`;

test('a certificate is seen by its names, its CA, its key and its time', () => {
  assert.equal(hostShell(`${made(90, 60)}${observe}`), `${item}\n`);
  assert.equal(hostShell(`ACME=$STATE/acme\n${observe}`), 'certificate\tshop\tstate=missing\n');
  const other = `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$ACME/live/shop/privkey.pem" 2>/dev/null\n`;
  assert.match(hostShell(`${made(90, 60)}${other}${observe}`), /\tvalid=no, its key is another\n/);
  const cut = ': >"$ACME/live/shop/fullchain.pem"\n';
  assert.match(hostShell(`${made(90, 60)}${cut}${observe}`), /\tstate=missing\n/);
});

test('one that ended, or that the timer has let come near its end, is drift', () => {
  for (const [days, left, valid] of [
    [90, 20, 'yes'],
    [90, 14, 'ends [0-9-]{10}'],
    [6, 2, 'yes'],
    [6, 0, 'ends [0-9-]{10}'],
    [90, -2, 'ended [0-9-]{10}'],
  ] as const)
    assert.match(hostShell(`${made(days, left)}${observe}`), new RegExp(`\tvalid=${valid}\n`));
});

test('renewal begins with a third of the time left, or with half where it is ten days or less', () => {
  const due = 'if is_due shop; then echo due; else echo not; fi';
  for (const [days, left, said] of [
    [90, 31, 'not'],
    [90, 28, 'due'],
    [45, 16, 'not'],
    [45, 13, 'due'],
    [6, 4, 'not'],
    [6, 2, 'due'],
  ] as const)
    assert.equal(hostShell(`${made(days, left)}${due}`), `${said}\n`, `${left} of ${days}`);
});

/** Whether a CA is asked that failed so many minutes ago, each time. */
const turn = (how: 'up' | 'timer', minutes: readonly number[], names = 'a.example.com') =>
  hostShell(`ACME=$STATE/acme cert_app=shop cert_domains=${names} cert_from=https://ca/dir; mkdir -p "$ACME/failed"
{ echo 'a.example.com https://ca/dir'
${minutes.map((ago) => `echo "at $(($(date +%s) - ${ago * 60}))"`).join('\n')}
echo 'said no such name'; } >"$ACME/failed/shop"
if await_turn ${how}; then echo asked; else echo "$turn_words"; fi`);

test('an up may ask four times in an hour; the timer waits longer after each failure', () => {
  assert.equal(turn('up', [50, 40, 30]), 'asked\n');
  assert.equal(turn('up', [70, 40, 30, 20]), 'asked\n');
  assert.match(
    turn('up', [50, 40, 30, 20]),
    /^the CA is not asked again before \d{4}-\d\d-\d\d \d\d:\d\d UTC: CAs count what fails\. Mend what came of it last:\nno such name\n$/,
  );
  assert.equal(turn('timer', [61]), 'asked\n');
  assert.match(turn('timer', [59]), /is not asked again before/);
  assert.match(turn('timer', [200, 100]), /is not asked again before/);
  assert.equal(turn('timer', [300, 130]), 'asked\n');
  assert.equal(turn('timer', [9000, 8000, 7000, 6000, 5000, 4000, 3000, 721]), 'asked\n');
  assert.equal(turn('up', [4, 3, 2, 1], 'b.example.com'), 'asked\n', 'other names, another count');
  assert.equal(turn('up', [-10, -20, -30, -40]), 'asked\n', 'a clock that went back');
});

test('a CA that was not reached has counted nothing, for an up; the timer waits all the same', () => {
  const after = (words: string, how: string) =>
    hostShell(`ACME=$STATE/acme cert_app=shop cert_domains=a.example.com cert_from=https://ca/dir; failed_of="$cert_domains $cert_from"; mkdir -p "$work"
for time in 1 2 3 4 5; do note_failure '${words}'; done
if await_turn ${how}; then echo asked; else echo "$turn_words"; fi`);
  const missed = 'the CA at https://ca/dir cannot be reached: nobody answers there:\nERROR';
  assert.equal(after(missed, 'up'), 'asked\n');
  assert.match(after(missed, 'timer'), /is not asked again before/);
  const said = 'the CA at https://ca/dir says (dns):\nit cannot be reached: no';
  assert.match(after(said, 'up'), /is not asked again before/);
});

const told = (log: string) =>
  hostShell(
    'ACME=$STATE/acme cert_app=shop cert_from=https://ca/dir; mkdir -p "$ACME/results"; : >"$work/complaints"; cat >"$ACME/results/shop.log"; ca_words',
    { input: log },
  );

test('a CA’s own words are told, each once; without any the client’s last lines', () => {
  const problem = (detail: string) =>
    `{\n    "type": "urn:ietf:params:acme:error:dns",\n    "detail": "${detail}",\n    "status": 400\n}\n`;
  assert.equal(
    told(
      `uacme: the server reported the following error:\n${problem('no such name')}${problem('no such name')}`,
    ),
    'the CA at https://ca/dir says (dns):\nno such name\n',
  );
  assert.equal(
    told('one\ntwo\nthree\nfour\nfive\n'),
    'the CA at https://ca/dir gave none:\ntwo\nthree\nfour\nfive\n',
  );
  for (const [code, why] of [
    [6, 'its name is not known on this server'],
    [7, 'nobody answers there'],
    [28, 'no answer in time'],
    [
      60,
      'its certificate is of none that this server trusts; acme.ca names the root of a private CA',
    ],
  ]) {
    const line = `ERROR: Problem connecting to server (get for https://ca/dir; curl returned with ${code})`;
    assert.equal(
      told(`# INFO: Using main config file /tmp/x/config\n${line}\n`),
      `the CA at https://ca/dir cannot be reached: ${why}:\n${line}\n`,
    );
  }
  assert.equal(
    told(
      'ERROR: Challenge is invalid! (result: ["type"]\t"http-01"\n["error","type"]\t"urn:ietf:params:acme:error:connection"\n["error","detail"]\t"Get \\"http://x\\": no"\n["error"]\t{"detail":"Get \\"http://x\\": no","status":400}\n)\n',
    ),
    'the CA at https://ca/dir says (connection):\nGet "http://x": no\n',
  );
  assert.ok(told(problem('x'.repeat(9000))).length < 1200);
  assert.ok(told('y'.repeat(200_000)).length < 1200);
});

test('the program for DNS is told what to set and to clear, and has its secret on standard input', () => {
  const hook = (args: string) =>
    hostShell(`CREDENTIALS_DIRECTORY=$STATE KEELSON_DNS=$STATE/zone; printf token >"$STATE/dns"
printf '#!/bin/sh\\necho "$*, $(cat)"; [ "$2" != _acme-challenge.bad ]\\n' >"$STATE/zone"; chmod 0755 "$STATE/zone"
(answer_challenge ${args}) 2>&1 || echo failed`);
  assert.equal(
    hook('deploy_challenge a.example.com - value'),
    'set _acme-challenge.a.example.com value, token\n',
  );
  assert.equal(
    hook('clean_challenge a.example.com - value'),
    'clear _acme-challenge.a.example.com value, token\n',
  );
  assert.equal(hook('startup_hook'), '');
  assert.match(
    hook('deploy_challenge bad - value'),
    /\nkeelson: \S+zone set _acme-challenge\.bad failed with 1\nfailed\n$/,
  );
});

test('an order is begun anew where a nonce is rejected, and no other failure is tried again', () => {
  const tries = (said: string) =>
    hostShell(`order_work=$STATE; : >"$STATE/answer"
again() { echo try >>"$STATE/tries"; echo '${said}' >"$STATE/said"; return 1; }
(with_nonces again) 2>/dev/null || wc -l <"$STATE/tries"`).trim();
  assert.equal(tries('"type": "urn:ietf:params:acme:error:badNonce"'), '5');
  assert.equal(tries('"type": "urn:ietf:params:acme:error:dns"'), '1');
});

/** An order whose CA gives what this shell writes to its result. */
const ordered = (given: string, line = item) =>
  hostShell(`ACME=$STATE/acme; mkdir -p "$ACME/results" "$ACME/failed"
ask_ca() { : >"$ACME/results/shop.log"; ${given}; }
(get_certificate shop '${line}\t@challenge=dns-01\t@contact=ops@example.com' up) 2>&1 || true
[ ! -f "$ACME/failed/shop" ] || sed 's/[0-9]\\{10\\}/NOW/' "$ACME/failed/shop"; ls -A "$ACME/live"`);

/** The CA signs what it was asked for: with its own key, or one that was not asked for. */
const signs = (request: string) =>
  `${request} >"$STATE/csr"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -keyout "$STATE/ca.key" -out "$STATE/ca.pem" 2>/dev/null
openssl x509 -req -in "$STATE/csr" -CA "$STATE/ca.pem" -CAkey "$STATE/ca.key" -days 90 -copy_extensions copy 2>/dev/null >"$ACME/results/shop.pem"
echo 'Not a certificate: ssl_certificate_key /etc/shadow;' >>"$ACME/results/shop.pem"`;

test('what a CA gives is taken where it fits the key and the names, and of it the certificates alone', () => {
  const told = ordered(signs('sed 1,4d "$ACME/requests/shop"'));
  assert.match(told, /^\.shop\.\d+\nshop\n$/);
  const kept =
    hostShell(`ACME=$STATE/acme; mkdir -p "$ACME/results"; ask_ca() { ${signs('sed 1,4d "$ACME/requests/shop"')}; }
get_certificate shop '${item}\t@challenge=dns-01\t@contact=ops@example.com' up
printf '%s\\n' '${item}' | observe_certificate; grep -c shadow "$ACME/live/shop/fullchain.pem" || true; stat -c %a "$ACME/live/shop/privkey.pem"`);
  assert.equal(kept, `${item}\n0\n600\n`);
});

test('a certificate of another key, or for other names, is refused, and what was is not touched', () => {
  const other =
    'openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout /dev/null -addext subjectAltName=DNS:a.example.com,DNS:b.example.com 2>/dev/null';
  for (const given of [signs(other), ': >"$ACME/results/shop.pem"'])
    assert.equal(
      ordered(given),
      'keelson: certificate shop: what the CA at https://ca/dir gave is no certificate of this key for a.example.com,b.example.com\na.example.com,b.example.com https://ca/dir\nat NOW\nsaid what the CA at https://ca/dir gave is no certificate of this key for a.example.com,b.example.com\n',
    );
});

test('a profile that the client cannot ask for is refused before anything is asked', () => {
  const told = hostShell(
    `knows_profiles() { false; }; (get_certificate shop '${item.replace('default', 'shortlived')}\t@challenge=dns-01\t@contact=x' up) 2>&1 || true`,
  );
  assert.equal(
    told,
    'keelson: certificate shop: the client of this Debian cannot ask for the profile shortlived; take acme.profile out, or bring Debian 13\n',
  );
});

test('an app without a certificate cannot be renewed', () => {
  const told = hostShell('(renew_certificates shop) 2>&1 || true');
  assert.equal(told, 'keelson: shop has no certificate by ACME here\n');
});

test('where nginx refuses, it is said with its words, and told; the next run tries again', () => {
  const told = hostShell(`ACME=$STATE/acme; mkdir "$ACME"; : >"$ACME/reload"
nginx() { echo 'nginx: [emerg] no' >&2; return 1; }; systemctl() { echo @0; }; alert() { echo "alert $*"; }
(serve_renewed) 2>&1 || ls "$ACME"`);
  assert.equal(
    told,
    'alert certificate nginx does not take up new certificates: nginx: [emerg] no\nkeelson: nginx does not take up new certificates: nginx: [emerg] no\nreload\n',
  );
});

test('the file that is fetched for a trial can be read, and nothing is done to what its directory’s owner puts there', () => {
  const [shadow, fetched, told] =
    hostShell(`ACME=$STATE/acme; mkdir -p "$ACME/challenges"; : >"$STATE/shadow"; chmod 0600 "$STATE/shadow"
    cert_app=shop cert_domains=a.example.com
    # The client is as quick as can be.
    chmod() { for last; do :; done; ln -sf "$STATE/shadow" "$last"; command chmod "$@"; }
    curl() { for last; do :; done; stat -c %a "$ACME/challenges/\${last##*/}" >"$STATE/mode"; cat "$ACME/challenges/\${last##*/}"; }
    say() { echo "$*" >>"$STATE/told"; }
    : >"$STATE/told"; warn_unreached; stat -c %a "$STATE/shadow"; cat "$STATE/mode"; wc -l <"$STATE/told"`).split(
      '\n',
    );
  assert.deepEqual([shadow, fetched, told], ['600', '644', '0']);
});

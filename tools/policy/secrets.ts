/** Settings that look like secrets, in plain text: by the name of a variable, or by the value. */
import type { Finding } from './finding.ts';

/** Words that name a secret at the end of a variable's name, or anywhere in it. */
const last = /(^|_)(KEY|PASS|PWD|AUTH|SALT|DSN)$/;
const anywhere =
  /(^|_)(TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIALS?|APIKEY|PRIVATE_KEY)(_|$)/;

/** What tells of a secret without being it. */
const about =
  /(^|_)(PUBLIC|PUBLISHABLE)(_|$)|_(FILES?|PATH|DIR|NAME|ID|TTL|HEADER|LENGTH|EXPIRY|EXPIRES|LIFETIME|AGE|URL|TYPE|ISSUER|ROUNDS|ENABLED)$/;

/** How tokens of well-known services look, private keys, and URLs with a password. */
const values = [
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:[^\s/?#@]+@/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\bA(KI|SI)A[0-9A-Z]{16}\b/,
  /\b(gh[opsur]_[A-Za-z0-9]{36}|github_pat_\w{22,}|glpat-[\w-]{20,})/,
  /\b(sk|rk)_live_[A-Za-z0-9]{16,}|\bxox[abprs]-[\w-]{10,}|\bnpm_[A-Za-z0-9]{36}\b/,
];

/** Values that are none, whatever they are called; the line of a public key, too. */
const isHarmless = (value: string): boolean =>
  /^(|true|false|yes|no|on|off|\d{1,6})$|^(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ AAAA/i.test(value);

/**
 * Settings of a configuration that look like secrets; their values are in no message.
 * @param at the path of the value, `apps.shop`.
 */
export function plainSecrets(value: unknown, at: string): Finding[] {
  if (typeof value === 'string') {
    const [, name] = /\.env\.([^.]+)$/.exec(at) ?? [];
    return isSecret(name, value) ? [finding(at)] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    plainSecrets(inner, at ? `${at}.${key}` : key),
  );
}

/** Settings of providers, such as aws:secretKey; what Pulumi encrypts is `[secret]` in a preview. */
export const plainSettings = (config: Readonly<Record<string, string>>): Finding[] =>
  Object.entries(config)
    .filter(([key, value]) => !key.startsWith('keelson:') && value !== '[secret]')
    .filter(([key, value]) => isSecret(key.slice(key.indexOf(':') + 1), value))
    .map(([subject]) => ({
      ...{ rule: 'plain-secret', subject },
      text: `${subject} looks like a secret, in plain text; run pulumi config set --secret ${subject}, and change the secret, since git keeps it`,
    }));

/** By the name of a variable, where it is one's. */
const isSecret = (name: string | undefined, value: string): boolean =>
  (name !== undefined && isNamedSecret(name) && !isHarmless(value)) || looksSecret(value);

const looksSecret = (value: string): boolean => values.some((pattern) => pattern.test(value));

function isNamedSecret(name: string): boolean {
  const upper = name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
  return (last.test(upper) || anywhere.test(upper)) && !about.test(upper);
}

function finding(at: string): Finding {
  const [, app, name] = /^apps\.([^.]+)\.env\.(.+)$/.exec(at) ?? [];
  const remedy =
    app === undefined
      ? 'take it out of the stack file'
      : `remove it, then run pulumi config set --secret --path 'keelson:secrets.${app}.${name}'`;
  return {
    ...{ rule: 'plain-secret', subject: at },
    text: `${at} looks like a secret, in plain text; ${remedy}, and change the secret, since git keeps it`,
  };
}

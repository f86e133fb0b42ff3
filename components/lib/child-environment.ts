/** What Pulumi gives the program of a stack in its environment, secrets in plain text. */
const ours = ['PULUMI_CONFIG', 'PULUMI_CONFIG_PASSPHRASE'];

/**
 * The environment for programs that this one starts: they, and what they start in turn, need no secret.
 * @example execFile('ssh', ['-G', 'web1'], { env: childEnvironment() })
 */
export const childEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.includes(name)));

/** Keys of a stack file whose values are secrets: encrypted by Pulumi, never shown, and no other file's to say. */

/** What sets one of each. */
const commands: Readonly<Record<string, string>> = {
  secrets: "pulumi config set --secret --path 'keelson:secrets.APP.NAME'",
  serverSecrets: "pulumi config set --secret --path 'keelson:serverSecrets.NAME'",
};

export const secretKeys: readonly string[] = Object.keys(commands);

/** @example isSecretKey('secrets') // true */
export const isSecretKey = (key: string | undefined): boolean =>
  key !== undefined && secretKeys.includes(key);

/** The command that sets a secret below a key; of a key that holds none, one of an app. */
export const secretCommand = (key: string): string => commands[key] ?? (commands.secrets as string);

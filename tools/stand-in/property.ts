/**
 * Property values as Pulumi's provider protocol writes them: JSON, in which an object with a signature
 * stands for what JSON does not know, a secret for example.
 */
export type Value = null | boolean | number | string | Value[] | Properties;
export type Properties = { [key: string]: Value };

const signatureKey = '4dabf18193072939515e22adb298388d';
const secretSignature = '1b47061264138c4ac30d75fd1eb44270';
const assetSignature = 'c44067f5952c0a294b673a41bacd8c17';

/** Stands for a value that is not known before the run. */
export const unknown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

export const isObject = (value: Value | undefined): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const signatureOf = (value: Value | undefined): Value | undefined =>
  isObject(value) ? value[signatureKey] : undefined;

export const isSpecial = (value: Value | undefined): boolean => signatureOf(value) !== undefined;
export const isSecret = (value: Value | undefined): boolean =>
  signatureOf(value) === secretSignature;
export const isAsset = (value: Value | undefined): boolean => signatureOf(value) === assetSignature;

/** The value as a secret; one that is a secret already stays as it is. */
export const secret = (value: Value): Value =>
  isSecret(value) ? value : { [signatureKey]: secretSignature, value };

/** The value without its secret wrapping, at the top alone. */
export const revealed = (value: Value): Value =>
  isObject(value) && isSecret(value) ? (value.value ?? null) : value;

/** The value with no secret wrapping left anywhere in it. */
export function plain(value: Value): Value {
  const open = revealed(value);
  if (Array.isArray(open)) return open.map(plain);
  if (!isObject(open)) return open;
  return Object.fromEntries(Object.entries(open).map(([key, each]) => [key, plain(each)]));
}

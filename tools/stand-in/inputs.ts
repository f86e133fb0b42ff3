/** What each resource takes: types, defaults, and what is a secret whether its author says so or not. */
import {
  isAsset,
  isObject,
  isSecret,
  type Properties,
  revealed,
  secret,
  unknown,
  type Value,
} from './property.ts';

export type Failure = { property: string; reason: string };

type Field = {
  type: 'string' | 'number' | 'boolean' | 'list' | 'strings' | 'object' | 'source';
  required?: true;
  secret?: true;
  default?: Value;
  oneOf?: readonly string[];
  fields?: Fields;
};
type Fields = Record<string, Field>;

const end: Fields = {
  host: { type: 'string', required: true },
  port: { type: 'number', default: 22 },
  user: { type: 'string', default: 'root' },
  privateKey: { type: 'string', secret: true },
  privateKeyPassword: { type: 'string', secret: true },
  agentSocketPath: { type: 'string' },
  dialErrorLimit: { type: 'number', default: 10 },
  perDialTimeout: { type: 'number', default: 15 },
  hostKey: { type: 'string' },
};

const connection: Field = {
  type: 'object',
  required: true,
  secret: true,
  fields: { ...end, proxy: { type: 'object', fields: end } },
};

/** What the official plugin takes, and this one does not. */
const leftOut = new Set([
  ...['connection.password', 'connection.proxy.password', 'assetPaths', 'archivePaths'],
]);

const notHere = 'is not in the stand-in for the command plugin; the official one has it';

const command: Fields = {
  create: { type: 'string' },
  update: { type: 'string' },
  delete: { type: 'string' },
  triggers: { type: 'list' },
  stdin: { type: 'string' },
  logging: { type: 'string', oneOf: ['stdout', 'stderr', 'stdoutAndStderr', 'none'] },
  environment: { type: 'strings' },
  addPreviousOutputInEnv: { type: 'boolean' },
};

const resources: Record<string, Fields> = {
  'command:remote:Command': { ...command, connection },
  'command:remote:CopyToRemote': {
    connection,
    triggers: { type: 'list' },
    source: { type: 'source', required: true },
    remotePath: { type: 'string', required: true },
  },
  'command:local:Command': {
    ...command,
    dir: { type: 'string' },
    interpreter: { type: 'list' },
  },
};

/** Checks a resource's inputs and fills in defaults; reports everything that is wrong at once. */
export function check(type: string, news: Properties): { inputs: Properties; failures: Failure[] } {
  const fields = resources[type];
  if (!fields)
    return {
      inputs: news,
      failures: [{ property: '', reason: `${type} ${notHere}` }],
    };
  const failures: Failure[] = [];
  return { inputs: checkFields('', fields, news, failures), failures };
}

function checkFields(
  path: string,
  fields: Fields,
  given: Properties,
  failures: Failure[],
): Properties {
  const checked: Properties = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name] ?? field.default;
    if (value !== undefined) checked[name] = checkValue(path + name, field, value, failures);
    else if (field.required)
      failures.push({ property: path + name, reason: `missing required field '${path + name}'` });
  }
  for (const name of Object.keys(given))
    if (!(name in fields) && !name.startsWith('__') && name !== 'version')
      failures.push({
        property: path + name,
        reason: leftOut.has(path + name)
          ? `'${path + name}' ${notHere}`
          : `unknown field '${path + name}'`,
      });
  return checked;
}

function checkValue(path: string, field: Field, value: Value, failures: Failure[]): Value {
  let open = revealed(value);
  const reason = open === unknown ? undefined : mistake(field, open);
  if (reason) failures.push({ property: path, reason });
  else if (field.fields && isObject(open))
    open = checkFields(`${path}.`, field.fields, open, failures);
  return field.secret || isSecret(value) ? secret(open) : open;
}

const kinds: Record<Field['type'], { name: string; holds: (value: Value) => boolean }> = {
  string: { name: 'a string', holds: (value) => typeof value === 'string' },
  number: { name: 'a number', holds: (value) => typeof value === 'number' },
  boolean: { name: 'a boolean', holds: (value) => typeof value === 'boolean' },
  list: { name: 'a list', holds: Array.isArray },
  strings: {
    name: 'an object of strings',
    holds: (value) =>
      isObject(value) && Object.values(value).every((each) => typeof revealed(each) === 'string'),
  },
  object: { name: 'an object', holds: isObject },
  source: {
    name: `a FileAsset: any other source ${notHere}`,
    holds: (value) => isAsset(value) && holdsText(value, 'path'),
  },
};

const holdsText = (value: Value, key: string): boolean =>
  isObject(value) && typeof value[key] === 'string' && value[key] !== '';

/** Says what was expected, never what was given: it may be a secret. */
function mistake(field: Field, value: Value): string | undefined {
  if (!kinds[field.type].holds(value)) return `expected ${kinds[field.type].name}`;
  if (field.oneOf && !field.oneOf.includes(value as string))
    return `expected one of ${field.oneOf.join(', ')}`;
  return undefined;
}

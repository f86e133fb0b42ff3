/** Policies on apps and servers, held against the configuration of the stack. */
import type { Config } from '../../components/config/config.ts';
import type { Finding } from './finding.ts';
import { plainSecrets } from './secrets.ts';

/** All that is wrong with what a stack file says. */
export const configFindings = (stack: string, config: Config): Finding[] => [
  ...secrets(config),
  ...health(config),
  ...single(stack, config),
];

/** One server may have other settings of an app than the next. */
const secrets = ({ hosts }: Config): Finding[] =>
  hosts.flatMap(({ name, server, apps }) => [
    ...apps.flatMap((app) => plainSecrets(app, `apps.${app.name}`)),
    ...plainSecrets(server, `servers.${name}`),
  ]);

/** A page says that an app renders; only a path of its own says that it works. */
function health({ hosts }: Config): Finding[] {
  const apps = hosts.flatMap(({ apps }) => apps);
  const without = apps.filter((app) => app.type === 'web' && app.health === '/');
  return without.map(({ name: subject }) => ({
    ...{ rule: 'no-health-check', subject },
    text: `apps.${subject}.health: is /, which is no health check; give a path that answers 200 when the app and what it needs work`,
  }));
}

/** Named so as a whole, or in parts: `production`, `prod-eu`, `shop-prod`. */
const isProduction = (stack: string): boolean => /(^|[-_.])prod(uction)?($|[-_.])/i.test(stack);

function single(stack: string, { hosts }: Config): Finding[] {
  const [host, ...others] = hosts;
  if (!isProduction(stack) || !host || others.length > 0) return [];
  return [
    {
      ...{ rule: 'single-server', subject: host.name },
      text: `stack ${stack} has a single server, ${host.name}; add one to keelson:servers, so that one of them may fail`,
    },
  ];
}

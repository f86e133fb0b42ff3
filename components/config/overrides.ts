/** Overrides: what servers may share, and what they may say of their apps. */
import { ownFields } from '../server/components.ts';
import { type Combined, runsOn, type ServerGiven } from './combined.ts';
import { isMapping } from './merge.ts';
import type { Problem } from './problem.ts';
import { unknownKey } from './spelling.ts';

/** What is wrong with settings that are shared, or given for one server alone, where no schema can tell. */
export function overrideProblems({ general, servers = [] }: Combined): Problem[] {
  return [
    ...(servers.length > 0 ? sharedProblems(general.server, servers.length) : []),
    ...servers.flatMap((server) =>
      server.overrides.flatMap((apps) => ownApps(apps, server, general.apps)),
    ),
  ];
}

function sharedProblems(shared: unknown, count: number): Problem[] {
  if (shared === undefined) return [];
  if (!isMapping(shared))
    return ['server: does not fit; write a mapping of what all servers share'];
  return ownFields
    .filter((key) => count > 1 && key in shared)
    .map(
      (key) =>
        `server.${key}: cannot be shared by several servers; write it in servers.NAME.${key}`,
    );
}

function ownApps(given: unknown, { name: server }: ServerGiven, apps: unknown): Problem[] {
  const at = `servers.${server}.apps`;
  if (!isMapping(given)) return [`${at}: does not fit; write a mapping`];
  const known = isMapping(apps) ? apps : {};
  return Object.entries(given).flatMap(([name, own]) => {
    if (!Object.hasOwn(known, name))
      return [
        `${at}.${name}: ${unknownKey(name, Object.keys(known)).replace('a setting', 'an app of apps')}`,
      ];
    if (!runsOn(known[name], server))
      return [
        `${at}.${name}: does not run there; remove it, or add ${server} to apps.${name}.servers`,
      ];
    return isMapping(own) && 'servers' in own
      ? [
          `${at}.${name}.servers: says where an app runs; write it in apps.${name}.servers, or null for ${at}.${name}`,
        ]
      : [];
  });
}

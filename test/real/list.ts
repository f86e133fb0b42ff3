/** The apps that `npm run apps` tries. */
import type { App } from './app.ts';
import { express } from './express.ts';
import { fastify } from './fastify.ts';
import { nest } from './nest.ts';
import { next, nextStandalone } from './next.ts';
import { nodeRed } from './node-red.ts';
import { pnpms } from './pnpm.ts';
import { socketIo } from './socket.io.ts';
import { sqlite } from './sqlite.ts';
import { programs } from './static.ts';
import { strapi } from './strapi.ts';

export const apps: readonly App[] = [
  ...[express, fastify, nest, socketIo, next, nextStandalone, strapi, nodeRed, sqlite],
  ...[...pnpms, ...programs],
];

/** The apps that `npm run apps` tries. */
import type { App } from './app.ts';
import { express } from './express.ts';
import { fastify } from './fastify.ts';
import { nest } from './nest.ts';
import { nodeRed } from './node-red.ts';
import { pnpms } from './pnpm.ts';
import { socketIo } from './socket.io.ts';
import { programs } from './static.ts';

export const apps: readonly App[] = [
  ...[express, fastify, nest, socketIo, nodeRed],
  ...[...pnpms, ...programs],
];

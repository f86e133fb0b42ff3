/** The apps that `npm run apps` tries. */
import type { App } from './app.ts';
import { express } from './express.ts';
import { next, nextStandalone } from './next.ts';
import { sqlite } from './sqlite.ts';
import { strapi } from './strapi.ts';

export const apps: readonly App[] = [express, next, nextStandalone, strapi, sqlite];

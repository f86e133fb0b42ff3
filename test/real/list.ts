/** The apps that `npm run apps` tries. */
import type { App } from './app.ts';
import { express } from './express.ts';

export const apps: readonly App[] = [express];

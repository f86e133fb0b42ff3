/** The program of a stack: reads its stack file and makes one `Host` of each server. */
import './components/pulumi/sdk.ts';

import { Provider } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { stackConfig } from './components/config/config.ts';
import { addressesOf, fleet } from './components/fleet/fleet.ts';
import { inWords, type RunningApp } from './components/pulumi/apps.ts';
import { askLeaving } from './components/pulumi/leaving.ts';
import { showLastOutputs } from './components/pulumi/state.ts';

// Stripping types moves no line and no column. Pulumi's runtime looks them up in source maps all the same,
// for each frame of the stack traces that it takes for each resource: as much work as reading the stack file
// and looking at a host together.
Reflect.deleteProperty(Error, 'prepareStackTrace');

const config = stackConfig();
// Registered first, so that its plugin starts while the hosts are looked at.
const providers = [new Provider('command')];
if (config.drift === 'ignore' && !pulumi.runtime.isDryRun())
  throw new pulumi.RunError(
    'keelson:drift: ignore is for previews; set it to look before `pulumi up`',
  );
if (config.drift === 'ignore')
  pulumi.log.info(
    'no host was looked at (keelson:drift: ignore): these are the program’s changes alone',
  );

// The engine reads the state meanwhile, which takes as long as to connect to a host.
const shown = showLastOutputs();
const hosts = await fleet(config, { providers }).finally(() => shown);

/** What runs where, one line for each app; of a host that is down what was known last. */
export const apps = pulumi
  .all(hosts.map(({ name, apps }) => apps.apply((all) => lines(name, all))))
  .apply((all) => Object.fromEntries(all.flat()));

const lines = (host: string, all: Readonly<Record<string, RunningApp>>) =>
  Object.entries(all).map(([app, running]) => [`${host}/${app}`, inWords(running)]);

/** Where servers are that were made, for DNS records. */
export const addresses = addressesOf(hosts);

if (config.drift === 'look') await askLeaving(config.hosts.map(({ name }) => name));

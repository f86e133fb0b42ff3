/** A program with each resource of the command plugin that the kit uses, set by its stack's configuration. */
import { remote } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';

const config = new pulumi.Config();
const connection = {
  host: '127.0.0.1',
  port: config.requireNumber('port'),
  user: 'root',
  privateKey: config.requireSecret('privateKey'),
  hostKey: config.require('hostKey'),
  dialErrorLimit: 1,
};

const first = new remote.Command('first', {
  connection,
  create: config.require('create'),
  delete: 'echo delete first',
  stdin: config.requireSecret('stdin'),
  addPreviousOutputInEnv: false,
});

new remote.Command('second', {
  connection,
  create: pulumi.interpolate`echo create second after ${first.stdout}`,
  update: 'echo update second',
  delete: 'echo delete second',
  triggers: [config.require('trigger')],
  addPreviousOutputInEnv: false,
});

new remote.CopyToRemote('copy', {
  connection,
  source: new pulumi.asset.FileAsset(config.require('source')),
  remotePath: config.require('remotePath'),
});

export const stdout = first.stdout;

/** A program that has the package from npm: a host beside a resource that makes its address. */
import { local } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { type AppSettings, Host } from 'keelson';

const machine = new local.Command('machine', { create: 'printf 198.51.100.1' });

const shop: AppSettings = {
  source: new pulumi.Config().require('source'),
  start: 'server.js',
  domains: ['shop.example.com'],
};

const web1 = new Host('web1', {
  address: machine.stdout,
  apps: { shop },
  secrets: { shop: { TOKEN: pulumi.secret('a word') } },
});

// @ts-expect-error An address is text.
export const wrong = (): Host => new Host('web2', { address: 1 });

export const release: pulumi.Output<string | undefined> = web1.apps.apply(
  (apps) => apps.shop?.release,
);

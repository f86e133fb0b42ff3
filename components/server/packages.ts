/** Packages: what the kit's own work on the host needs, and what the stack file asks for. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { aptPackage } from '../host/kinds.ts';
import { serverComponent } from './component.ts';

const needed = [
  'acl', // getfacl: an ACL that defeats a mode is drift
  'attr', // getfattr: so are extended attributes
  'ca-certificates',
  'curl', // health checks
  'e2fsprogs', // lsattr: the immutable flag
  'iproute2', // ss: a rollout counts connections
  'nftables', // a rollout drains an instance
  'procps', // sysctl
];

export const packages = serverComponent({
  name: 'packages',
  fields: {
    packages: z
      .array(field.packageName)
      .prefault([])
      .describe('Debian packages to install besides what the apps need'),
  },
  render: ({ packages }) => ({
    base: [...new Set([...needed, ...packages])].map((name) => aptPackage(name)),
  }),
});

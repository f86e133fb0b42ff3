/** The role of a server: what its programs may do at AWS, without any key that lies there. */
import type { Making } from './making.ts';
import { sdk } from './sdk.ts';

const systemsManager = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';

const trust = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
};

/** A role without rights but, where that is wanted, those that Systems Manager needs; and its instance profile. */
export async function instanceRole({ name, tags, options }: Making, ssm: boolean) {
  const { Role, RolePolicyAttachment, InstanceProfile } = await sdk();
  const role = new Role(name, { assumeRolePolicy: JSON.stringify(trust), tags }, options);
  if (ssm)
    new RolePolicyAttachment(
      `${name}-ssm`,
      { role: role.name, policyArn: systemsManager },
      options,
    );
  const profile = new InstanceProfile(name, { role: role.name, tags }, options);
  return { role, profile };
}

/**
 * AWS's package for Pulumi, no more of it than is used: whole it takes half a second of each run, its single files
 * some 10 ms. A stack without anything on AWS loads none of them.
 */

/** Loads the files once, when the first one asks. */
export const sdk = (): Promise<Sdk> => {
  loaded ??= load();
  return loaded;
};
let loaded: Promise<Sdk> | undefined;

export type Sdk = Awaited<ReturnType<typeof load>>;

async function load() {
  const [machines, disks, network, role] = await Promise.all([
    loadMachines(),
    loadDisks(),
    loadNetwork(),
    loadRole(),
  ]);
  return { ...machines, ...disks, ...network, ...role };
}

async function loadMachines() {
  const [{ Instance }, { getInstance }, { getInstanceType }, { getAmi }] = await Promise.all([
    import('@pulumi/aws/ec2/instance.js'),
    import('@pulumi/aws/ec2/getInstance.js'),
    import('@pulumi/aws/ec2/getInstanceType.js'),
    import('@pulumi/aws/ec2/getAmi.js'),
  ]);
  return { Instance, getInstance, getInstanceType, getAmi };
}

async function loadDisks() {
  const [{ Volume }, { VolumeAttachment }] = await Promise.all([
    import('@pulumi/aws/ebs/volume.js'),
    import('@pulumi/aws/ec2/volumeAttachment.js'),
  ]);
  return { Volume, VolumeAttachment };
}

async function loadNetwork() {
  const [{ Eip }, { SecurityGroup }, { getVpc }, { getSubnets }, { getSubnet }] = await Promise.all(
    [
      import('@pulumi/aws/ec2/eip.js'),
      import('@pulumi/aws/ec2/securityGroup.js'),
      import('@pulumi/aws/ec2/getVpc.js'),
      import('@pulumi/aws/ec2/getSubnets.js'),
      import('@pulumi/aws/ec2/getSubnet.js'),
    ],
  );
  return { Eip, SecurityGroup, getVpc, getSubnets, getSubnet };
}

async function loadRole() {
  const [{ Role }, { RolePolicyAttachment }, { InstanceProfile }] = await Promise.all([
    import('@pulumi/aws/iam/role.js'),
    import('@pulumi/aws/iam/rolePolicyAttachment.js'),
    import('@pulumi/aws/iam/instanceProfile.js'),
  ]);
  return { Role, RolePolicyAttachment, InstanceProfile };
}

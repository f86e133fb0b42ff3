/** Traffic that rules of security groups let pass, in the words that all of them share. */

/** The whole world, by both protocols of the internet. */
export const everybody = { cidrBlocks: ['0.0.0.0/0'], ipv6CidrBlocks: ['::/0'] };

/** @param last of several; default: one port. */
export const tcp = (port: number, last = port) => ({
  protocol: 'tcp',
  fromPort: port,
  toPort: last,
});

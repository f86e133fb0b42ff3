/** Traffic that rules of security groups let pass, in the words that all of them share. */

/** The whole world, by both protocols of the internet. */
export const everybody = { cidrBlocks: ['0.0.0.0/0'], ipv6CidrBlocks: ['::/0'] };

export const tcp = (port: number) => ({ protocol: 'tcp', fromPort: port, toPort: port });

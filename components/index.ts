/** What a program of one's own imports. */
export { AwsBalancer, type AwsBalancerArgs } from './aws/balancer.ts';
export { AwsBucket, type AwsBucketArgs } from './aws/bucket.ts';
export { findNetwork, type Network } from './aws/network.ts';
export { AwsServer, type AwsServerArgs } from './aws/server.ts';
export type { AppSettings, HostSettings } from './config/host.ts';
export type { RunningApp } from './pulumi/apps.ts';
export { Host, type HostArgs } from './pulumi/host.ts';

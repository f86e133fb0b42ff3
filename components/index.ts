/** What a program of one's own imports. */
export type { AppSettings, HostSettings } from './config/host.ts';
export type { RunningApp } from './pulumi/apps.ts';
export { Host, type HostArgs } from './pulumi/host.ts';
